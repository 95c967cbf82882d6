"""NFSK8S-VOLUME-008"""

from certify.declare import MUST, requirement
from certify.evidence import Evidence
from fixtures.scenario.pods import Prober
from fixtures.scenario.storage import Claimer
from fixtures.servers.server import NfsServer, ServerFiles
from fixtures.waiting.patience import PATIENCE, eventually, promised

LINES = 100
WRITERS = ("left", "right")
# Meets the other writer, then makes file after file in one directory and appends line after line to a log of its own.
_WRITER = f"""
import os, sys, time
me, other = sys.argv[1:]
os.chdir("/data")
open("ready-" + me, "w").close()
end = time.monotonic() + {PATIENCE.pod:g}
while "ready-" + other not in os.listdir("."):
    if time.monotonic() > end:
        sys.exit(other + " did not come")
    time.sleep(0.05)
with open("log-" + me, "a") as log:
    for number in range({LINES}):
        with open(f"shared/{{me}}-{{number}}", "w") as file:
            file.write(f"{{me}} {{number}}\\n")
        print(me, number, file=log, flush=True)
        os.fsync(log.fileno())
open("done-" + me, "w").close()
"""
_PROGRAM = f"cat > /tmp/writer.py <<'END'\n{_WRITER}END\n"


@requirement(
    "NFSK8S-VOLUME-008",
    level=MUST,
    cites=["https://kubernetes.io/docs/concepts/storage/persistent-volumes/#access-modes"],
    since="0.2",
    needs=["two-nodes"],
)
def test_two_nodes_write_at_the_same_time(
    *,
    claimed: Claimer,
    nfs_server: NfsServer,
    probe: Prober,
    two_nodes: tuple[str, str],
    evidence: Evidence,
) -> None:
    """Pods on two nodes write into one ReadWriteMany volume at the same time, and nothing is lost.

    Observed in the cluster: two pods on two nodes with two addresses. Observed on the server: by its clock both wrote
    at the same time; every line of both logs in its order, and all files that both made in one directory.
    """
    shared = claimed("rw,sync,no_subtree_check").directory
    files = nfs_server.files(shared)
    files.mkdir("shared", mode=0o777)
    with evidence.step("write on two nodes"), promised("both writers come to their end"):
        left = probe(f"{_PROGRAM}python3 /tmp/writer.py left right &", name="left", node=two_nodes[0])
        right = probe(f"{_PROGRAM}python3 /tmp/writer.py right left", name="right", node=two_nodes[1])
        evidence.expect(right.code == 0, "the right writer met no error", expected=0, seen=right.log)
        eventually(
            lambda: "done-left" in _names(files), what="the left writer's end on the server", within=PATIENCE.pod
        )
    hosts = [one.pod.require()["status"]["hostIP"] for one in (left, right)]
    evidence.attach(
        "nodes.txt", "\n".join(f"{host}: {one.mount}" for host, one in zip(hosts, (left, right), strict=True))
    )
    evidence.expect(len(set(hosts)) == 2, "the server has two clients", expected="two node addresses", seen=hosts)

    when = {writer: [_made(files, f"shared/{writer}-{number}") for number in (0, LINES - 1)] for writer in WRITERS}
    together = min(end for _, end in when.values()) - max(begin for begin, _ in when.values())
    evidence.expect(together > 0, "they wrote at the same time, by the server's clock", expected="> 0 s", seen=when)
    for writer in WRITERS:
        lines = files.read(f"log-{writer}").decode().splitlines()
        wanted = [f"{writer} {number}" for number in range(LINES)]
        evidence.expect(lines == wanted, f"the log of {writer} is complete", expected=f"{LINES} lines", seen=lines)
        script = f"cat $(seq -f shared/{writer}-%.0f 0 {LINES - 1})"
        contents = files.shell(script).splitlines()
        evidence.expect(
            contents == wanted, f"all files of {writer} are there", expected=f"{LINES} files", seen=contents
        )


def _made(files: ServerFiles, path: str) -> float:
    """When a file was made, by the server's clock, in seconds.

    Its birth: times of change are the client's affair while it has a write delegation. NFS 3 knows of neither.
    """
    birth, change = files.shell(f"stat -c '%.9W %.9Y' {path}").split()
    return float(birth) or float(change)


def _names(files: ServerFiles) -> str:
    return files.shell("ls")
