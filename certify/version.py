"""The suite's version: it goes into every certificate, and only the same version verifies it."""

SUITE_VERSION = "0.2.0"
