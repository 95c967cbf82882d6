"""`python -m certify`: verify a certificate, compare runs, make reports again, generate the catalogue."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from certify import signing
from certify.assessment import assess
from certify.catalogue import published
from certify.comparison import Change, Comparison, compare
from certify.durations import DURATIONS, shipped_durations
from certify.errors import TargetError
from certify.folder import RunFolder
from certify.github import annotation_lines, outputs, step_summary
from certify.outputs import read_bundle, write_outputs
from certify.publication import publish, stale
from certify.record import Run
from certify.verification import verify
from certify.version import SUITE_VERSION

EPILOG = """\
examples:
  python -m certify verify reports/latest/certificate
  python -m certify diff reports/20260101T020000Z-aaaaaa reports/latest
  python -m certify render reports/latest
  python -m certify doctor --target my-product.toml
exit codes: 0 good; 1 refused, worse, stale or to be mended; 2 wrong usage, unreadable files or nothing to judge
"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m certify",
        description="Certificates and reports of nfs-conformance, which need no cluster and no network; and a first "
        "look at a server.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("verify", help="check a certificate bundle; exit code 1 says that it is refused")
    command.add_argument("folder", type=Path, metavar="DIR", help="the bundle, for example reports/latest/certificate")
    command.add_argument("--key", type=Path, metavar="PUBLIC_KEY", help="demand a signature of this Ed25519 key (PEM)")
    command.set_defaults(run=_verify)
    command = commands.add_parser("diff", help="compare two runs; exit code 1 says that the newer one is worse")
    command.add_argument("old", type=Path, metavar="OLD", help="folder of the older run")
    command.add_argument("new", type=Path, metavar="NEW", help="folder of the newer run")
    command.add_argument("--figures", action="store_true", help="show what both measured, too; never a reason for 1")
    command.set_defaults(run=_diff)
    command = commands.add_parser("render", help="make report.html, junit.xml and certificate/ of a run again")
    command.add_argument("folder", type=Path, metavar="DIR", help="the run's folder, for example reports/latest")
    command.add_argument("--sign", type=Path, metavar="KEY", help="sign the bundle with this Ed25519 key (PEM)")
    command.set_defaults(run=_render)
    command = commands.add_parser("github", help="tell GitHub Actions of a run: summary, annotations, outputs")
    command.add_argument("folder", type=Path, metavar="DIR", help="the run's folder, for example reports/latest")
    command.add_argument("--previous", type=Path, metavar="OLD", help="folder of an earlier run to compare with")
    command.set_defaults(run=_github)
    command = commands.add_parser("catalogue", help="write docs/requirements.json, .md and the published schemas")
    command.add_argument("--check", action="store_true", help="write nothing; exit code 1 says that they are stale")
    command.set_defaults(run=_catalogue)
    command = commands.add_parser("durations", help="take a run's times as those that --plan shows where none ran yet")
    command.add_argument("folder", type=Path, metavar="DIR", help="the run's folder, for example reports/latest")
    command.set_defaults(run=_durations)
    command = commands.add_parser(
        "doctor", help="look at the server of a target file as a run does first; exit code 1: something is to be mended"
    )
    command.add_argument("--target", type=Path, required=True, metavar="FILE", help="the target file")
    command.add_argument("--engine", help="as pytest's option (default: the target file's)")
    command.set_defaults(run=_doctor)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (TargetError, OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def _verify(options: argparse.Namespace) -> int:
    key = signing.read_public_key(options.key) if options.key else None
    finding = verify(read_bundle(options.folder), published(), SUITE_VERSION, key)
    for refusal in finding.refusals:
        print(f"refused: {refusal}")
    certificate = finding.certificate
    if finding.refusals or certificate is None:
        return 1
    print(
        f"certified: {certificate.product.name}, profile {certificate.profile}, NFS "
        f"{', '.join(certificate.nfs_versions)}: all {certificate.required} required results passed"
    )
    print("signed by the holder of the key" if key else "signature not checked: give --key to demand one")
    return 0


def _diff(options: argparse.Namespace) -> int:
    found = compare(_load(options.old), _load(options.new))
    for title, changes in _sections(found):
        for change in changes:
            print(f"{title:<14} {change.label}: {_word(change.before)} -> {_word(change.after)}  {change.message}")
    if found.world != 1:
        print(
            f"{'durations':<14} the newer run's world is {found.world:.2f} times as slow, which is taken into account"
        )
    for slower in found.slower:
        print(f"{'slower':<14} {slower.label}: {slower.before_s:.1f} s -> {slower.after_s:.1f} s")
    for figure in found.figures if options.figures else ():
        sides = f"{figure.before:g} {figure.unit} -> {figure.after:g} {figure.unit}"
        print(f"{'figure':<14} {figure.label}: {figure.name}: {sides}")
    print(
        f"{len(found.broken)} new failures, {len(found.gone)} gone, {len(found.fixed)} fixed, "
        f"{len(found.still_failing)} still failing, {len(found.added)} new, {len(found.slower)} slower"
    )
    return 1 if found.worse else 0


def _render(options: argparse.Namespace) -> int:
    key = signing.load_private_key(options.sign) if options.sign else None
    folder = _folder(options.folder)
    with _readable(options.folder):
        for record in folder.unfinished():  # of a killed run
            folder.append(record)
        run, assessment = write_outputs(folder, key)
    folder.close()
    state = "certified" if assessment.certified else "not certified"
    print(f"{folder.path / 'report.html'}: {'passed' if run.passed else 'not passed'}, {state}")
    return 0


def _github(options: argparse.Namespace) -> int:
    """Write where the environment's variables say; annotations go to the standard output, where the runner reads."""
    run = _load(options.folder)
    assessment = assess(run, published())
    worse = bool(options.previous) and compare(_load(options.previous), run).worse
    written = {
        "GITHUB_STEP_SUMMARY": step_summary(run, assessment),
        "GITHUB_OUTPUT": outputs(assessment, worse=worse, folder=options.folder.resolve()),
    }
    for variable, text in written.items():
        if file := os.environ.get(variable):
            with Path(file).open("a") as content:
                content.write(text)
    for line in annotation_lines(run):
        print(line)
    return 0


def _doctor(options: argparse.Namespace) -> int:
    """Hand over to those who know the world, of which the judge knows nothing."""
    engine = [f"--engine={options.engine}"] if options.engine else []
    return subprocess.call([sys.executable, "-m", "fixtures", "doctor", f"--target={options.target}", *engine])


def _catalogue(options: argparse.Namespace) -> int:
    changed = stale()
    if options.check:
        for file in changed:
            print(f"stale: {file}; run: python -m certify catalogue", file=sys.stderr)
        return 1 if changed else 0
    for file in publish():
        print(file)
    return 0


def _durations(options: argparse.Namespace) -> int:
    measured = {record.nodeid: round(record.duration_s, 1) for record in _load(options.folder).records}
    DURATIONS.write_text(json.dumps(shipped_durations() | measured, indent=0, sort_keys=True) + "\n", "utf-8")
    print(f"{DURATIONS}: {len(measured)} of its scenarios measured anew")
    return 0


def _sections(found: Comparison) -> list[tuple[str, tuple[Change, ...]]]:
    return [
        ("new failure", found.broken),
        ("gone", found.gone),
        ("fixed", found.fixed),
        ("still failing", found.still_failing),
        ("new", found.added),
    ]


def _word(verdict: str | None) -> str:
    return verdict or "not there"


def _load(path: Path) -> Run:
    with _readable(path):
        return _folder(path).load()


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Whatever is wrong with the files of a run is said of its folder."""
    try:
        yield
    except (ValueError, KeyError, TypeError) as error:
        raise TargetError(f"{path} cannot be read, was it made by another version? {error}") from error


def _folder(path: Path) -> RunFolder:
    folder = RunFolder(path.resolve())
    if not folder.environment.exists():
        raise TargetError(f"{path} is not a run's folder: it has no environment.json")
    return folder


if __name__ == "__main__":
    sys.exit(main())
