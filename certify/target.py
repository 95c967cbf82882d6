"""The target file: what is judged, in which world, by which measure."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from certify.catalogue import known_features
from certify.errors import TargetError
from certify.mount_option import wrong
from certify.profile import DEFAULT, PROFILES
from certify.requirement import NFS_VERSIONS
from certify.target_cluster import DYNAMIC, Cluster, Storage
from certify.target_section import EACH_ONCE, Section, guess, one_of
from certify.target_server import NOT_PUBLISHED, Server, named_file
from certify.target_words import plainly


def _known_feature(name: str) -> str:
    known = known_features()
    if name not in known:
        raise ValueError(f"unknown feature {name!r}{guess(name, known)}; docs/requirements.md lists them")
    return name


class Product(Section):
    """Who is judged; the certificate names it."""

    name: str = Field(default="", description="the product's name; the suite's own servers have one")
    vendor: str = Field(default="", description="who makes it")
    version: str = Field(default="", description="its version, as its users see it")
    url: str = Field(default="", description="where to read about it")


class Engine(Section):
    """Where containers run."""

    kind: Literal["auto", "docker", "lab", "none"] = Field(default="auto", description="as --engine")
    images: Literal["auto", "pull", "build"] = Field(default="auto", description="as --images")


def _further_mount_option(option: str) -> str:
    if mistake := wrong(option):
        raise ValueError(mistake)
    return option


class Nfs(Section):
    """What the product declares to offer."""

    versions: Annotated[list[Annotated[str, one_of(NFS_VERSIONS)]], EACH_ONCE] = Field(
        default=["3", "4.2"], min_length=1, description=f"protocol versions, of {', '.join(NFS_VERSIONS)}"
    )
    features: list[Annotated[str, AfterValidator(_known_feature)]] = Field(
        default=[],
        description="optional features, see docs/requirements.md; for the suite's own servers what they offer",
    )
    mount_options: list[Annotated[str, AfterValidator(_further_mount_option)]] = Field(
        default=[],
        description="what every mount and PersistentVolume needs besides, such as port=20049, sec=sys, proto=tcp6",
    )


@dataclass(frozen=True)
class _OwnServer:
    name: str
    features: tuple[str, ...]


_OUR_OWN = {
    "knfsd": _OwnServer(
        "Linux kernel NFS server",
        (
            *("allocate-and-copy", "async-export", "quota", "server-side-groups", "showmount", "subtree-check"),
            *("write-gathering", "xattr"),
        ),
    ),
    # Its mountd does not say who mounts (phdeniel/nfs-ganesha#23), which is half of `showmount`.
    "ganesha": _OwnServer("NFS-Ganesha", ("quota", "server-side-groups")),
}


class Target(Section):
    """The whole file; without one, the defaults stand."""

    format: Literal[1] = Field(default=1, description="version of this file's format")
    profile: Annotated[str, one_of(tuple(PROFILES))] = Field(default=DEFAULT, description=f"of {', '.join(PROFILES)}")
    product: Product = Product()
    server: Server = Server()
    cluster: Cluster = Cluster()
    storage: Storage = Storage()
    engine: Engine = Engine()
    nfs: Nfs = Field(default_factory=Nfs)

    @model_validator(mode="before")
    @classmethod
    def _describe_our_own_servers(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Fill in what is known of a server that the suite itself starts, where the file says nothing else."""
        sections = {name: values.get(name, {}) for name in ("server", "product", "nfs")}
        if not all(isinstance(section, dict) for section in sections.values()):
            return values  # which the sections themselves refuse
        own = _OUR_OWN.get(str(sections["server"].get("kind", "knfsd")))
        if own is None:
            return values
        return {
            **values,
            "product": {"name": own.name, **sections["product"]},
            "nfs": {"features": list(own.features), **sections["nfs"]},
        }

    @model_validator(mode="after")
    def _let_them_meet(self) -> Self:
        if self.cluster.kind == "existing" and self.server.kind != "external":
            raise ValueError(
                f'cluster.kind = "existing" needs server.kind = "external": the nodes of a cluster elsewhere do not '
                f"reach a server ({self.server.kind}) that the suite starts"
            )
        return self

    @model_validator(mode="after")
    def _have_a_class_where_it_can_be(self) -> Self:
        if self.storage.class_name and self.cluster.kind != "existing":
            raise ValueError(
                'storage.class is one of a cluster that is there already: cluster.kind = "existing"; in its own '
                "cluster the suite starts a provisioner with storage.own_provisioner = true"
            )
        if self.storage.own_provisioner and self.cluster.kind == "existing":
            raise ValueError("storage.own_provisioner is for the suite's own cluster: here, name one of its classes")
        if DYNAMIC in self.nfs.features and not self.storage.is_dynamic:
            raise ValueError(f"{DYNAMIC} is declared by the section storage, which names the class")
        return self

    @property
    def features(self) -> frozenset[str]:
        """Return the optional features that the product declares."""
        return frozenset({*self.nfs.features, *([DYNAMIC] if self.storage.is_dynamic else [])})

    @property
    def names_its_product(self) -> bool:
        """Return whether a certificate can say what it is about, which it knows of the suite's own servers."""
        return self.server.kind != "external" or bool(self.product.name and self.product.version)

    def judged_by(self, profile: str) -> Target:
        """Return the target with this profile instead of its own."""
        return self.model_copy(update={"profile": profile})

    @property
    def names_a_profile(self) -> bool:
        """Return whether the file chooses a profile."""
        return "profile" in self.model_fields_set

    def published(self) -> dict[str, Any]:
        """Return the values that reports show, without what may hold a secret or is of this host alone."""
        values = self.model_dump(exclude_none=True, by_alias=True)
        for name in ("kubeconfig", "pull_secret"):
            if values["cluster"][name]:
                values["cluster"][name] = NOT_PUBLISHED
        for hook in values["server"]["hooks"].values():
            hook["command"] = NOT_PUBLISHED
        return values


