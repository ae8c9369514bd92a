"""A journal on disk: what a killed process leaves can be read, and says that it was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lakestead.errors import LakesteadError
from lakestead.journal.alive import is_locked
from lakestead.journal.file import JournalFile, append_to_dead, read
from lakestead.journal.record import load

BEFORE = {
    "type": "before",
    "seq": 1,
    "what": "create Namespace a",
    "action": "create",
    "undo": {"kind": "none", "target": {}, "before": None, "cannot": ""},
}


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    journal = JournalFile(tmp_path / "cluster/run.open")

    assert journal.path.stat().st_mode & 0o777 == 0o600
    assert journal.path.parent.stat().st_mode & 0o777 == 0o700


def test_alive_as_long_as_its_process(tmp_path: Path) -> None:
    path = tmp_path / "run.open"
    program = (
        "import sys, time; from pathlib import Path; from lakestead.journal.file import JournalFile\n"
        f"journal = JournalFile(Path({str(path)!r})); journal.append({BEFORE!r})\n"
        "print('written', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        alive = is_locked(path)
        os.kill(process.pid, signal.SIGKILL)
    run = load(path)

    assert alive
    assert not is_locked(path)
    assert run.fate == "did not end"
    assert [write.what for write in run.in_flight] == ["create Namespace a"]


@pytest.mark.parametrize("torn", ["{", '{"type":"aft', json.dumps({"type": "end"})])
def test_torn_last_line_is_left_out(tmp_path: Path, torn: str) -> None:
    path = tmp_path / "run.open"
    path.write_text(json.dumps(BEFORE) + "\n" + torn)

    assert read(path) == [BEFORE]


def test_what_is_added_to_a_torn_journal_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "run.open"
    path.write_text(json.dumps(BEFORE) + '\n{"type":"aft')

    append_to_dead(path, {"type": "finished", "by": "another"})

    assert load(path).fate == "did not end, finished by another"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"type":"begin"}\nrubbish\n{"type":"end"}\n', "line 2"),
        ('{"type":"begin"}\n{"no":"type"}\n{"type":"end"}\n', "line 2"),
        ('{"type":"begin","version":99}\n', "newer Lakestead"),
    ],
)
def test_damaged_journals_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(text)

    with pytest.raises(LakesteadError, match=said):
        read(path)


def test_a_folder_that_cannot_be_written_stops_the_run_before_its_first_write(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")

    with pytest.raises(LakesteadError, match="LAKESTEAD_STATE_DIR"):
        JournalFile(tmp_path / "state/cluster/run.open")
