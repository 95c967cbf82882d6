"""What can go wrong in the lab; every message names the cause and what to do next."""


class LabError(Exception):
    """The lab cannot be built or brought up."""


class DeadlineExceeded(LabError, TimeoutError):
    """A wait ended without the awaited state; the message holds the last state seen."""
