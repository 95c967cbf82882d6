"""The errors that the judge tells apart; every message says what to do next."""

from __future__ import annotations

import textwrap


class TargetError(Exception):
    """The user's input is wrong: an option, a target file, an address."""


class EnvironmentFailure(Exception):
    """The world around the system under test broke, or lacks an ability that the scenario needs."""


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
    """Return a value as a reader wants it: text as it is, anything else (and empty text) as its repr."""
    return value if isinstance(value, str) and value.strip() else repr(value)


def _labelled(label: str, text: str) -> str:
    return textwrap.indent(text, " " * 12).replace(" " * 12, f"  {label + ':':<10}", 1)
