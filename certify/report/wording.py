"""How the page words times, values and citations, and how it marks up prose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from markupsafe import Markup, escape

from certify.record import Measurement

_RFC = re.compile(r"RFC ?(?P<number>\d+)(?:,? section (?P<section>\d+(?:\.\d+)*))?", re.IGNORECASE)
_MANUAL = re.compile(r"(?P<page>[a-z][\w.-]*)\((?P<section>[1-8])\)")
_THREAD = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)#(?P<number>\d+)")
_URL = re.compile(r"https?://\S+")
_BLANK_LINES = re.compile(r"\n\s*\n")
# Control characters and halves of surrogate pairs, which a page cannot hold.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def link(cite: str) -> str:
    """Return the address that a citation leads to, or nothing if it names none."""
    if url := _URL.search(cite):
        return url.group()
    if thread := _THREAD.search(cite):
        return f"https://github.com/{thread['repository']}/issues/{thread['number']}"
    if rfc := _RFC.search(cite):
        section = f"#section-{rfc['section']}" if rfc["section"] else ""
        return f"https://www.rfc-editor.org/rfc/rfc{rfc['number']}{section}"
    if manual := _MANUAL.search(cite):
        page, section = manual["page"], manual["section"]
        return f"https://man7.org/linux/man-pages/man{section}/{page}.{section}.html"
    return ""


def seconds(value: float) -> str:
    """Return a duration for people."""
    if value < 60:
        return f"{value:.2f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def figure(measurement: Measurement) -> str:
    """Return a figure with its unit; seconds as a duration."""
    return seconds(measurement.value) if measurement.unit == "s" else f"{measurement.value:g} {measurement.unit}"


def moment(timestamp: str) -> str:
    """Return an ISO 8601 time in UTC for people."""
    return f"{timestamp[:19].replace('T', ' ')} UTC" if timestamp else "unknown"


def nfs(version: str) -> str:
    """Return the name of an NFS version; scenarios that no version concerns have none."""
    return f"NFS\N{NO-BREAK SPACE}{version}" if version else "any version"


def counted(number: int, noun: str) -> str:
    """Return a number of things."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def words(name: str) -> str:
    """Return a name from the code as words."""
    return name.replace("_", " ")


def fit(text: str) -> str:
    """Return text that a page can hold, with a mark where a character was that it cannot."""
    return _UNFIT.sub("\ufffd", text)


def prose(text: str) -> Markup:
    """Return text with what stands between backticks marked as code."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:  # one has no partner
        return escape(text)
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a docstring."""
    return [part for part in _BLANK_LINES.split(text) if part.strip()]


def flat(facts: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield facts as names and texts, nested mappings by path."""
    for key, value in sorted(facts.items()):
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key} / ")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
