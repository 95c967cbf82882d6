"""NFSK8S-IO-011"""

from certify.declare import MUST, requirement
from certify.errors import EnvironmentFailure
from certify.evidence import Evidence
from fixtures.scenario.clients import TwoHosts
from fixtures.scenario.exports import Exporter
from fixtures.servers.server import NfsServer

NAMES = 200
CONTESTED = 10  # times, at least, that the next name is won by the other: who is behind catches up, losing is quicker
_RACE = """
won = []
while time.time() < {start}:
    pass
for number in range({names}):
    try:
        file = os.open('race-%d' % number, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        continue
    os.write(file, b'{name}')
    os.close(file)
    won.append(number)
won
"""


@requirement(
    "NFSK8S-IO-011",
    level=MUST,
    cites=["open(2)", "RFC 1813 section 3.3.8", "RFC 8881 section 18.16"],
    since="0.2",
    asks=["no_root_squash"],
    needs=["two-nodes"],
)
def test_exclusive_create_has_one_winner(
    export: Exporter, two_hosts: TwoHosts, nfs_server: NfsServer, evidence: Evidence
) -> None:
    """Of several clients that create the same file with O_EXCL at the same time, exactly one succeeds.

    Two client hosts stand for the clients. Observed on them: of two hundred names that both
    try to create at the same time, each is won by exactly one, and the others get EEXIST. Observed on the server:
    every name, with the winner's content.
    """
    shared = export("rw,sync,no_subtree_check,no_root_squash")
    one, other = two_hosts(shared)
    racers = {"one": one, "other": other}
    with evidence.step(f"create {NAMES} names on two hosts at the same time"):
        start = one.do("time.time()") + 1
        for name, racer in racers.items():
            racer.begin(_RACE.format(start=start, names=NAMES, name=name))
        answers = {name: racer.answer() for name, racer in racers.items()}
    evidence.attach("won.txt", "\n".join(f"{name}: {answer}" for name, answer in answers.items()))
    failed = {name: answer.error for name, answer in answers.items() if answer.error != "no error"}
    evidence.expect(not failed, "who loses gets EEXIST and nothing else", expected={}, seen=failed)
    won = {name: set(answer.value) for name, answer in answers.items()}
    twice = sorted(won["one"] & won["other"])
    evidence.expect(not twice, "no name is won twice", expected=[], seen=twice)
    winners = {number: name for name, numbers in won.items() for number in numbers}
    evidence.expect(len(winners) == NAMES, "every name is won", expected=NAMES, seen=len(winners))
    turns = sum(winners[number] != winners[number + 1] for number in range(NAMES - 1))
    evidence.attach("contested.txt", f"the next name was won by the other {turns} times\n")
    if turns < CONTESTED:
        raise EnvironmentFailure(f"the two hosts did not race: the next name was won by the other {turns} times")

    listed = nfs_server.files(shared).shell('for file in race-*; do echo "$file $(cat $file)"; done').splitlines()
    wanted = sorted(f"race-{number} {name}" for number, name in winners.items())
    evidence.expect(sorted(listed) == wanted, "the winner's file is on the server", expected=wanted, seen=listed)