def load(path: Path) -> Target:
    """Read a target file; TargetError names the file, the place, the cause and the nearest valid key."""
    try:
        text = path.read_text("utf-8-sig")  # Notepad writes a byte order mark
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8: save it as UTF-8"
        raise TargetError(f"target file {path} cannot be read: {reason}") from error
    try:
        values = _values(text)
        if not values:
            raise TargetError("it says nothing: name the server at least, or leave the file out for the suite's own")
        found = from_values(values)
        _expect_commands(found)
    except TargetError as error:
        raise TargetError(f"target file {path}: {error}") from error
    return found


def _expect_commands(found: Target) -> None:
    """A report's copy of a target file has no commands, and what runs a hook must be there."""
    hooks = found.server.hooks
    for name in type(hooks).model_fields:
        hook = getattr(hooks, name)
        if hook and hook.command == NOT_PUBLISHED:
            raise TargetError(f"server.hooks.{name}: a report does not publish commands: put your own back in")
        if hook and (program := named_file(hook.command)) and not os.access(program, os.X_OK):
            fault = "is not executable" if Path(program).exists() else "is not there"
            raise TargetError(f"server.hooks.{name}: {program} {fault}, as seen from {Path.cwd()}, where hooks are run")


def parse(text: str) -> Target:
    """Read the text of a target file; TargetError names every mistake."""
    return from_values(_values(text))


def _values(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        # tomllib's words for a key that is there twice, or is a value and a table.
        said = str(error).replace("Cannot overwrite a value", "a key is there twice")
        raise TargetError(f"not valid TOML: {said}") from error


def from_values(values: dict[str, Any]) -> Target:
    """Return the target that a file with these values describes; TargetError names every mistake."""
    try:
        return Target.model_validate(values)
    except ValidationError as error:
        mistakes = "; ".join(plainly(each, Target) for each in error.errors())
        raise TargetError(mistakes) from error
