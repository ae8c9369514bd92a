"""Killed runs: what they did is said, and the next whole run of the same deploy has finished them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lakestead.journal import places, unfinished
from lakestead.journal.record import load
from lakestead.journal.run import About
from lakestead.kube import identity
from lakestead.kube.client import Api

CLUSTER = "7a0204a2"


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Api:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))
    api = Api.__new__(Api)
    monkeypatch.setitem(identity._uids, api, CLUSTER)
    return api


def killed(name: str, deploy: str = "phase1.py", writes: int = 2) -> Path:
    """The journal of a run that was killed in its last write."""
    path = places.cluster_dir(CLUSTER) / f"{name}.open"
    path.parent.mkdir(parents=True, exist_ok=True)
    undo = {"kind": "none", "target": {}, "before": None, "cannot": ""}
    records: list[dict[str, object]] = [
        {"type": "begin", "who": "ann@desk", "deploy": deploy, "inventory": "lab.py"}
    ]
    for number in range(1, writes + 1):
        what = f"create ConfigMap c{number}"
        records.append({"type": "before", "seq": number, "what": what, "undo": undo})
        records.append({"type": "after", "seq": number, "ok": True})
    text = "".join(json.dumps(record) + "\n" for record in records[:-1])
    path.write_text(text)
    return path


def test_what_happened_is_said(api: Api) -> None:
    killed("20261121-1")

    [run] = unfinished.unfinished(api)

    assert unfinished.describe(run) == (
        "Run 20261121-1 of phase1.py by ann@desk did not end: 1 write was done, "
        "1 in flight when it was killed\n"
        "  done      create ConfigMap c1\n"
        "  in flight create ConfigMap c2: done or not, it is looked at like everything else\n"
        "The next run goes on from there; to take it back: lakestead rollback 20261121-1"
    )


def test_run_without_a_write_is_not_told_of(api: Api) -> None:
    killed("20261121-1", writes=0)

    assert unfinished.unfinished(api) == []


def test_next_whole_run_of_the_same_deploy_has_finished_it(api: Api) -> None:
    mine, other = killed("20261121-1"), killed("20261121-2", deploy="phase2.py")

    unfinished.close(api, "20261121-3", About(deploy="phase1.py", inventory="lab.py"))

    assert load(mine.with_suffix(".jsonl")).fate == "did not end, finished by 20261121-3"
    assert [run.path for run in unfinished.unfinished(api)] == [other]
