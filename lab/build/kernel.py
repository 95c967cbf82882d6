"""The kernel of the micro-VMs: Debian's kernel source, built as User-Mode Linux with what the suite needs."""

import os
from pathlib import Path

from lab.build import debian, versions
from lab.build.step import Step
from lab.build.workshop import Job
from lab.errors import LabError

FILES = Path(__file__).parents[1] / "kernel"
CONFIG = FILES / "config"
PATCHES = FILES / "patches"


def kernel() -> Step:
    """Product: `linux`, the kernel as a program, and `config`, its effective configuration."""
    return Step("kernel", _make, sources=(FILES, Path(__file__)), parameters=versions.section("kernel"))


def _make(job: Job) -> None:
    section = versions.section("kernel")
    debian.unpack(job, [section["package"]], section["suite"], job.scratch)
    archive = job.scratch / "usr" / "src" / f"{section['package']}.tar.xz"
    job.run(
        [
            "tar",
            "--use-compress-program=xz -T0",
            "-xf",
            archive,
            "-C",
            job.scratch,
            *_unused(section["package"]),
        ],
        within=600,
    )
    source = job.scratch / section["package"]
    for patch in sorted(PATCHES.glob("*.patch")):
        job.run(["patch", "--strip=1", "--forward", "-d", source, "-i", patch], within=60)
    make = ["make", "-C", source, "ARCH=um", f"-j{os.cpu_count() or 1}"]
    job.run([*make, f"KCONFIG_ALLCONFIG={CONFIG}", "allnoconfig"], within=120)
    _refuse_dropped_options(source / ".config")
    job.run([*make, "linux"], within=2400)
    job.run(["strip", "-o", job.folder / "linux", source / "linux"], within=60)
    (job.folder / "config").write_bytes((source / ".config").read_bytes())


def _unused(top: str) -> list[str]:
    """Two thirds of the source tree: drivers for hardware that no micro-VM has, and other processors."""
    folders = ["drivers/gpu", "drivers/media", "drivers/staging", "Documentation/*", "tools/testing"]
    return [f"--exclude={top}/{folder}/*.[ch]" for folder in folders]


def _refuse_dropped_options(effective: Path) -> None:
    lines = set(effective.read_text().splitlines())
    wanted = [
        line for line in CONFIG.read_text().splitlines() if line.startswith("CONFIG_") and not line.endswith("=n")
    ]
    if dropped := [line for line in wanted if line not in lines]:
        raise LabError(f"the kernel source refuses {', '.join(dropped)}: correct {CONFIG}")
