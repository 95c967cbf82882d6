"""Programs from Go modules, built with Debian's Go tools: Kubernetes with etcd and CoreDNS, containerd, kind, pause."""

import shutil
from pathlib import Path

from lab import paths
from lab.build import debian, versions
from lab.build.step import Step
from lab.build.workshop import Job

MODULES = Path(__file__).parents[1] / "go"
THIS_FILE = Path(__file__)


def toolchain() -> Step:
    """Product: the Go tools, unpacked from Debian's packages."""
    return Step("go", _unpack_toolchain, parameters=versions.section("go"))


def kubernetes() -> Step:
    """Product: `hyperkube` and `coredns`."""
    return _module("kubernetes", ["./cmd/..."], ldflags=_kubernetes_version())


def containerd() -> Step:
    """Product: `containerd`, `containerd-shim-runc-v2` and `ctr`."""
    return _module("containerd", ["tool"], tags="no_aufs no_btrfs no_devmapper no_zfs")


def kind() -> Step:
    """Product: `kind`."""
    return _module("kind", ["tool"])


def pause() -> Step:
    """Product: `pause`, the program that holds a pod's namespaces."""
    return _module("pause", ["."])


def drop_compiler_cache() -> None:
    """Remove what the Go compiler keeps for later builds: 4 GB that a cut-off build resumes from, and no other use."""
    shutil.rmtree(_compiler_cache(), ignore_errors=True)


def _compiler_cache() -> Path:
    return paths.cache_folder() / "go" / "build"


def _unpack_toolchain(job: Job) -> None:
    section = versions.section("go")
    debian.unpack(job, section["packages"], section["suite"], job.folder)


def _kubernetes_version() -> str:
    version = versions.section("kubernetes")["version"]
    major, minor, _ = version.removeprefix("v").split(".")
    stamp = {"gitVersion": version, "gitMajor": major, "gitMinor": minor, "gitTreeState": "clean"}
    return " ".join(f"-X k8s.io/component-base/version.{name}={value}" for name, value in stamp.items())


def _module(name: str, packages: list[str], *, tags: str = "", ldflags: str = "") -> Step:
    def make(job: Job) -> None:
        go_root = job.product("go") / versions.section("go")["root"]
        go = paths.cache_folder() / "go"
        environment = {
            "GOROOT": str(go_root),
            "GOTOOLCHAIN": "local",
            "GOFLAGS": "-modcacherw",
            "CGO_ENABLED": "0",
            "GOWORK": "off",
            "GOGC": "400",  # memory for time: a fifth less work for the compiler
            "GOPATH": str(go / "path"),
            "GOCACHE": str(_compiler_cache()),
            "GOMODCACHE": str(go / "path" / "pkg" / "mod"),
        }
        command = [
            go_root / "bin" / "go",
            "build",
            "-trimpath",
            "-buildvcs=false",
            "-mod=readonly",
            "-tags",
            tags,
            "-ldflags",
            f"-s -w {ldflags}",
            "-o",
            f"{job.folder}/",
            *packages,
        ]
        job.run(command, within=2400, env=environment, cwd=MODULES / name)

    return Step(
        f"go-{name}",
        make,
        needs=(toolchain(),),
        sources=(MODULES / name, THIS_FILE),
        parameters=[packages, tags, ldflags],
    )
