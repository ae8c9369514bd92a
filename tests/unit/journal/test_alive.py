"""A killed run is known at once on the workstation that it ran on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lakestead.journal.alive import Alive, is_dead


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))


def test_killed_run() -> None:
    program = (
        "import time; from lakestead.journal.alive import Alive\n"
        "alive = Alive('run-1'); print('here', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        before = is_dead("run-1")
        os.kill(process.pid, signal.SIGKILL)

    assert not before
    assert is_dead("run-1")


def test_run_that_ended_and_run_of_another_workstation_are_not_known_to_be_dead() -> None:
    Alive("run-1").end()

    assert not is_dead("run-1")
    assert not is_dead("run-2")


def test_run_that_ended_and_could_not_give_the_lock_back_is_known_to_be_dead() -> None:
    Alive("run-1").end(holds_the_lock=True)

    assert is_dead("run-1")


def test_old_files_of_dead_runs_are_swept(tmp_path: Path) -> None:
    old, fresh = tmp_path / "alive/old", tmp_path / "alive/fresh"
    old.parent.mkdir()
    old.touch()
    fresh.touch()
    os.utime(old, (0, 0))

    Alive("run-1").end()

    assert not old.exists()
    assert is_dead("fresh")
