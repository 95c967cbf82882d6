"""Runs that never happened, for the page: one that passes, one with every verdict, a large one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from certify.assessment import Assessment, assess
from certify.catalogue import Catalogue, Entry
from certify.record import Check, Exhibit, Measurement, Record, Run, RunInfo, Step
from certify.render import report_html
from certify.requirement import Level, Requirement
from certify.verdict import Verdict

VERSIONS = ("3", "4.2")
BEGAN = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
KNOWN = "https://github.com/kubernetes-csi/csi-driver-nfs/issues/893"
# A word that nothing but force breaks.
LONG = "/var/lib/kubelet/pods/" + "0123456789" * 20

_MESSAGES = {
    Verdict.FAILED: (
        "MySQL's entrypoint owns its data directory\n  expected: 999:999\n  seen:     65534:65534\n"
        "chown: changing ownership of '/var/lib/mysql': Operation not permitted"
    ),
    Verdict.INCONCLUSIVE: "The cluster did not answer within 60 s, its answer was 503: see `python -m lab doctor`.",
    Verdict.KNOWN: "the second writer is refused\n  expected: EAGAIN\n  seen:     no error",
    Verdict.NOT_SUPPORTED: "The target does not declare the feature `quota`.",
    Verdict.SKIPPED: "The operator deselected it.",
}
_SUMMARIES = (
    "An export with the option `rw` takes what clients write, rename and remove.",
    "On a root_squash export a pod's root cannot give files away: chown fails with EPERM and changes nothing.",
    "Two pods on two nodes write to one volume at the same time and nothing is lost.",
    "A row that MySQL has acknowledged is there after the pod was deleted and made again.",
)
_DESCRIPTION = """Observed in the pod: it is root, the errno of chown(2) on a file and on the volume, the log line of
chown(1), and the exit code of the entrypoint.

