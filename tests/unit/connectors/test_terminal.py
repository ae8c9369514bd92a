"""Ctrl-C ends a run wherever it comes, and a question at once."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from pathlib import Path

DEPLOY = Path(__file__).with_name("interrupted.py")


def test_interrupted_where_the_log_is_locked_the_run_ends(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("pyinfra")
    done = subprocess.run(
        [str(program), "@local", str(DEPLOY), "-y"],
        cwd=tmp_path,
        env={**os.environ, "PYINFRA_PROGRESS": "off"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=45,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "Interrupted. What was done stays" in said
    assert "Disconnecting" in said
    assert "Traceback" not in said
    assert "Never" not in said.partition("Beginning operation run")[2]


def test_a_question_is_ended_at_once() -> None:
    """Also where gevent has the signals, and nothing but the question runs."""
    asks = (
        "from gevent import monkey; monkey.patch_all()\n"
        "import signal, click\n"
        "from lakestead.connectors.terminal import asking, on_interrupt\n"
        "on_interrupt(lambda: None, signal.SIGINT)\n"
        "with asking():\n"
        "    click.confirm('Apply this plan?')\n"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", asks])
    read_until(terminal, b"[y/N]")
    # What comes between the question and the reading of its answer is not seen: pressed until it is.
    read_until(terminal, b"Abort", press=b"\x03")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1


def read_until(terminal: int, expected: bytes, press: bytes = b"", turns: int = 30) -> None:
    said = b""
    for _ in range(turns):
        os.write(terminal, press)
        while select.select([terminal], [], [], 1)[0]:
            try:
                said += os.read(terminal, 4096)
            except OSError:  # so a terminal ends
                assert expected in said
                return
            if expected in said:
                return
    raise AssertionError(f"{expected!r} was not said, but {said!r}")
