"""The target file: what is judged, in which world, by which measure."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from certify.catalogue import known_features
from certify.errors import TargetError
from certify.profile import DEFAULT, PROFILES
from certify.requirement import NFS_VERSIONS


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _one_of(known: tuple[str, ...]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is unknown{_guess(value, known)}: use one of {', '.join(known)}")
        return value

    return AfterValidator(check)


def _known_feature(name: str) -> str:
    known = known_features()
    if name not in known:
        raise ValueError(f"unknown feature {name!r}{_guess(name, tuple(known))}; docs/requirements.md lists them")
    return name


def _guess(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word, known, 1) or [
        each for each in known if each.rpartition(".")[2] == word.rpartition(".")[2]
    ]
    return f", did you mean {near[0]}?" if near else ""


class Product(_Section):
    """Who is judged; the certificate names it."""

    name: str = Field(default="", description="the product's name; the suite's own servers have one")
    vendor: str = Field(default="", description="who makes it")
    version: str = Field(default="", description="its version, as its users see it")
    url: str = Field(default="", description="where to read about it")


class Hook(_Section):
    """A command of the operator's, run by `sh -c` on the host of the suite; docs/vendors.md has the contract."""

    command: str = Field(min_length=1, description="run by sh -c")
    deadline: float = Field(default=60, gt=0, le=3600, description="seconds after which it is ended")


def _hook(value: Any) -> Any:
    return {"command": value} if isinstance(value, str) else value


_Hook = Annotated[Hook | None, BeforeValidator(_hook)]


class Hooks(_Section):
    """What the suite can have done to a server that it did not start; each gives back the requirements that need it."""

    export_options: _Hook = Field(
        default=None, description="export a directory with given options, withdraw it, remove it"
    )
    restart: _Hook = Field(default=None, description="restart the NFS service in order")
    versions: _Hook = Field(
        default=None, description="restart the NFS service without one version, or with all of them again"
    )
    kill: _Hook = Field(default=None, description="end every process of the NFS service at once; `restart` starts it")
    power_cut: _Hook = Field(default=None, description="cut the power of the server's machine, and switch it on")
    disk: _Hook = Field(default=None, description="let the disk below a small export fail, and repair it")
    shell: _Hook = Field(default=None, description="run the script on standard input as root on the server")


def mebibytes(size: str) -> int:
    """Return how many MiB a size has that is written as Kubernetes does.

    >>> mebibytes("64Mi"), mebibytes("1Gi"), mebibytes("")
    (64, 1024, 0)
    """
    return int(size[:-2]) * {"Mi": 1, "Gi": 1024}[size[-2:]] if size else 0


_SIZE = r"^([1-9]\d*(Mi|Gi))?$"
_LARGEST_LIMIT = 1024  # MiB; scenarios fill it


class Quota(_Section):
    """What one user may use of an export."""

    user: int = Field(ge=1, description="its uid")
    limit: str = Field(pattern=_SIZE, min_length=3, description="such as 8Mi")


class GivenExport(_Section):
    """An export that exists already; scenarios work in directories of their own below it."""

    path: str = Field(pattern="^/", description="as clients mount it")
    options: str = Field(
        default="", description="its options in the words of exports(5); without them a client finds out what it can"
    )
    limit: str = Field(
        default="",
        pattern=_SIZE,
        description="how much it holds, such as 64Mi, where it is there to be filled; other scenarios do not use it",
    )
    quota: Quota | None = Field(default=None, description="of it a user's part, such as { user = 1234, limit = '8Mi' }")

    @model_validator(mode="after")
    def _be_small(self) -> Self:
        size = mebibytes(self.limit)
        if size > _LARGEST_LIMIT:
            raise ValueError(f"limit = {self.limit!r}: scenarios fill it, so let it hold {_LARGEST_LIMIT}Mi at most")
        if self.quota and mebibytes(self.quota.limit) >= size:
            raise ValueError("quota is a part of the export's limit: let it be smaller")
        return self


class Server(_Section):
    """The NFS server under test."""

    kind: Literal["knfsd", "ganesha", "external"] = Field(
        default="knfsd",
        description="knfsd: the kernel's server; ganesha: nfs-ganesha; both are started by the suite. "
        "external: one that is there already",
    )
    address: str = Field(default="", description="external: the host that clients and nodes mount from")
    exports: list[GivenExport] = Field(default=[], description="external: the exports that scenarios may use")
    directory: str = Field(
        default="",
        pattern="^(/.*)?$",
        description="external: what the hook `shell` finds under `/`, if not the exports' paths",
    )
    lease: float | None = Field(
        default=None,
        ge=1,
        le=3600,
        description="external: seconds after which it gives up on a silent client; without it NFS 4 is asked",
    )
    grace: float | None = Field(
        default=None,
        ge=1,
        le=3600,
        description="external: seconds after its start without new locks; without it as long as the lease",
    )
    hooks: Hooks = Hooks()

    @model_validator(mode="before")
    @classmethod
    def _take_mounts_notation(cls, values: Any) -> Any:
        """Let `export = "host:/path"` stand for an address and one export."""
        if not isinstance(values, dict) or "export" not in values:
            return values
        address, colon, path = str(values["export"]).partition(":/")
        if not address or not colon or "address" in values or "exports" in values:
            raise ValueError('write export = "host:/path" alone, or address and exports instead')
        others = {name: value for name, value in values.items() if name != "export"}
        return {**others, "address": address, "exports": [{"path": f"/{path}"}]}

    @model_validator(mode="after")
    def _say_where_it_is(self) -> Self:
        own = self.kind != "external"
        if own and self != Server.model_construct(kind=self.kind):
            raise ValueError(
                f'address, exports, directory, lease, grace and hooks are of kind = "external"; {self.kind} is started '
                "by the suite"
            )
        if not own and not (self.address and self.exports):
            raise ValueError('kind = "external" needs export = "host:/path", or address and exports')
        return self


