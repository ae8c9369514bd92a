"""A program of the lab is known by more than its pid, and is ended for certain."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.lab import cgroup
from lakestead.lab.process import Program, Running, end, start_time


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    monkeypatch.setenv("LAKESTEAD_LAB_DIR", str(tmp_path))
    monkeypatch.setattr(cgroup, "enter_host", lambda: None)
    program = Program("sleeper", ["sleep", "600"])
    yield program
    program.stop(patience=1)


def test_started_once(program: Program) -> None:
    assert program.start() is True
    first = program.running()
    assert program.start() is False
    assert program.running() == first


def test_killed_program_is_not_running(program: Program) -> None:
    program.start()
    running = alive(program)
    os.kill(running.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while program.running() and time.monotonic() < deadline:
        pass
    assert program.running() is None
    assert program.start() is True


def test_a_reused_pid_is_not_the_program(program: Program, tmp_path: Path) -> None:
    program.start()
    record = tmp_path / "processes" / "sleeper.json"
    content = json.loads(record.read_text())
    sleeping = content["pid"]
    record.write_text(json.dumps({**content, "started": content["started"] - 1}))
    assert program.running() is None
    program.stop()
    assert start_time(sleeping) is not None, "a process that is not the lab's was ended"
    end([sleeping], 1)


def test_another_command_replaces_the_old_process(program: Program) -> None:
    program.start()
    old = alive(program)
    changed = dataclasses.replace(program, argv=["sleep", "601"])
    assert changed.start() is True
    assert start_time(old.pid) != old.started
    assert alive(changed).pid != old.pid


def test_what_ignores_sigterm_is_killed(tmp_path: Path, program: Program) -> None:
    ready = tmp_path / "ready"
    stubborn = dataclasses.replace(
        program, argv=["sh", "-c", f"trap '' TERM; touch {ready}; while :; do sleep 1; done"]
    )
    stubborn.start()
    deadline = time.monotonic() + 10
    while not ready.exists() and time.monotonic() < deadline:
        pass
    pid = alive(stubborn).pid
    stubborn.stop(patience=0.2)
    assert start_time(pid) is None


def alive(program: Program) -> Running:
    running = program.running()
    assert running is not None
    return running
