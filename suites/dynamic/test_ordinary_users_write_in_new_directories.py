"""NFSK8S-DYNAMIC-007"""

import pytest

from certify.declare import SHOULD, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Dynamic

# As images run that are not root; nginx, PostgreSQL, MySQL.
USER = "setpriv --reuid=999 --regid=999 --clear-groups sh -c"


@pytest.mark.parametrize("squash", ["root_squash", "no_root_squash"])
@requirement(
    "NFSK8S-DYNAMIC-007",
    level=SHOULD,
    cites=["kubernetes-csi/csi-driver-nfs#434", "rook/nfs#22"],
    since="0.3",
    features=["dynamic-provisioning"],
    each_version=False,
)
def test_ordinary_users_write_in_new_directories(
    dynamic: Dynamic, probe: Prober, evidence: Evidence, squash: str
) -> None:
    """A program that is not root can write into a new volume, whether the export squashes root or not.

    Observed in the pod: user 999 makes a file and a directory. Observed on the server: both are 999's; mode and owner
    of the volume's directory are evidence.
    """
    classes = dynamic(f"rw,sync,no_subtree_check,{squash}")
    volume = classes.claim("new", classes.make("new"))
    files = classes.files(volume)
    evidence.attach("directory.txt", str(files.stat()))
    wrote = probe(f"{USER} 'echo mine > /data/file && mkdir /data/folder'", claim="new")
    evidence.expect(wrote.code == 0, "user 999 can write", expected="exit code 0", seen=wrote.log)
    owners = {entry.path: entry.owner for entry in files.tree()}
    wanted = {"file": "999:999", "folder": "999:999"}
    evidence.expect(owners == wanted, "what it made is its own", expected=wanted, seen=owners)
