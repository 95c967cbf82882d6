"""Target files and lists of known failures: read, or refused with the place, the cause and what to write instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from certify import known, target
from certify.errors import TargetError
from certify.target_server import NOT_PUBLISHED

FULL = """
format = 1
profile = "database"
[product]
name = "Example Filer"
vendor = "Example"
version = "9"
[nfs]
versions = ["4.1", "4.2"]
features = ["xattr"]
"""

ENTRY = """
[[failure]]
id = "NFSK8S-IO-007"
check = "attributes are kept"
server = "knfsd"
versions = ["4.2"]
reason = "no user attributes on this file system"
link = "https://example.org/issues/7"
"""


def test_a_whole_file() -> None:
    found = target.parse(FULL)
    assert found.judged_by("full").profile == "full"
    assert found.names_a_profile and not target.Target().names_a_profile
    assert (found.profile, found.product.name, found.nfs.versions) == ("database", "Example Filer", ["4.1", "4.2"])
    assert found.features == frozenset({"xattr"})
    assert target.from_values(found.model_dump()) == found


def test_where_the_kubeconfig_file_is_stays_private() -> None:
    existing = "[cluster]\nkind = 'existing'\nkubeconfig = '/home/me/k'\ncontext = 'c'\n"
    found = target.parse(f"{existing}[server]\nkind = 'external'\nexport = 'filer:/vol'")
    published = target.from_values(found.published()).cluster
    assert (published.kubeconfig, published.context) == (NOT_PUBLISHED, "c")


def test_without_a_file_the_defaults_stand() -> None:
    assert target.parse("") == target.Target()
    assert target.Target().nfs.versions == ["3", "4.2"]


def test_the_suites_own_servers_are_described_unless_the_file_says_otherwise() -> None:
    assert (target.Target().product.name, "xattr" in target.Target().features) == ("Linux kernel NFS server", True)
    ganesha = target.parse("[server]\nkind = 'ganesha'\n[product]\nversion = '6'\n[nfs]\nversions = ['4.1']\n")
    assert (ganesha.product.name, ganesha.product.version) == ("NFS-Ganesha", "6")
    assert (ganesha.nfs.versions, ganesha.features) == (["4.1"], frozenset({"quota", "server-side-groups"}))
    assert target.parse("[product]\nname = 'Ours'\n[nfs]\nfeatures = []\n").product.name == "Ours"


HERE = "[server]\nkind = 'external'\nexport = '{}'\n{}"
SMALL = "[server]\nkind = 'external'\naddress = 'a'\nexports = [{{ path = '/b', {} }}]"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[nfs]\nverisons = ['3']", ["unknown key nfs.verisons", "did you mean nfs.versions?"]),
        ("proflie = 'core'", ["unknown key proflie", "did you mean profile?"]),
        ("versions = ['3']", ["unknown key versions", "did you mean nfs.versions?"]),
        ("colour = 'blue'", ["unknown key colour"]),
        ("profile = 'cor'", ["profile: 'cor' is unknown, did you mean core?", "use one of quick, core, database"]),
        ("[nfs]\nversions = ['4.3']", ["nfs.versions.0: '4.3' is unknown: use one of 3, 4.0, 4.1, 4.2"]),
        ("[nfs]\nversions = []", ["nfs.versions: it must not be empty"]),
        ("[nfs]\nfeatures = ['xatr']", ["unknown feature 'xatr', did you mean xattr?", "docs/requirements.md"]),
        ("[server]\nkind = 'extern'", ["server.kind: 'extern' is unknown, did you mean external?: use 'knfsd'"]),
        ("[server]\nkind = 'external'", ['server: kind = "external" needs export = "host:/path"']),
        ("[server]\nkind = 'external'\nexport = '/vol'", ['is not "host:/path", as mount(8) takes it']),
        (HERE.format("a:/b", "address = 'c'"), ['write export = "host:/path" alone, or address and exports']),
        (HERE.format("nfs://a/b", ""), ["export = 'nfs://a/b'"]),
        (HERE.format("a:2049:/b", ""), ["'a:2049' is no host", "a port belongs into nfs.mount_options"]),
        (HERE.format("a:/b//c", ""), ["'/b//c': write the path", "without '..', '//' and spaces"]),
        (HERE.format("a:/b/../c", ""), ["'/b/../c'"]),
        (HERE.format("a:/b c", ""), ["'a:/b c' is not"]),
        ("[server]\nkind = 'external'\naddress = 'a:/b'\nexports = [{ path = '/b' }]", ["'a:/b' is no host"]),
        ("[server]\nkind = 'external'\naddress = 'a'\nexports = [{ path = 'b' }]", ["'b' is no path", "begins with /"]),
        ("[server]\nkind = 'external'\naddress = 'a'\nexports = ['/b']", ['write { path = "/b" }']),
        (
            "[server]\nkind = 'external'\naddress = 'a'\nexports = ['a:/b']",
            ['write { path = "/b" }', "the host, a, is server.address"],
        ),
        (
            "[server]\nkind = 'external'\naddress = 'a'\nexports = [{ path = '/b' }, { path = '/b/' }]",
            ["exports: /b is there twice"],
        ),
        (SMALL.format("options = 'rw,no_rootsquash'"), ["no option 'no_rootsquash', did you mean no_root_squash?"]),
        (SMALL.format("options = 'rw sync'"), ["'rw sync' is no option: write them alone, with commas"]),
        (SMALL.format("options = '*(rw,sync)'"), ["'*(rw' is no option"]),
        (SMALL.format("options = ['rw']"), ["server.exports.0.options: write it in quotes"]),
        (SMALL.format("option = 'rw'"), ["unknown key server.exports.0.option, did you mean server.exports.options?"]),
        (SMALL.format("quota = '8Mi'"), ["server.exports.0.quota: write a table: keys and values in braces"]),
        (HERE.format("a:/b", "[server.hooks]\nshell = { timeout = 5 }"), ["server.hooks.shell has command, deadline"]),
        (
            HERE.format("a:/b", "[server.hooks]\nshell = { deadline = 5 }"),
            ["server.hooks.shell.command: it is missing"],
        ),
        (HERE.format("a:/b", "lease = 0"), ["server.lease: it must be at least 1"]),
        (HERE.format("a:/b", "lease = 'long'"), ["server.lease: write a number, without quotes"]),
        (HERE.format("a:/b", "lease = '90'"), ["server.lease: write a number, without quotes"]),
        (HERE.format("a:/b", "grace = true"), ["server.grace: write a number, without quotes"]),
        ("[storage]\nown_provisioner = 'yes'", ["storage.own_provisioner: write true or false, without quotes"]),
        (HERE.format("a:/b", "directory = 'srv'"), ["'srv' is no directory of the server: it begins with /"]),
        (HERE.format("a:/b", "versions = ['3']"), ["unknown key server.versions, did you mean nfs.versions?"]),
        (HERE.format(" a : /b", ""), ['is not "host:/path"', "without nfs:// and spaces"]),
        (
            "[server]\nkind = 'external'\nexport = ['a:/b']",
            ['export is one "host:/path" in quotes; several are address'],
        ),
        (SMALL.format("options = 'rw,ro'"), ["ro and rw exclude each other"]),
        (SMALL.format("quota = { user = 1, limit = '8Mi' }"), ["a quota is a part of the export's limit: give that"]),
        (HERE.format("a:/b", "[server.hooks]\nkill = 'x'"), ["the hook kill needs the hook restart"]),
        (HERE.format("a:/b", "[server.hooks]\nshell = 5"), ["server.hooks.shell: write a command in quotes, or {"]),
        (HERE.format("a:/b", "exprt = 'x'"), ["unknown key server.exprt, did you mean server.export"]),
        ("[nfs]\nversions = ['3', '3']", ["nfs.versions: '3' is there twice"]),
        ("[nfs]\nversions = [3]", ["nfs.versions.0: write it in quotes"]),
        (
            "[server]\nexport = 'filer:/vol'",
            ["server: address, exports", "knfsd is started by the suite", "what a file without kind asks for"],
        ),
        ("[server]\nkind = 'external'\nexport = 'a:/b'\n[server.hooks]\nboot = 'x'", ["unknown key server.hooks.boot"]),
        ("[server]\nkind = 'external'\nexport = 'a:/b'\n[server.hooks]\nshell = ''", ["server.hooks.shell"]),
        (SMALL.format("limit = '2Gi'"), ["limit = '2Gi'", "let it hold 1024Mi at most"]),
        (SMALL.format("limit = '64M'"), ["server.exports.0.limit: '64M' is no size: write 64Mi or 1Gi"]),
        (
            SMALL.format("limit = '8Mi', quota = { user = 1, limit = '8Mi' }"),
            ["the quota is a part of the export's limit: let it be smaller"],
        ),
        ("[nfs]\nmount_options = ['soft,ro']", ["nfs.mount_options.0: 'soft,ro' is not one mount option"]),
        ("[nfs]\nmount_options = ['soft']", ["'soft': operations would fail where the promise is that they wait"]),
        ("[nfs]\nmount_options = ['local_lock=all']", ["locks would stay on the client"]),
        ("[nfs]\nmount_options = ['prot=rdma']", ["nfs(5) has no option 'prot', did you mean proto?"]),
        ("[nfs]\nmount_options = 'hard'", ["nfs.mount_options: write a list, in brackets"]),
        ("[nfs]\nmount_options = ['vers=3']", ["which versions are mounted is said by nfs.versions"]),
        ("[cluster]\nkind = 'existing'", ['cluster: kind = "existing" needs kubeconfig and context']),
        ("[cluster]\ncontext = 'a'", ['cluster: context: of kind = "existing" alone']),
        (
            "[cluster]\nkind = 'existing'\nkubeconfig = 'k'\ncontext = 'c'",
            ['needs server.kind = "external"', "(knfsd) that the suite starts"],
        ),
        ("server = 1", ["server: write a table"]),
        ("format = 2", ["format: 2 is unknown: use 1"]),
        ("profile = ", ["not valid TOML"]),
        ("format = 1\nformat = 1\n", ["not valid TOML: a key is there twice (at line 2"]),
        ("profile = 'x'\ncolour = 1", ["profile: 'x'", "unknown key colour"]),
    ],
)
def test_a_mistake_is_named_with_its_place_and_cure(text: str, words: list[str]) -> None:
    with pytest.raises(TargetError) as refused:
        target.parse(text)
    assert [word for word in words if word not in str(refused.value)] == [], str(refused.value)


def test_ipv6_is_written_as_mount_takes_it() -> None:
    for text in ("[2001:db8::5]:/vol", "2001:db8::5:/vol"):
        assert target.parse(HERE.format(text, "")).server.address == "2001:db8::5"
    assert target.parse(HERE.format("filer_1.example.org:/vol/", "")).server.exports[0].path == "/vol"


def test_a_reports_copy_of_a_target_file_wants_its_commands_back(tmp_path: Path) -> None:
    copied = tmp_path / "PRODUCT.toml"
    copied.write_text(HERE.format("a:/b", f"[server.hooks]\nshell = '{NOT_PUBLISHED}'"))
    with pytest.raises(TargetError, match=r"server\.hooks\.shell: a report does not publish commands: put your own"):
        target.load(copied)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"# nothing\n", "it says nothing: name the server at least"),
        ("profile = 'full'".encode("utf-16"), "it is not UTF-8: save it as UTF-8"),
        (HERE.format("a:/b", "[server.hooks]\nrestart = './no-such.sh'").encode(), "./no-such.sh is not there"),
        (HERE.format("a:/b", "[server.hooks]\nrestart = '/dev/null now'").encode(), "/dev/null is not executable"),
    ],
)
def test_a_file_that_can_be_no_target_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "target.toml").write_bytes(content)
    with pytest.raises(TargetError, match=re.escape(words)):
        target.load(tmp_path / "target.toml")


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "windows.toml").write_bytes(b"\xef\xbb\xbfprofile = 'full'\r\n")
    assert target.load(tmp_path / "windows.toml").profile == "full"


def test_the_file_itself_is_named(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"absent\.toml cannot be read: No such file"):
        target.load(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(TargetError, match=r"latin\.toml cannot be read: it is not UTF-8"):
        target.load(tmp_path / "latin.toml")
    (tmp_path / "wrong.toml").write_text("profile = 1")
    with pytest.raises(TargetError, match=r"wrong\.toml: profile: "):
        target.load(tmp_path / "wrong.toml")
    (tmp_path / "right.toml").write_text(FULL)
    assert target.load(tmp_path / "right.toml").product.vendor == "Example"


def test_a_known_failure_speaks_of_its_server_and_versions_alone() -> None:
    entries = known.parse(ENTRY)
    assert known.about(entries, "NFSK8S-IO-007", "knfsd", "4.2") == entries
    assert known.about(entries, "NFSK8S-IO-007", "knfsd", "3") == ()
    assert known.about(entries, "NFSK8S-IO-007", "ganesha", "4.2") == ()
    assert known.about(entries, "NFSK8S-IO-008", "knfsd", "4.2") == ()
    everywhere = known.parse(ENTRY.replace('versions = ["4.2"]', ""))
    assert known.about(everywhere, "NFSK8S-IO-007", "knfsd", "3") == everywhere
    somewhere = known.parse(f'{ENTRY}kernel = "7.2."\n')
    assert known.about(somewhere, "NFSK8S-IO-007", "knfsd", "4.2", "7.2.12") == somewhere
    assert known.about(somewhere, "NFSK8S-IO-007", "knfsd", "4.2", "6.12.3") == ()
    assert known.about(somewhere, "NFSK8S-IO-007", "knfsd", "4.2") == ()


def test_a_known_failure_is_one_check_and_no_other() -> None:
    always, sometimes = known.parse(ENTRY)[0], known.parse(f"{ENTRY}sometimes = true\n")[0]
    assert known.find([sometimes, always], f"{always.check} on the server") == sometimes
    assert known.find([always], "the file has its mode") is None
    assert known.find([sometimes, always], "") == always, "a pass says that this one is wrong"
    assert known.find([], "") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (ENTRY.replace("https://", ""), "failure.0.link"),
        (ENTRY.replace("IO-007", "IO-7"), "failure.0.id"),
        (ENTRY.replace("reason", "because"), "failure.0.reason"),
        (ENTRY.replace("check", "words"), "failure.0.check"),
        ("failure = ", "not valid TOML"),
    ],
)
def test_an_entry_that_lacks_something_is_refused(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "known-failures.toml"
    file.write_text(text)
    with pytest.raises(TargetError, match=rf"known-failures\.toml: .*{words}"):
        known.load(file)
    with pytest.raises(TargetError, match="cannot be read"):
        known.load(tmp_path / "absent.toml")


def test_every_example_is_a_target_file() -> None:
    examples = Path(__file__).parents[2] / "examples"
    targets = {path.name: target.load(path) for path in examples.glob("*.toml")}
    assert {"knfsd.toml", "ganesha.toml", "external.toml", "existing-cluster.toml"} <= targets.keys()
    assert targets["knfsd.toml"] == target.Target(), "what is judged without a target file"