Observed on the server: both owners unchanged, `root_squash` among the effective options."""


@dataclass(frozen=True)
class Case:
    """A run, what it is judged by, and the page made of both."""

    run: Run
    assessment: Assessment
    catalogue: Catalogue

    def page(self) -> str:
        """Return the page."""
        return report_html(self.run, self.assessment, self.catalogue)


def wanted(area: str, number: int, **more: Any) -> Requirement:
    """Return a requirement."""
    base = Requirement(
        id=f"NFSK8S-{area}-{number:03}",
        level=Level.MUST,
        features=frozenset(),
        cites=("exports(5)", "docker-library/mysql#153", "RFC 8881 section 18.30"),
        since="0.1",
        summary=_SUMMARIES[number % len(_SUMMARIES)],
        description=_DESCRIPTION,
    )
    return replace(base, **more)


def exhibit(record_id: str, variant: str, name: str, text: str, *, quoted: bool = True) -> Exhibit:
    """Return a piece of evidence; only its text is real."""
    data = text.encode()
    path = f"evidence/{record_id}-{variant}/{name}"
    return Exhibit(path, len(data), hashlib.sha256(data).hexdigest(), text if quoted else None)


def record(requirement: Requirement, version: str, verdict: Verdict, number: int, **more: Any) -> Record:
    """Return what a scenario would have left; `number` says when it ran, and on which of two workers."""
    variant = f"knfsd-{version}" if version else ""
    broken = verdict in (Verdict.FAILED, Verdict.KNOWN)
    ran = verdict not in (Verdict.SKIPPED, Verdict.NOT_SUPPORTED)
    phases = {"setup": 2.5, "call": 4.0 + number % 7 * 3, "teardown": 1.5} if ran else {"setup": 0.01}
    base = Record(
        id=requirement.id,
        nodeid=f"suites/{requirement.area.lower()}/test_promise_{requirement.id[-3:]}.py::test_it[{variant}]",
        variant=variant,
        verdict=verdict,
        duration_s=sum(phases.values()),
        message=_MESSAGES.get(verdict, ""),
        version=version,
        server="knfsd",
        level=requirement.level,
        summary=requirement.summary,
        description=requirement.description,
        cites=requirement.cites,
        features=tuple(sorted(requirement.features)),
        since=requirement.since,
        worker=f"gw{number % 2}",
        started_at=(BEGAN + timedelta(seconds=number // 2 * 27)).isoformat(timespec="milliseconds"),
        phases=phases,
        outcomes={phase: "violation" if broken and phase == "call" else "ok" for phase in phases},
        known=f"The driver does not ask the server, {KNOWN}" if verdict is Verdict.KNOWN else "",
        diagnoses=("chown-under-root-squash",) if verdict is Verdict.FAILED else (),
        steps=_steps(ok=not broken) if ran else (),
        checks=_checks(ok=not broken) if ran else (),
        evidence=_evidence(requirement.id, variant) if ran else (),
    )
    return replace(base, **more)


def _steps(*, ok: bool) -> tuple[Step, ...]:
    return (
        Step("export a directory with rw,sync,no_subtree_check,root_squash", 0.1, 0.4, ok=True),
        Step("wait until the pod is ready", 0.6, 2.9, ok=True),
        Step("chown the data directory as root in a pod", 3.5, 0.7, ok=ok),
    )


def _checks(*, ok: bool) -> tuple[Check, ...]:
    return (
        Check("the negotiated version is the asked one", "4.2", "4.2", ok=True),
        Check("root_squash is in effect on the server", "root_squash", "root_squash", ok=True),
        Check("the owner of the data directory", "999:999", "999:999" if ok else "65534:65534", ok=ok),
    )


def _evidence(record_id: str, variant: str) -> tuple[Exhibit, ...]:
    return (
        exhibit(record_id, variant, "exportfs-v.txt", "/srv/nfs/a  *(sync,wdelay,hide,no_subtree_check,sec=sys,rw)\n"),
        exhibit(record_id, variant, "pod.log", "2030-01-02 03:04:05+00:00 [Note] [Entrypoint]: <started>\n" * 50),
        exhibit(record_id, variant, "kernel.log", "nfsd: a long one\n" * 2000, quoted=False),
    )


def case(
    entries: Iterable[Entry], records: Iterable[Record], target: Mapping[str, Any] | None = None, **frame: Any
) -> Case:
    """Return the case of these records under a target of the profile `core`."""
    listed, found = tuple(entries), tuple(records)
    info = RunInfo(
        name="20300102T030405Z-abcdef",
        started_at=BEGAN.isoformat(),
        finished_at=(BEGAN + timedelta(minutes=25)).isoformat(),
        duration_s=1500.0,
        command=("suites/", "-n", "2"),
        suite={"version": "0.1.0", "commit": "0123456789abcdef0123456789abcdef01234567", "modified": "no"},
        target=target or _target(),
        profile="core",
        selected=len({each.nodeid for each in found}),
    )
    facts = {
        "kernel": {"cluster": "6.18.1", "storage": "6.18.1"},
        "nfs-utils": "2.8.4",
        "separate kernels": True,
        "server": {"grace period": "10 s", "lease": "10 s"},
        "path": LONG,
    }
    run = Run(replace(info, **frame), facts, found)
    catalogue = Catalogue(listed, {"quota": "limits are enforced"})
    return Case(run, assess(run, catalogue), catalogue)


def _target(**product: str) -> dict[str, Any]:
    named = {"name": "Example Filer", "vendor": "Example Corp.", "version": "9.1", "url": "https://example.com/filer"}
    return {
        "profile": "core",
        "product": {**named, **product},
        "nfs": {"versions": list(VERSIONS), "features": ["xattr"]},
    }


def recovered(number: int) -> tuple[Measurement, ...]:
    """Return what a scenario with a fault measures; `number` makes it another each time."""
    return (
        Measurement("longest pause of a writer", 2.5 + 7.25 * number, "s"),
        Measurement("new lock after the restart", 14.125 + number, "s"),
        Measurement("synced changes in bad weather", 31.5, "changes/s"),
    )


def passing() -> Case:
    """Return a run that certifies; scenarios of exports measured how long clients waited."""
    requirements = [wanted(area, number) for area in ("EXPORT", "SQUASH", "VOLUME") for number in range(1, 4)]
    places = [(each, version) for each in requirements for version in VERSIONS]
    records = [
        record(each, version, Verdict.PASSED, number, measurements=recovered(number) if each.area == "EXPORT" else ())
        for number, (each, version) in enumerate(places)
    ]
    return case([Entry(each, "suites/test_it.py") for each in requirements], records)


def failing() -> Case:
    """Return a run with every verdict, with results that are missing for every reason, and with hostile texts."""
    verdicts = [verdict for verdict in Verdict for _ in range(2)]
    requirements = [wanted("SQUASH", number) for number in range(1, len(verdicts) + 1)]
    records = [
        record(each, version, verdict if version == "3" else Verdict.PASSED, 2 * number + VERSIONS.index(version))
        for number, (each, verdict) in enumerate(zip(requirements, verdicts, strict=True))
        for version in VERSIONS
    ]
    anywhere = wanted("MOUNT", 2, level=Level.SHOULD, summary=f"Whatever the version, {LONG} is mounted.")
    hostile = wanted(
        "IO", 1, summary=f"A name may be {HOSTILE}", cites=("https://example.com/?a=1&b=2", "javascript:x")
    )
    outside = wanted("DEEP", 1, level=Level.INFORMATIVE, summary="pjdfstest says nothing new.")
    records += [
        record(anywhere, "", Verdict.PASSED, 24),
        record(
            hostile,
            "4.2",
            Verdict.FAILED,
            25,
            message=f"{HOSTILE}\n{LONG}",
            diagnoses=("unheard-of",),
            measurements=(Measurement(HOSTILE, 1e-9, "s"), Measurement(LONG, 3700, "s"), Measurement("x", 1, HOSTILE)),
        ),
        replace(record(outside, "4.1", Verdict.PASSED, 26), server="ganesha", variant="ganesha-4.1"),
    ]
    planned = [Entry(wanted("VOLUME", number)) for number in range(1, 12)]
    listed = [*requirements, anywhere, hostile, outside, wanted("LOCK", 1), wanted("LOCK", 2)]
    entries = [*(Entry(each, "suites/test_it.py") for each in listed), *planned]
    return case(entries, records, problems=("The run was interrupted: not every scenario ran.",), interrupted=True)


LARGE = (*[Verdict.PASSED] * 17, Verdict.FAILED, Verdict.INCONCLUSIVE, Verdict.KNOWN)


def large(verdicts: Sequence[Verdict] = LARGE, results: int = 300) -> Case:
    """Return a run of many results, each with evidence, with these verdicts again and again."""
    versions = ("3", "4.0", "4.1", "4.2")
    areas = ("EXPORT", "SQUASH", "MOUNT", "IO", "LOCK")
    each_area = results // len(versions) // len(areas)
    requirements = [wanted(area, number) for area in areas for number in range(1, each_area + 1)]
    places = [(each, version) for each in requirements for version in versions]
    records = [
        record(each, version, verdicts[number % len(verdicts)], number) for number, (each, version) in enumerate(places)
    ]
    target = _target()
    target["nfs"]["versions"] = list(versions)
    return case([Entry(each, "suites/test_it.py") for each in requirements], records, target)
