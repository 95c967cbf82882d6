"""What the sections of a target file have in common: refusals that name the cause and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file, with no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def one_of(known: tuple[str, ...]) -> AfterValidator:
    """Accept these words alone."""

    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is unknown{guess(value, known)}: use one of {', '.join(known)}")
        return value

    return AfterValidator(check)


def _each_once(values: list[str]) -> list[str]:
    if twice := next((value for value in values if values.count(value) > 1), None):
        raise ValueError(f"{twice!r} is there twice")
    return values


EACH_ONCE = AfterValidator(_each_once)


def guess(word: str, known: Iterable[str]) -> str:
    """Return the known word that was meant, in words; keys beside the wrong one come first.

    >>> guess("server.exprt", ["server.export", "server.hooks.export_options"])
    ', did you mean server.export?'
    """
    names = list(known)
    section = word.rpartition(".")[0]
    beside = [name for name in names if name.rpartition(".")[0] == section]
    near = difflib.get_close_matches(word, beside, 1) or difflib.get_close_matches(word, names, 1)
    near = near or [name for name in names if name.rpartition(".")[2] == word.rpartition(".")[2]]
    return f", did you mean {near[0]}?" if near else ""
