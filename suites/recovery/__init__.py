"""Faults: who goes on, and what is left, when the server or the network fails."""
