"""The section `server` of a target file: which NFS server is judged, and what its operator gives."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from certify.export_line import mistake
from certify.target_section import Section

NOT_PUBLISHED = "(not published)"
_SIZE = re.compile(r"[1-9]\d*(Mi|Gi)")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_LARGEST_LIMIT = 1024  # MiB; scenarios fill it


def mebibytes(size: str) -> int:
    """Return how many MiB a size has that is written as Kubernetes does.

    >>> mebibytes("64Mi"), mebibytes("1Gi"), mebibytes("")
    (64, 1024, 0)
    """
    return int(size[:-2]) * {"Mi": 1, "Gi": 1024}[size[-2:]] if size else 0


def _hook(value: Any) -> Any:
    if not isinstance(value, str | dict | Hook | None):
        raise ValueError('write a command in quotes, or { command = "...", deadline = 300 }')
    return {"command": value} if isinstance(value, str) else value


def _size(value: str) -> str:
    if value and not _SIZE.fullmatch(value):
        raise ValueError(f"{value!r} is no size: write 64Mi or 1Gi")
    return value


def _host(value: str) -> str:
    """Return a host's name or address; IPv6 without the brackets that mount(8) wants."""
    bare = value.removeprefix("[").removesuffix("]")
    if value and not _NAME.fullmatch(value) and not _is_ipv6(bare):
        raise ValueError(
            f"{value!r} is no host: write its name or address alone, IPv6 in brackets; a port belongs into "
            "nfs.mount_options, such as port=20049"
        )
    return bare if _is_ipv6(bare) else value


def _is_ipv6(text: str) -> bool:
    try:
        IPv6Address(text)
    except AddressValueError:
        return False
    return True


def _path(value: str) -> str:
    """Return the path of an export without a slash at its end."""
    if not value.startswith("/"):
        raise ValueError(f"{value!r} is no path of an export: it begins with /")
    if {"", ".", ".."} & set(value.rstrip("/").split("/")[1:]) or any(letter.isspace() for letter in value):
        raise ValueError(f"{value!r}: write the path as the server exports it, without '..', '//' and spaces")
    return value.rstrip("/") or "/"


def _directory(value: str) -> str:
    if value and not value.startswith("/"):
        raise ValueError(f"{value!r} is no directory of the server: it begins with /")
    return value.rstrip("/")


def _options(value: str) -> str:
    if wrong := mistake(value):
        raise ValueError(f"{value!r}: {wrong}")
    return value


def _export(value: Any) -> Any:
    if isinstance(value, str):
        host, colon, path = value.partition(":/")
        elsewhere = f"; the host, {host}, is server.address" if colon else ""
        raise ValueError(
            f'write {{ path = "{f"/{path}" if colon else value}" }}, with options where you know them{elsewhere}'
        )
    return value


class Hook(Section):
    """A command of the operator's, run by `sh -c` on the host of the suite; docs/vendors.md has the contract."""

    command: str = Field(min_length=1, description="run by sh -c")
    deadline: float = Field(default=60, gt=0, le=3600, description="seconds after which it is ended")


def named_file(command: str) -> str:
    """Return the file that a command runs, "" where a shell has more to say about it.

    >>> named_file("hooks/my-exports.sh --fast"), named_file("ssh root@$NFS_SERVER sh"), named_file("$HOOKS/a.sh")
    ('hooks/my-exports.sh', '', '')
    """
    first = command.split(maxsplit=1)[0] if command.strip() else ""
    return first if re.fullmatch(r"[\w./+@%-]*/[\w./+@%-]*", first) else ""


_Hook = Annotated[Hook | None, BeforeValidator(_hook)]


class Hooks(Section):
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

    @model_validator(mode="after")
    def _come_back(self) -> Self:
        if self.kill and not self.restart:
            raise ValueError("the hook kill needs the hook restart, which starts the service again")
        return self


class Quota(Section):
    """What one user may use of an export."""

    user: int = Field(ge=1, description="its uid")
    limit: Annotated[str, AfterValidator(_size)] = Field(min_length=3, description="such as 8Mi")


class GivenExport(Section):
    """An export that exists already; scenarios work in directories of their own below it."""

    path: Annotated[str, AfterValidator(_path)] = Field(description="as clients mount it")
    options: Annotated[str, AfterValidator(_options)] = Field(
        default="", description="its options in the words of exports(5); without them a client finds out what it can"
    )
    limit: Annotated[str, AfterValidator(_size)] = Field(
        default="",
        description="how much it holds, such as 64Mi, where it is there to be filled; other scenarios do not use it",
    )
    quota: Quota | None = Field(default=None, description="of it a user's part, such as { user = 1234, limit = '8Mi' }")

    @model_validator(mode="after")
    def _be_small(self) -> Self:
        size = mebibytes(self.limit)
        if size > _LARGEST_LIMIT:
            raise ValueError(f"limit = {self.limit!r}: scenarios fill it, so let it hold {_LARGEST_LIMIT}Mi at most")
        if self.quota and not size:
            raise ValueError("a quota is a part of the export's limit: give that as well")
        if self.quota and mebibytes(self.quota.limit) >= size:
            raise ValueError("the quota is a part of the export's limit: let it be smaller")
        return self


class Server(Section):
    """The NFS server under test."""

    kind: Literal["knfsd", "ganesha", "external"] = Field(
        default="knfsd",
        description="knfsd: the kernel's server; ganesha: nfs-ganesha; both are started by the suite. "
        "external: one that is there already",
    )
    address: Annotated[str, AfterValidator(_host)] = Field(
        default="", description="external: the host that clients and nodes mount from"
    )
    exports: list[Annotated[GivenExport, BeforeValidator(_export)]] = Field(
        default=[], description="external: the exports that scenarios may use"
    )
    directory: Annotated[str, AfterValidator(_directory)] = Field(
        default="",
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
        if "address" in values or "exports" in values:
            raise ValueError('write export = "host:/path" alone, or address and exports instead')
        export = values["export"]
        if not isinstance(export, str):
            raise ValueError('export is one "host:/path" in quotes; several are address and exports')
        host, colon, path = export.partition(":/")
        if not host or not colon or path.startswith("/") or export != "".join(export.split()):
            raise ValueError(
                f'export = {export!r} is not "host:/path", as mount(8) takes it, such as filer.example.org:/vol/k8s '
                "without nfs:// and spaces"
            )
        others = {name: value for name, value in values.items() if name != "export"}
        return {**others, "address": host, "exports": [{"path": f"/{path}"}]}

    @model_validator(mode="after")
    def _say_where_it_is(self) -> Self:
        own = self.kind != "external"
        if own and self != Server.model_construct(kind=self.kind):
            unasked = "" if "kind" in self.model_fields_set else ", which is what a file without kind asks for"
            raise ValueError(
                f'address, exports, directory, lease, grace and hooks are of kind = "external"; {self.kind} is started '
                f"by the suite{unasked}"
            )
        if not own and not (self.address and self.exports):
            raise ValueError('kind = "external" needs export = "host:/path", or address and exports')
        paths = [export.path for export in self.exports]
        if twice := next((path for path in paths if paths.count(path) > 1), None):
            raise ValueError(f"exports: {twice} is there twice")
        return self
