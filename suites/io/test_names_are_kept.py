"""NFSK8S-IO-005"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.clients.host import NfsClient
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

NAMES = (
    "case",
    "CASE",
    "st\N{LATIN SMALL LETTER A WITH DIAERESIS}mp",
    "sta\N{COMBINING DIAERESIS}mp",
    "\N{CJK UNIFIED IDEOGRAPH-6E2C}\N{CJK UNIFIED IDEOGRAPH-8A66} \N{GRINNING FACE}",
    "with space, 'quotes' and \\\\",
    "-leading-dash",
    "n" * 255,
    "\N{LATIN SMALL LETTER U WITH DIAERESIS}" * 127,  # 254 bytes
)


@requirement(
    "NFSK8S-IO-005",
    level=MUST,
    cites=["RFC 1813 section 4.6", "RFC 7530 section 12", "RFC 8881 section 14"],
    since="0.2",
    asks=["no_root_squash"],
)
def test_names_are_kept(
    export: Exporter, client: NfsClient, nfs_server: NfsServer, nfs_version: str, evidence: Evidence
) -> None:
    """File names keep their case, their UTF-8 encoding and their length of up to 255 bytes.

    Observed on the client: names that differ in case or in Unicode's normal form alone are different files, 255 bytes
    are a name, 256 are ENAMETOOLONG. Observed on the server: the same names, byte for byte, each with its content.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    mounted = client.mount(nfs_server.endpoint, shared.path, version=nfs_version)
    session = client.session(mounted.path)
    with evidence.step("make a file of each name"):
        for number, name in enumerate(NAMES):
            session.do(f"with open({name!r}, 'x') as file:\n    file.write('{number}')")
    error = session.attempt("open('n' * 256, 'x')").error
    evidence.expect(error == "ENAMETOOLONG", "256 bytes are too long", expected="ENAMETOOLONG", seen=error)

    listed = sorted(session.do("os.listdir('.')"))
    evidence.expect(listed == sorted(NAMES), "the client lists the names", expected=sorted(NAMES), seen=listed)
    files = nfs_server.files(shared)
    stored = sorted(entry.path for entry in files.tree())
    evidence.expect(stored == sorted(NAMES), "the names are on the server", expected=sorted(NAMES), seen=stored)
    contents = [files.read(name).decode() for name in NAMES]
    wanted = [str(number) for number in range(len(NAMES))]
    evidence.expect(contents == wanted, "each name has its own content", expected=wanted, seen=contents)
