"""What is wrong with a target file, in its reader's words."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from certify.target_section import guess

_TABLE = "write a table: keys and values in braces, or below a heading in brackets"
_NUMBER = "write a number, without quotes"
_NOT_EMPTY = "it must not be empty"
_WORDS = {
    "string_type": "write it in quotes",
    "list_type": "write a list, in brackets",
    "model_type": _TABLE,
    "missing": "it is missing",
    "string_too_short": _NOT_EMPTY,
    "too_short": _NOT_EMPTY,
    "string_pattern_mismatch": "it does not match {pattern}",
    "bool_type": "write true or false, without quotes",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": "write a whole number",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than": "it must be more than {gt:g}",
    "greater_than_equal": "it must be at least {ge:g}",
    "less_than_equal": "it must be at most {le:g}",
}


def plainly(error: Mapping[str, Any], model: type[BaseModel]) -> str:
    """Return one of pydantic's errors about a file of this model: the place, what is wrong with it, what was meant."""
    kind, context = error["type"], error.get("ctx", {})
    name = ".".join(map(str, error["loc"]))
    if kind == "extra_forbidden":
        return f"unknown key {name}{_meant(name, model)}"
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        if not known:
            return f"{name}: {error['input']!r} is unknown: use {context['expected']}"
        return f"{name}: {error['input']!r} is unknown{guess(str(error['input']), known)}: use {context['expected']}"
    if kind in _WORDS:
        return f"{name}: {_WORDS[kind].format(**context)}"
    said = error["msg"].removeprefix("Value error, ")
    return f"{name}: {said}" if name else str(said)  # which is about several tables


def _meant(name: str, model: type[BaseModel]) -> str:
    """Return the known key that an unknown one may stand for, or all that its section has."""
    plain = re.sub(r"\.\d+", "", name)  # keys know nothing of places in a list
    known = list(keys(model))
    if near := guess(plain, known):
        return near
    section = plain.rpartition(".")[0]
    beside = [key.rpartition(".")[2] for key in known if key.rpartition(".")[0] == section]
    return f": {section or 'the file'} has {', '.join(beside)}"


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of all keys of a model, those of its tables and of the tables in its lists included."""
    for name, field in model.model_fields.items():
        yield prefix + (field.alias or name)
        for section in _models(field.annotation):
            yield from keys(section, f"{prefix}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the tables in an annotation such as `Hook | None` or `list[Annotated[GivenExport, ...]]`."""
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from _models(argument)
