"""What judging a requirement asks of a server that the suite did not start, and whether a target file gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from certify.export_line import completed
from certify.requirement import ADDRESSES, MAY, NFS_VERSIONS, OWN_CLIENTS, OWN_NODES, OWN_SERVER, Requirement
from certify.target import Target
from certify.target_server import Server

_BY_HOOK = "export_options"  # a server that exports what it is told to needs no exports that are there before
_HOOKS = {
    "export_options": "hook `export_options`",
    "restart": "hook `restart`",
    "kill": "hooks `kill` and `restart`",
    "versions": "a version that the server neither declares nor offers, or hook `versions`",
    "power_cut": "hook `power_cut`",
    "disk": "hook `disk`",
    "shell": "hook `shell`",
}
_EXPORTS = {"limit": "an export with a `limit`", "quota": "an export with a `limit` and a `quota`"}
_OF_CLUSTERS = {
    OWN_NODES: "a cluster that the suite makes",
    OWN_CLIENTS: "plain clients in containers (`--engine=docker`)",
    **{word: f'`may = ["{word}"]` of the cluster' for word in MAY},
}
_NO_NAT = "no router that puts another address in the place of a client's (NAT)"
_FOUND_OUT = ("root_squash", "no_root_squash", "ro")  # by a client, where the target file says nothing of an export


@dataclass(frozen=True)
class Lack:
    """What is not given, as `hook restart` or `an export with root_squash`; `perhaps` it is there unsaid."""

    what: str
    perhaps: bool = False


def asked(requirement: Requirement) -> tuple[str, ...]:
    """Return all words of what is asked; who needs power cuts needs them of the server, too."""
    return (*requirement.asks, *(("power_cut",) if "power-cut" in requirement.needs else ()))


def in_words(word: str) -> str:
    """Return one word as the target file's reader wants it, in Markdown.

    >>> in_words("restart"), in_words("root_squash")
    ('hook `restart`', 'an export with `root_squash`, or hook `export_options`')
    """
    if word == OWN_SERVER:
        return "a server that the suite starts"
    if word == ADDRESSES:
        return _NO_NAT
    if word in _HOOKS:
        return _HOOKS[word]
    if word in _OF_CLUSTERS:
        return f"in a cluster that is there already: {_OF_CLUSTERS[word]}"
    return f"{_EXPORTS.get(word, f'an export with `{word}`')}, or hook `{_BY_HOOK}`"


def lacks(target: Target, words: Iterable[str]) -> list[Lack]:
    """Return what a target's server lacks of what is asked; nothing for one that the suite starts."""
    if target.server.kind != "external":
        return []
    return [lack for word in words if (lack := _lack(target, word))]


def _lack(target: Target, word: str) -> Lack | None:
    if word == OWN_SERVER:
        return Lack("a server that the suite starts")
    if word == ADDRESSES:
        return Lack(_NO_NAT, perhaps=True)
    if word in _OF_CLUSTERS:
        given = target.cluster.kind == "kind" or word in target.cluster.may
        # Which engine starts clients is said on the command line, too.
        return None if given else Lack(_OF_CLUSTERS[word].replace("`", ""), perhaps=word == OWN_CLIENTS)
    if word in _HOOKS:
        given = getattr(target.server.hooks, word) is not None
        # A version that nobody declares may be off already, which is found out by mounting.
        undeclared = word == "versions" and set(NFS_VERSIONS) > set(target.nfs.versions)
        return None if given else Lack(f"hook {word}", perhaps=undeclared)
    return _lack_of_export(target.server, word)


def _lack_of_export(server: Server, word: str) -> Lack | None:
    if server.hooks.export_options:
        return None
    if word in _EXPORTS:
        small = [export for export in server.exports if export.limit and (word == "limit" or export.quota)]
        return None if small else Lack(f"an export with a {word}")
    said = [export.options for export in server.exports]
    if any(options and word in completed(options) for options in said):
        return None
    return Lack(f"an export with {word}", perhaps="" in said and word in _FOUND_OUT)
