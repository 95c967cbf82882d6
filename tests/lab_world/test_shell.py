"""A shell on a machine, as people and as scripts use it."""

import subprocess
import sys

from tests.lab_world.suite_run import CHECKOUT, lab


def test_a_shell_takes_its_commands_from_a_pipe() -> None:
    up = lab("up")
    assert up.returncode == 0, up.stderr
    done = subprocess.run(
        [sys.executable, "-m", "lab", "shell", "storage"],
        cwd=CHECKOUT,
        input="echo $((6 * 7)); exit 3\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout, done.returncode) == ("42\n", 3), done.stderr
