"""`python -m tests.sabotage.examples` runs ten lies in the lab and quotes the failures in docs/failures.md."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from certify.catalogue import published
from fixtures.sabotage import SABOTAGES, Sabotage
from tests.lab_world.suite_run import run_suite
from tests.sabotage.telling import options_for

DOCUMENT = Path(__file__).parents[2] / "docs" / "failures.md"

# A lie, and the requirement that finds it.
EXAMPLES = (
    ("always-read-write", "EXPORT-002"),
    ("any-client", "EXPORT-003"),
    ("async-behind-sync", "EXPORT-007"),
    ("squash-every-root", "SQUASH-003"),
    ("soft-mounts", "MOUNT-001"),
    ("stale-caches", "IO-001"),
    ("bit-rot", "IO-013"),
    ("local-locks", "LOCK-001"),
    ("recycler-keeps-everything", "RECLAIM-002"),
    ("volumes-are-pod-local", "WORKLOAD-003"),
)


def main() -> None:
    DOCUMENT.write_text("\n".join(_lines()) + "\n", "utf-8")


def _lines() -> Iterator[str]:
    yield "# What a failure reads like"
    yield ""
    yield "Written by `python -m tests.sabotage.examples`, which breaks the world on purpose in ten ways of"
    yield "[sabotage.md](sabotage.md) and quotes the end of each run; a report's page says the same with its evidence."
    files = {entry.requirement.id.removeprefix("NFSK8S-"): entry.test for entry in published().entries}
    for name, requirement in EXAMPLES:
        yield from ("", f"## {SABOTAGES[name].lie}", "", "```")
        yield from _told(files[requirement], SABOTAGES[name])
        yield "```"


def _told(file: str, lie: Sabotage) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        output = run_suite(Path(folder), file, *options_for(lie)).output.splitlines()
    first = next(number for number, line in enumerate(output) if line.startswith("FAILED NFSK8S-"))
    yield output[first]
    for line in output[first + 1 :]:
        if not line.startswith("    "):
            return
        yield line


if __name__ == "__main__":
    main()
