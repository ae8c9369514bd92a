"""Whether the journal knows that a plan has been applied."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.journal import places
from lakestead.journal.applied import applied
from lakestead.journal.file import JournalFile


@pytest.fixture(autouse=True)
def state_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))


def journal(run: str, plan: str, result: str, cluster: str = "uid") -> None:
    file = JournalFile(places.cluster_dir(cluster) / (run + places.OPEN))
    file.append({"type": "begin", "run": run, "plan": plan})
    if result:
        file.append({"type": "end", "at": "2026-11-21T15:00:00Z", "result": result})
    file.close()


def test_never() -> None:
    journal("20261121-150000-0001", plan="another", result="done")
    journal("20261121-150000-0002", plan="", result="done")

    assert applied("this", ["uid", "cluster-without-journals"]) is None


@pytest.mark.parametrize("result", ["done", "failed", ""])
def test_the_newest_counts(result: str) -> None:
    journal("20261121-150000-0001", plan="this", result="interrupted")
    journal("20261121-160000-0001", plan="this", result=result)
    journal("20261121-170000-0001", plan="another", result="done")

    found = applied("this", ["other", "uid"])

    assert found is not None
    assert (found.run_id, found.result) == ("20261121-160000-0001", result)
