"""The process that runs commands in a container, and the connection to it: here without an Engine in between."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from docker.api import APIClient

from fixtures.engines.command_agent import step_aside
from fixtures.engines.command_channel import ChannelClosed, Channels, CommandChannel
from fixtures.engines.engine_link import EngineLink


class FakeEngine:
    """Runs the agent as a child and speaks the Engine's framing; `python` is what it starts as python3."""

    def __init__(self, python: str = sys.executable) -> None:
        self.python = python
        self.agents: list[subprocess.Popen[bytes]] = []
        self.without_power: list[subprocess.Popen[bytes]] = []

    def exec_create(self, container: str, command: list[str], stdin: bool) -> dict[str, Any]:
        assert (container, command[0], stdin) == ("c1", "python3", True)
        return {"Id": command[1:]}

    def exec_start(self, execution: list[str], socket: bool) -> Any:
        assert socket
        agent = subprocess.Popen(
            [self.python, *execution], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.agents.append(agent)
        return self._joined(agent)

    def _joined(self, agent: subprocess.Popen[bytes]) -> socket.socket:
        ours, theirs = socket.socketpair()
        left = [1, 2]

        def forward(stream: int, pipe: Any) -> None:
            while part := os.read(pipe.fileno(), 50):  # in small pieces, as a network may cut them
                if agent not in self.without_power:
                    theirs.sendall(struct.pack(">BxxxL", stream, len(part)) + part)
            left.remove(stream)
            if not left:
                theirs.shutdown(socket.SHUT_RDWR)

        def take() -> None:
            assert agent.stdin
            with contextlib.suppress(OSError):
                while part := theirs.recv(4096):
                    os.write(agent.stdin.fileno(), part)
            with contextlib.suppress(OSError):
                agent.stdin.close()

        for target, arguments in ((forward, (1, agent.stdout)), (forward, (2, agent.stderr)), (take, ())):
            threading.Thread(target=target, args=arguments, daemon=True).start()
        return ours


@contextmanager
def opened(engine: FakeEngine) -> Iterator[CommandChannel]:
    channel = CommandChannel(EngineLink(cast(APIClient, engine), "c1"), "c1")
    try:
        yield channel
    finally:
        channel.close()
        for agent in engine.agents:
            agent.wait(5)


def sh(channel: CommandChannel, script: str, timeout: float = 10) -> tuple[int, bytes, bytes]:
    done = channel.run(["sh", "-c", script], timeout, "a command")
    return done.code, done.out, done.err


def test_commands_keep_their_streams_and_codes_apart() -> None:
    with opened(FakeEngine()) as channel:
        assert sh(channel, "printf '\\377\\0out'; echo err >&2; exit 3") == (3, b"\xff\0out", b"err\n")
        assert sh(channel, "head -c 300000 /dev/zero")[1] == bytes(300000)
        assert sh(channel, "cat") == (0, b"", b""), "standard input is empty"
        assert sh(channel, "kill -9 $$")[0] == 137
        assert channel.run(["absent"], 5, "x").code == 127
        assert channel.run(["/etc/passwd"], 5, "x").code == 126


@pytest.mark.parametrize(("own", "moves"), [("0::/\n", True), ("0::/init.scope\n", False), ("0::/docker/1\n", False)])
def test_the_agent_does_not_stand_where_a_systemd_hands_out_controllers(tmp_path: Path, own: str, moves: bool) -> None:
    (tmp_path / "own").write_text(own)
    step_aside(tmp_path / "own", tmp_path)
    assert [file.read_text() for file in tmp_path.glob("commands/cgroup.procs")] == (["0"] if moves else [])


def test_a_command_ends_at_its_deadline_and_others_go_on() -> None:
    with opened(FakeEngine()) as channel:
        codes: dict[str, int] = {}

        def run(name: str, script: str) -> None:
            codes[name] = sh(channel, script, timeout=0.3)[0]

        slow = [
            threading.Thread(target=run, args=each)
            for each in (("asked", "exec sleep 30"), ("forced", "trap '' TERM; sleep 30"))
        ]
        for thread in slow:
            thread.start()
        began = time.monotonic()
        assert sh(channel, "echo quick") == (0, b"quick\n", b"")
        assert time.monotonic() - began < 1
        for thread in slow:
            thread.join(10)
        assert codes == {"asked": 124, "forced": 137}


def test_what_a_command_leaves_in_the_background_is_not_waited_for() -> None:
    with opened(FakeEngine()) as channel:
        began = time.monotonic()
        assert sh(channel, "sleep 30 & echo $!")[0] == 0
        assert time.monotonic() - began < 10


def test_a_container_that_ends_takes_its_commands_along(tmp_path: Path) -> None:
    engine = FakeEngine()
    with opened(engine) as channel:
        threading.Timer(0.3, lambda: os.kill(engine.agents[0].pid, signal.SIGKILL)).start()
        with pytest.raises(ChannelClosed):
            sh(channel, f"sleep 5; touch {tmp_path}/late")
        assert not channel.answers()


def test_a_channel_is_opened_again_when_its_other_end_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fixtures.engines.command_channel._IDLE", 0.0)
    monkeypatch.setattr("fixtures.engines.command_channel._PING", 0.5)
    engine, channels = FakeEngine(), Channels()

    def link() -> EngineLink:
        return EngineLink(cast(APIClient, engine), "c1")

    first = channels.get("c1", link)
    assert first is not None
    assert channels.get("c1", link) is first
    engine.without_power.append(engine.agents[0])  # nobody says that it is gone
    second = channels.get("c1", link)
    assert second is not None
    assert second is not first
    assert sh(second, "echo again")[1] == b"again\n"
    channels.forget()
    assert second.closed


@pytest.mark.parametrize("stream", [1, 2])
def test_a_container_without_python_is_left_to_the_engine(tmp_path: Path, stream: int) -> None:
    refusing = tmp_path / "python3"
    refusing.write_text(f"#!/bin/sh\necho 'executable file not found' >&{stream}; exit 127\n")
    refusing.chmod(0o700)
    engine, channels = FakeEngine(str(refusing)), Channels()
    assert channels.get("c1", lambda: EngineLink(cast(APIClient, engine), "c1")) is None
    assert channels.get("c1", lambda: EngineLink(cast(APIClient, engine), "c1")) is None
    assert len(engine.agents) == 1, "it is asked once"
