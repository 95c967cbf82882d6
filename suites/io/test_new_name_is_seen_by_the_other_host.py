"""NFSK8S-IO-016"""

import time
from functools import partial

from certify.declare import INFORMATIVE, requirement
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer
from fixtures.waiting.patience import PATIENCE, DeadlineExceeded, eventually

CACHED = 3  # seconds for which a client believes what it knows of a directory; 30 to 60 by default
_DIRECTORIES = f"acdirmin={CACHED},acdirmax={CACHED}"
_IS_THERE = "os.path.exists('file')"


@requirement(
    "NFSK8S-IO-016",
    level=INFORMATIVE,
    cites=["nfs(5)", "RFC 8881 section 10.8", "aws/efs-utils#283"],
    since="0.3",
    asks=["no_root_squash"],
    needs=["two-nodes"],
    each_version=False,
)
def test_new_name_is_seen_by_the_other_host(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """A node that looked for a name before another node made it sees it late: how late is recorded.

    Two client hosts stand for the nodes. One that found a name missing may remember that for as long as it believes
    what it knows of the directory, here three seconds; Linux since 6.19 may do so for good, where the server lends it
    the directory (a delegation) after the name was made. Observed on the one that looked: the seconds until it finds
    the file, with and without `lookupcache=positive`, which remembers nothing that is missing, or that it did not.
    Observed on the server: the files.
    """
    for remembers, options in (("all", _DIRECTORIES), ("positive", f"{_DIRECTORIES},lookupcache=positive")):
        shared = export("rw,sync,no_subtree_check,no_root_squash")
        looking, making = two_hosts(shared, options)
        early = looking.do(_IS_THERE)
        evidence.expect(not early, "nobody has made the file yet", expected=False, seen=early)
        making.do("open('file', 'w').close()")
        stored = [entry.path for entry in nfs_server.files(shared).tree()]
        evidence.expect(stored == ["file"], "the file is on the server", expected=["file"], seen=stored)
        began = time.monotonic()
        with evidence.step(f"look for the new name, with lookupcache={remembers}"):
            try:
                look = partial(looking.do, _IS_THERE)
                eventually(look, what="the new name on the other host", within=PATIENCE.cached_briefly, every=1)
            except DeadlineExceeded as error:
                evidence.attach("not-seen.txt", f"with lookupcache={remembers}: {error}")
        evidence.measure(f"a new name is looked for with lookupcache={remembers}", time.monotonic() - began, "s")
