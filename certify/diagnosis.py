"""Diagnoses: from a symptom in a failing scenario's texts to its cause, its fix and where people met it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("diagnoses.toml")


@dataclass(frozen=True)
class Diagnosis:
    """`symptoms` are regular expressions, any of which shows it; `fix` holds alternatives, each an instruction."""

    id: str
    title: str
    symptoms: tuple[str, ...]
    cause: str
    fix: tuple[str, ...]
    references: tuple[str, ...]

    def fits(self, texts: Iterable[str]) -> bool:
        """Return whether a symptom is in one of the texts."""
        return any(re.search(symptom, text, re.MULTILINE) for text in texts for symptom in self.symptoms)


def read(text: str) -> tuple[Diagnosis, ...]:
    """Read diagnoses.toml."""
    return tuple(
        Diagnosis(
            id=values["id"],
            title=values["title"],
            symptoms=tuple(values["symptoms"]),
            cause=values["cause"],
            fix=tuple(values["fix"]),
            references=tuple(values["references"]),
        )
        for values in tomllib.loads(text)["diagnosis"]
    )


def diagnose(texts: Sequence[str], known: Iterable[Diagnosis]) -> tuple[str, ...]:
    """Return the ids of the diagnoses that fit, most specific first as they are listed."""
    return tuple(diagnosis.id for diagnosis in known if diagnosis.fits(texts))


@cache
def known_diagnoses() -> dict[str, Diagnosis]:
    """Return all diagnoses by id."""
    return {diagnosis.id: diagnosis for diagnosis in read(FILE.read_text("utf-8"))}
