"""Programs that run on this host: the kernel, kind, kubectl and the Docker client."""

from pathlib import Path

from lab.build import debian, versions
from lab.build.step import Step
from lab.build.workshop import Job


def docker_client() -> Step:
    """Product: `docker`, Debian's client program, unpacked."""
    return Step("docker-cli", _unpack_docker, sources=(Path(__file__),), parameters=versions.section("docker-cli"))


def _unpack_docker(job: Job) -> None:
    section = versions.section("docker-cli")
    debian.unpack(job, section["packages"], section["suite"], job.scratch / "files")
    program = job.scratch / "files" / "usr" / "bin" / "docker"
    job.run(["install", "-m", "755", program, job.folder / "docker"], within=30)
