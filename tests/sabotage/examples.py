"""`python -m tests.sabotage.examples` runs ten lies in the lab and quotes the failures in docs/failures.md."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from certify.catalogue import published
from fixtures.sabotage import SABOTAGES
from tests.lab_world.suite_run import run_suite

DOCUMENT = Path(__file__).parents[2] / "docs" / "failures.md"

# A lie, the requirement that finds it, and the NFS version that it is seen on.
EXAMPLES = (
    ("always-read-write", "EXPORT-002", "4.2"),
    ("any-client", "EXPORT-003", "4.2"),
    ("async-behind-sync", "EXPORT-007", "4.2"),
    ("squash-every-root", "SQUASH-003", "4.2"),
    ("soft-mounts", "MOUNT-001", "4.2"),
    ("stale-caches", "IO-001", "3"),
    ("bit-rot", "IO-013", "3"),
    ("local-locks", "LOCK-001", "3"),
    ("recycler-keeps-everything", "RECLAIM-002", "4.2"),
    ("volumes-are-pod-local", "WORKLOAD-003", "4.2"),
)


def main() -> None:
    DOCUMENT.write_text("\n".join(_lines()) + "\n", "utf-8")


def _lines() -> Iterator[str]:
    yield "# What a failure reads like"
    yield ""
    yield "Written by `python -m tests.sabotage.examples`, which breaks the world on purpose in ten ways of"
    yield "[sabotage.md](sabotage.md) and quotes the end of each run; a report's page says the same with its evidence."
    files = {entry.requirement.id.removeprefix("NFSK8S-"): entry.test for entry in published().entries}
    for name, requirement, version in EXAMPLES:
        yield from ("", f"## {SABOTAGES[name].lie}", "", "```")
        yield from _told(files[requirement], name, version)
        yield "```"


def _told(file: str, lie: str, version: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as reports:
        options = ["--sabotage", lie, "--nfs-versions", version, "--keep"]
        output = run_suite(Path(reports), file, *options).output.splitlines()
    first = next(number for number, line in enumerate(output) if line.startswith("FAILED NFSK8S-"))
    yield output[first]
    for line in output[first + 1 :]:
        if not line.startswith("    "):
            return
        yield line


if __name__ == "__main__":
    main()
