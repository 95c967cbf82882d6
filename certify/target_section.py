"""What the sections of a target file have in common: refusals that name the cause and what to write instead."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the file, with no other keys than these."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def one_of(known: tuple[str, ...]) -> AfterValidator:
    """Accept these words alone."""

    def check(value: str) -> str:
        if value not in known:
            meant = "" if "." in value else guess(value, known)  # a version's dot does not divide a key
            raise ValueError(f"{value!r} is unknown{meant}: use one of {', '.join(known)}")
        return value

    return AfterValidator(check)


def _each_once(values: list[str]) -> list[str]:
    if twice := next((value for value in values if values.count(value) > 1), None):
        raise ValueError(f"{twice!r} is there twice")
    return values


EACH_ONCE = AfterValidator(_each_once)


def guess(word: str, known: Iterable[str]) -> str:
    """Return the known word that was meant, in words; of keys the one beside it, the same elsewhere, or the nearest.

    >>> guess("server.exprt", ["server.export", "server.hooks.export_options"])
    ', did you mean server.export?'
    >>> guess("server.versions", ["server.kind", "nfs.versions"])
    ', did you mean nfs.versions?'
    """
    names = list(known)
    section, _, last = word.rpartition(".")
    beside = {name.rpartition(".")[2]: name for name in names if name.rpartition(".")[0] == section}
    near = [beside[each] for each in difflib.get_close_matches(last, beside, 1)]
    elsewhere = sorted((name for name in names if name.rpartition(".")[2] == last), key=lambda name: name.count("."))
    near = near or elsewhere or difflib.get_close_matches(word, names if not section else [], 1)
    return f", did you mean {near[0]}?" if near else ""
