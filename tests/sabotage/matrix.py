"""`python -m tests.sabotage.table --matrix` runs a profile under each lie: docs/sabotage-matrix.md says what FAILED."""

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from certify.catalogue import published
from certify.profile import PROFILES
from certify.requirement import Requirement
from fixtures.sabotage import SABOTAGES, Sabotage
from tests.lab_world.suite_run import WHOLE_SUITE, run_suite
from tests.sabotage.telling import options_for

DOCS = Path(__file__).parents[2] / "docs"
DOCUMENT = DOCS / "sabotage-matrix.md"
DATA = DOCS / "sabotage-matrix.json"
_ROOT_MAY_NOT_SCRUB = "the recycler runs as root, and a squashed root may not remove what others own"
_ANOTHER_VERSION = "another version is spoken than the one asked for: it is looked at there, or has other errors"
# A lie, a requirement that it is not said to break, and why that FAILED all the same.
EXPLAINED: dict[str, dict[str, str]] = {
    "squash-every-root": {"RECLAIM-002": _ROOT_MAY_NOT_SCRUB},
    "squash-everybody": {
        "RECLAIM-002": _ROOT_MAY_NOT_SCRUB,
        **dict.fromkeys(("SQUASH-003", "WORKLOAD-002"), "everybody includes root, who is to stay root there"),
    },
    "lost-locks-count": dict.fromkeys(
        ("EXPORT-002", "MOUNT-001", "SQUASH-001", "SQUASH-002", "SQUASH-003", "VOLUME-001", "WORKLOAD-002"),
        _ANOTHER_VERSION,
    ),
    "change-what-was-written": {"MOUNT-002": "where the server adds the byte before the file is looked at"},
    "renames-are-forgotten": {"WORKLOAD-003": "MySQL renames the index of its binary logs, and crashes without it"},
    "writes-are-lost": {"WORKLOAD-002": "MySQL makes its tablespaces with more than a hundred writes"},
    "any-version": dict.fromkeys(
        ("SQUASH-001", "SQUASH-002", "SQUASH-003", "VOLUME-001", "WORKLOAD-002"), _ANOTHER_VERSION
    ),
    "bit-rot": {
        **dict.fromkeys(("EXPORT-002", "MOUNT-003", "VOLUME-001"), "what was written is compared with what is there"),
        "WORKLOAD-002": "MySQL's files rot while it makes them",
    },
    "volumes-are-pod-local": dict.fromkeys(
        ("SQUASH-001", "SQUASH-002", "SQUASH-003", "VOLUME-001"), "their volume is looked for on the pod's node"
    ),
}


@dataclass(frozen=True)
class Row:
    """What a profile's run under a lie said: how many requirements PASSED, the names of others by their verdict.

    Those that FAILED have their check, "" where it was not noted; `missed` are those that the lie is said to break and
    that PASSED.
    """

    profile: str
    passed: int
    failed: dict[str, str]
    missed: list[str]
    inconclusive: list[str]


def read() -> dict[str, Row]:
    """The rows of lies that were told already, by their names."""
    return {name: Row(**row) for name, row in json.loads(DATA.read_text()).items()} if DATA.exists() else {}


def document(rows: dict[str, Row]) -> str:
    """The text of docs/sabotage-matrix.md."""
    return "\n".join(_lines(rows)) + "\n"


def unexplained(rows: dict[str, Row]) -> dict[str, list[str]]:
    """Requirements that FAILED under a lie which is not said to break them, and that nobody has explained."""
    left = {name: sorted(set(_besides(name, row)) - EXPLAINED.get(name, {}).keys()) for name, row in rows.items()}
    return {name: failed for name, failed in left.items() if failed}


def _besides(name: str, row: Row) -> list[str]:
    return [failed for failed in row.failed if failed not in SABOTAGES[name].breaks]


def _lines(rows: dict[str, Row]) -> Iterator[str]:
    yield "# What else a lie breaks"
    yield ""
    yield "Written by `python -m tests.sabotage.table --matrix`. In each world that lies ([sabotage.md](sabotage.md))"
    yield "it runs a profile, and what the lie is meant for. What FAILED besides is a false alarm, or explained below;"
    yield "what was meant to and PASSED was not found."
    yield f"{len(rows)} of {len(SABOTAGES)} lies were told so far."
    yield ""
    yield "| lie | profile | PASSED | FAILED as meant | FAILED besides | PASSED, not meant to | INCONCLUSIVE |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, row in rows.items():
        meant = [failed for failed in row.failed if failed in SABOTAGES[name].breaks]
        cells = (meant, _besides(name, row), row.missed, row.inconclusive)
        yield f"| `{name}` | {row.profile} | {row.passed} | {' | '.join(', '.join(cell) or '-' for cell in cells)} |"
    yield from ("", "## What found them", "")
    for name, row in rows.items():
        yield from (f"- `{name}`, {requirement}: {check}" for requirement, check in row.failed.items() if check)
    yield from ("", "## Why they FAILED besides", "")
    for name, row in rows.items():
        reasons = EXPLAINED.get(name, {})
        yield from (f"- `{name}`, {failed}: {reasons[failed]}" for failed in _besides(name, row) if failed in reasons)


def _scenarios(lie: Sabotage, profile: str) -> list[str]:
    """Files of the profile's scenarios and of those that the lie is meant for."""
    tried = (entry for entry in published().entries if not entry.planned)
    return sorted({entry.test for entry in tried if _tried(entry.requirement, lie, profile)})


def _tried(requirement: Requirement, lie: Sabotage, profile: str) -> bool:
    return PROFILES[profile].includes(requirement) or requirement.id.removeprefix("NFSK8S-") in lie.breaks


def _run(lie: Sabotage, profile: str) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        options = (*options_for(lie), "--profile", "full", "-n", "2")
        run = run_suite(Path(folder), *_scenarios(lie, profile), *options, within=WHOLE_SUITE)
        passed, failed, inconclusive = (run.ids(verdict) for verdict in ("PASSED", "FAILED", "INCONCLUSIVE"))
        results = run.results
    if not passed | failed:
        raise SystemExit(run.output)
    messages = {line["id"].removeprefix("NFSK8S-"): line["message"] for line in results if line["verdict"] == "FAILED"}
    for name in sorted(failed - lie.breaks):
        sys.stderr.write(f"besides, {name}: {messages[name]}\n")
    missed = (passed & lie.breaks) - failed
    checks = {name: message.partition("\n")[0] for name, message in sorted(messages.items())}
    return Row(profile, len(passed), checks, sorted(missed), sorted(inconclusive))


def tell(lies: Sequence[str], profile: str) -> None:
    """Run the profile under these lies, by default those that are not in the table yet, and write it after each.

    SystemExit when something FAILED that was not meant to and is not explained.
    """
    rows = read()
    for name in lies or [name for name in SABOTAGES if name not in rows]:
        rows[name] = _run(SABOTAGES[name], profile)
        rows = {known: rows[known] for known in SABOTAGES if known in rows}
        DATA.write_text(json.dumps({known: asdict(row) for known, row in rows.items()}, indent=1) + "\n")
        DOCUMENT.write_text(document(rows), "utf-8")
        sys.stderr.write(f"{name}: {', '.join(rows[name].failed) or 'nothing'} FAILED\n")
    if left := unexplained(rows):
        sys.exit(f"not meant and not explained: {left}")
