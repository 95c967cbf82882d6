"""The catalogue: complete, free of doubles, published as it is; and the diagnoses that go with it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from certify import catalogue
from certify.catalogue import Catalogue, build, published, read_planned
from certify.diagnosis import diagnose, known_diagnoses
from certify.errors import Violation, without_expectations
from certify.profile import PROFILES
from certify.publication import collect, requirements_md, stale
from certify.requirement import Level
from certify.version import SUITE_VERSION
from tests.certify.synthetic import CATALOGUE, FEATURES, wanted

LISTING = "/usr/local/kubernetes/volumes/a  *(sync,wdelay,hide,no_subtree_check,sec=sys,rw,secure,root_squash)"


def test_the_published_documents_are_what_the_scenarios_declare() -> None:
    assert stale() == [], "run: python -m certify catalogue"


def test_every_scenario_is_in_the_catalogue() -> None:
    scenarios = collect()
    assert {entry.test for entry in published().entries if not entry.planned} == set(scenarios)
    assert {requirement.id for requirement in scenarios.values()} <= {
        entry.requirement.id for entry in published().entries
    }


def test_the_published_form_is_read_back_as_it_was() -> None:
    assert Catalogue.from_json(CATALOGUE.to_json()) == CATALOGUE
    assert CATALOGUE.get("NFSK8S-IO-004") == CATALOGUE.entries[3]
    assert CATALOGUE.get("NFSK8S-IO-999") is None


def test_a_catalogue_is_in_the_order_of_its_areas() -> None:
    made = build({"suites/b.py": wanted(2, area="SQUASH")}, [wanted(1), wanted(1, area="EXPORT")], FEATURES)
    assert [entry.requirement.id[7:] for entry in made.entries] == ["EXPORT-001", "SQUASH-002", "IO-001"]
    assert [entry.planned for entry in made.entries] == [True, False, True]


def test_doubles_strangers_and_unknown_features_are_refused() -> None:
    with pytest.raises(ValueError, match=r"IO-001 is declared twice, by suites/a\.py and the planned ones"):
        build({"suites/a.py": wanted(1)}, [wanted(1)], FEATURES)
    with pytest.raises(ValueError, match="DEMO-001 is of no known area"):
        build({}, [wanted(1, area="DEMO")], FEATURES)
    with pytest.raises(ValueError, match="unknown feature 'quotas': use one of quota, xattr"):
        build({}, [wanted(1, features=frozenset({"quotas"}))], FEATURES)


def test_a_requirement_names_versions_and_abilities_that_exist() -> None:
    with pytest.raises(ValueError, match=r"unknown version '5'"):
        wanted(1, versions=("5",))
    with pytest.raises(ValueError, match=r"unknown ability 'magic'"):
        wanted(1, needs=("magic",))


def test_the_planned_ones_are_read() -> None:
    text = '[[requirement]]\nid = "NFSK8S-IO-001"\nlevel = "SHOULD"\nsummary = "It is so."\ncites = ["nfs(5)"]\n'
    (found,) = read_planned(text)
    assert (found.level, found.since, found.features) == (Level.SHOULD, "", frozenset())
    assert read_planned("") == []


def test_profiles_grow_and_the_full_one_has_everything() -> None:
    everything = [entry.requirement for entry in published().entries]
    included = {name: {one.id for one in everything if profile.includes(one)} for name, profile in PROFILES.items()}
    assert included["full"] == {one.id for one in everything}
    assert included["quick"] < included["core"] < included["database"] < included["full"]
    assert included["core"] < included["resilience"] < included["full"]


def test_a_profile_requires_must_and_what_is_declared() -> None:
    core = PROFILES["core"]
    assert core.requires(wanted(1), frozenset())
    assert not core.requires(wanted(1, level=Level.SHOULD), frozenset())
    assert not core.requires(wanted(1, features=frozenset({"quota"})), frozenset())
    assert core.requires(wanted(1, features=frozenset({"quota"})), frozenset({"quota"}))
    assert not core.requires(wanted(1, needs=("power-cut",)), frozenset())
    assert not core.requires(wanted(1, since="99.0"), frozenset()), "it is tried, and demanded by a later version"
    assert core.includes(wanted(1, since="99.0"))
    assert wanted(1, since="99.0").standing == "MUST, provisional until 99.0"
    assert wanted(1, since=SUITE_VERSION).standing == "MUST"
    assert PROFILES["resilience"].requires(wanted(1, needs=("power-cut",)), frozenset())


def test_the_document_for_people_shows_what_is_known_of_each() -> None:
    full = wanted(
        6, area="LOCK", versions=("3",), features=frozenset({"quota"}), needs=("two-nodes",), each_version=False
    )
    text = requirements_md(
        build({"suites/x.py": replace(full, description="Seen on both sides.")}, [wanted(1)], FEATURES)
    )
    assert "MUST; [suites/x.py](../suites/x.py); since 0.1; NFS 3 only; one NFS version speaks for all; " in text
    assert "feature `quota`; needs `two-nodes`." in text
    assert "Seen on both sides." in text
    assert "MUST; planned; since 0.1. Sources: nfs(5)." in text


def test_features_are_read() -> None:
    assert "xattr" in catalogue.known_features()


def test_every_diagnosis_is_complete_and_silent_about_a_healthy_export() -> None:
    found = known_diagnoses()
    assert len(found) >= 20
    for diagnosis in found.values():
        assert diagnosis.title and diagnosis.cause and diagnosis.fix and diagnosis.references
        assert all(re.compile(symptom, re.MULTILINE) for symptom in diagnosis.symptoms)
    assert diagnose([LISTING], found.values()) == ()


@pytest.mark.parametrize(
    ("said", "diagnosis"),
    [
        ("every change is refused with EROFS, or EACCES where the client asked before\n{}", "ro-not-enforced"),
        ("10.0.0.1 refuses 10.0.0.2 clearly\nit is mounted", "export-serves-too-many"),
        ("every acknowledged change of files is on the server's disk\n359 lost (append 0)", "acknowledged-data-lost"),
        ("the mount is hard, the default that keeps data\nnfs4 rw,soft 0 0", "mounted-soft"),
        ("an opened file shows what was closed before\nround 0", "cache-not-revalidated"),
        (f"what fsync acknowledged is on the server\n{'0a' * 32}", "server-holds-other-bytes"),
        ("flock excludes the other host\nno error", "locks-stay-on-the-client"),
        ("a member of the group may write\n`setpriv` exited 2: can't cd to team", "server-looks-up-groups"),
        ("the directory on the server is empty\n['d 0755 1']", "recycler-scrubs-nothing"),
        ("MySQL does as it is told\n1049 (42000): Unknown database 'myshop'", "rows-gone-with-the-pod"),
    ],
)
def test_what_a_broken_check_saw_is_diagnosed(said: str, diagnosis: str) -> None:
    assert diagnose([f"x\n{said}"], known_diagnoses().values()) == (diagnosis,)


SUB_PATH = 'Error: failed to prepare subPath for volumeMount "data" of container "shop": lstat /volume/shops: '


@pytest.mark.parametrize(
    ("text", "diagnosis"),
    [
        (
            "create failed: mount_setattr `/mnt/jail` (maybe the file system used doesn't support idmap mounts "
            "on this kernel?): Invalid argument",
            "user-namespace-needs-idmapped-mounts",
        ),
        (f"{SUB_PATH}permission denied", "subpath-under-root-squash"),
        (f"{SUB_PATH}stale NFS file handle", "stale-file-handle"),
        (f"{SUB_PATH}no space left on device", "no-room-on-the-server"),
        (f"{SUB_PATH}read-only file system", "volume-is-read-only"),
        (f"{SUB_PATH}input/output error", "server-answers-io-error"),
        ("mount.nfs: Operation not permitted for 10.0.0.10:/ on /mnt", "security-flavour-refused"),
        ("mount.nfs4: mount(2): Operation not permitted", "security-flavour-refused"),
        ("mount.nfs: Operation not permitted\nrefused mount request: illegal port 5012", "client-port-not-reserved"),
        ("chown: changing ownership of '/x/.snapshot': Read-only file system", "snapshots-are-in-sight"),
        ("open /data/app.log: permission denied", "directory-not-writable"),
        ("java.nio.file.AccessDeniedException: /data/index", "directory-not-writable"),
        ("java.io.FileNotFoundException: /data/x (Permission denied)", "directory-not-writable"),
        ("flock /data/lock: no locks available", "lock-daemon-missing"),
        ("sqlite3.OperationalError: database is locked", "database-is-locked"),
        ("mount.nfs: mount(2): Input/output error", "server-answers-io-error"),
        ("mount.nfs: an incorrect mount option was specified", "mount-option-unknown"),
        (
            "mount.nfs: rpc.statd is not running but is required for remote locking.\n"
            "mount.nfs: an incorrect mount option was specified",
            "lock-daemon-missing",
        ),
    ],
)
def test_reports_from_the_field_have_their_own_cause_first(text: str, diagnosis: str) -> None:
    assert diagnose([text], known_diagnoses().values())[0] == diagnosis


def test_what_was_expected_is_no_symptom() -> None:
    asked = Violation("10.0.0.1 refuses 10.0.0.2", expected="access denied by server while mounting", seen="a mount")
    assert diagnose([str(asked)], known_diagnoses().values()) == ("client-not-allowed",)
    assert diagnose([without_expectations(str(asked))], known_diagnoses().values()) == ()


def test_the_articles_failure_is_diagnosed() -> None:
    log = "x\nchown: changing ownership of '/var/lib/mysql': Operation not permitted\n"
    first = known_diagnoses()[diagnose(["", log], known_diagnoses().values())[0]]
    assert "root" in first.cause
    assert any("no_root_squash" in fix for fix in first.fix)
