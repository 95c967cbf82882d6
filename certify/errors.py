"""The errors that the judge tells apart; every message says what to do next."""

from __future__ import annotations

import re
import textwrap
from dataclasses import is_dataclass


class TargetError(Exception):
    """The user's input is wrong: an option, a target file, an address."""


class EnvironmentFailure(Exception):
    """The world around the system under test broke, or lacks an ability that the scenario needs."""


class Disturbed(EnvironmentFailure):
    """A part of the world ended and began anew while the scenario ran: nothing seen meanwhile proves anything."""


class NotSupported(Exception):
    """The target does not declare the optional feature that the scenario is about."""


class Violation(AssertionError):
    """The system under test broke a promise.

    `what` is the promise in words; `expected` and `seen` are values of any type, shown with `shown`.
    """

    def __init__(self, what: str, *, expected: object, seen: object) -> None:
        super().__init__(what)
        self.what = what
        self.expected = shown(expected)
        self.seen = shown(seen)

    def __str__(self) -> str:
        return f"{self.what}\n{_labelled('expected', self.expected)}\n{_labelled('seen', self.seen)}"


def shown(value: object) -> str:
    """Return a value as a reader wants it.

    Text as it is, a dataclass in its own words if it has any, anything else (and empty text) as its repr.
    """
    speaks = is_dataclass(value) and "__str__" in vars(type(value))
    text = str(value) if speaks or isinstance(value, str) else ""
    return text if text.strip() else repr(value)


def without_expectations(message: str) -> str:
    """Return the messages of violations without what was expected: what is left was seen."""
    return re.sub(r"^  expected: .*?(?=^  seen: )", "", message, flags=re.MULTILINE | re.DOTALL)


def _labelled(label: str, text: str) -> str:
    return textwrap.indent(text, " " * 12).replace(" " * 12, f"  {label + ':':<10}", 1)
