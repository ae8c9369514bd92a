"""Phase 1 is killed again and again, at every twentieth write or so, and ends as if it never was.

The long version, at every write: ``make kill-test``; what it showed: docs/kill-test.md.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.lab.paths import lab_dir
from tests.lab.conftest import Lab
from tests.lab.kill.runs import Ended, NextNew, Runs
from tests.lab.kill.state import state_of
from tests.lab.kill.table import says_of
from tests.lab.leaks import files_in, leaks

EVERY = 20


@pytest.fixture(scope="module")
def runs(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    """Through the proxy, on a lab that knows nothing of phase 1."""
    assert lab.lakestead("lab", "destroy", "--yes").returncode == 0
    assert lab.lakestead("lab", "up", "full", timeout=2400).returncode == 0
    runs = Runs(tmp_path_factory.mktemp("kill"), quick=True)
    yield runs
    runs.close()


def test_killed_at_writes_it_ends_as_if_it_never_was(lab: Lab, runs: Runs) -> None:
    aim = NextNew("before", thin=EVERY)
    ended: list[Ended] = []
    while not ended or ended[-1].killed:
        aim.next_run()
        ended.append(runs.run("pyinfra", aim))
        assert len(ended) < 40
    assert ended[-1].rc == 0, ended[-1].said[-3000:]
    assert sum(aim.killed.values()) > 100, aim.killed  # or the proxy saw no writes
    assert len(ended) > 4
    for before, after in itertools.pairwise(ended):
        assert "Traceback" not in after.said
        if before.done or before.in_flight:
            assert says_of(before, after), f"{before.killed}: {after.said[:3000]}"
    again = runs.run("lakestead", lambda write: None)
    assert again.rc == 0, again.said
    assert "Plan: 0 to create, 0 to update, 0 to delete" in again.said
    assert not list(Path(runs.folder, "state").glob("**/*.open"))
    output = again.said + "".join(run.said for run in ended)
    assert leaks(lab, {"output": output} | files_in(runs.folder)) == []
    left = state_of(lab_dir())
    assert left["table"] == {"snapshots": 2, "rows": 5, "rows in the older snapshot": 3}
    assert len(left["repo"]["commits"]) == 4
    assert {user["keys"] for user in left["users"].values()} == {1}
    assert sorted(left["buckets"]) == ["lakehouse", "lakehouse-backups"]
