"""How many memory mappings the processes of a machine have."""

import os
import subprocess
import sys
import time

from lab.mappings import limit, most_mappings
from lab.processes import ProcessId

# As a machine: a process with one child, the kernel, whose children are the machine's processes.
KERNEL = f"""
import subprocess, sys, time
many = "import mmap, time; kept = [mmap.mmap(-1, 4096, prot=1 + index % 2) for index in range(3000)]; time.sleep(60)"
children = [subprocess.Popen([{sys.executable!r}, "-c", code]) for code in (many, "import time; time.sleep(60)")]
print("up", flush=True)
time.sleep(60)
"""


def test_the_most_of_any_process_of_the_machine_counts() -> None:
    machine = subprocess.Popen(
        ["sh", "-c", '"$0" -c "$1"; true', sys.executable, KERNEL],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert machine.stdout
        assert machine.stdout.readline() == b"up\n"
        deadline = time.monotonic() + 20
        while (found := most_mappings(ProcessId.of(machine.pid))).most < 3000:
            assert time.monotonic() < deadline, found
            time.sleep(0.1)
        assert found.limit == limit() > 3000
    finally:
        os.killpg(machine.pid, 9)
        machine.wait(10)
