"""Locks that count for every host."""