class Cluster(_Section):
    """The Kubernetes cluster that uses it."""

    kind: Literal["kind", "existing"] = Field(
        default="kind", description="kind: made by the suite. existing: one that is there already"
    )
    kubeconfig: str = Field(default="", description="existing: path of the kubeconfig file, never a default one")
    context: str = Field(default="", description="existing: the context to use; the current one does not count")
    prefix: str = Field(
        default="nfs-conformance-",
        pattern="^[a-z][a-z0-9-]{0,15}$",
        description="existing: how the names of namespaces and volumes begin",
    )
    image_prefix: str = Field(
        default="", description="existing: put before the images of pods, such as registry.example.org/mirror/"
    )

    @model_validator(mode="after")
    def _say_which_it_is(self) -> Self:
        if self.kind == "kind" and self != Cluster.model_construct():
            raise ValueError(
                'kubeconfig, context, prefix and image_prefix are of kind = "existing"; kind is made by the suite'
            )
        if self.kind == "existing" and not (self.kubeconfig and self.context):
            raise ValueError('kind = "existing" needs kubeconfig and context')
        return self


class Engine(_Section):
    """Where containers run."""

    kind: Literal["auto", "docker", "lab"] = Field(default="auto", description="as --engine")
    images: Literal["auto", "pull", "build"] = Field(default="auto", description="as --images")


def _further_mount_option(option: str) -> str:
    name = option.partition("=")[0]
    if not name or "," in option:
        raise ValueError(f"{option!r} is not one mount option, such as 'sec=sys'")
    if name in ("vers", "nfsvers", "v3", "v4"):
        raise ValueError(f"{option!r}: which versions are mounted is said by nfs.versions")
    return option


class Nfs(_Section):
    """What the product declares to offer."""

    versions: list[Annotated[str, _one_of(NFS_VERSIONS)]] = Field(
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


NOT_PUBLISHED = "(not published)"


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


class Target(_Section):
    """The whole file; without one, the defaults stand."""

    format: Literal[1] = Field(default=1, description="version of this file's format")
    profile: Annotated[str, _one_of(tuple(PROFILES))] = Field(default=DEFAULT, description=f"of {', '.join(PROFILES)}")
    product: Product = Product()
    server: Server = Server()
    cluster: Cluster = Cluster()
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

    @property
    def features(self) -> frozenset[str]:
        """Return the optional features that the product declares."""
        return frozenset(self.nfs.features)

    def judged_by(self, profile: str) -> Target:
        """Return the target with this profile instead of its own."""
        return self.model_copy(update={"profile": profile})

    @property
    def names_a_profile(self) -> bool:
        """Return whether the file chooses a profile."""
        return "profile" in self.model_fields_set

    def published(self) -> dict[str, Any]:
        """Return the values that reports show, without what may hold a secret or is of this host alone."""
        values = self.model_dump(exclude_none=True)
        if self.cluster.kubeconfig:
            values["cluster"]["kubeconfig"] = NOT_PUBLISHED
        for hook in values["server"]["hooks"].values():
            hook["command"] = NOT_PUBLISHED
        return values


def load(path: Path) -> Target:
    """Read a target file; TargetError names the file, the place, the cause and the nearest valid key."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise TargetError(f"target file {path} cannot be read: {reason}") from error
    try:
        return parse(text)
    except TargetError as error:
        raise TargetError(f"target file {path}: {error}") from error


def parse(text: str) -> Target:
    """Read the text of a target file; TargetError names every mistake."""
    try:
        return from_values(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise TargetError(f"not valid TOML: {error}") from error


def from_values(values: dict[str, Any]) -> Target:
    """Return the target that a file with these values describes; TargetError names every mistake."""
    try:
        return Target.model_validate(values)
    except ValidationError as error:
        mistakes = "; ".join(_plainly(each["type"], each["loc"], each["msg"]) for each in error.errors())
        raise TargetError(mistakes) from error


def _plainly(kind: str, place: tuple[int | str, ...], message: str) -> str:
    name = ".".join(map(str, place))
    if kind == "extra_forbidden":
        return f"unknown key {name}{_guess(name, tuple(_keys(Target)))}"
    return f"{name}: {message.removeprefix('Value error, ')}"


def _keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield prefix + name
        section = field.annotation
        if isinstance(section, type) and issubclass(section, BaseModel):
            yield from _keys(section, f"{prefix}{name}.")
