"""A pyinfra run leaves a journal of what it wrote, and of nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops

from lakestead.errors import LakesteadError
from lakestead.journal.record import RecordedRun, load
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube import session as kube_session
from lakestead.kube.lease import PATH, Lease
from lakestead.operations.command import ApiCommand, Command, marked, operation
from lakestead.plan.change import Change
from tests.api_server import ApiServer

UNDO = Undo("role", {"host": "@local", "name": "hive"})


@operation
def writes() -> Iterator[Command]:
    yield ApiCommand("wait", lambda: None, undo=NOTHING)
    yield ApiCommand("make it", lambda: None, change=Change("Bucket", "b", "create"))
    yield from marked(["true PLANTED-SECRET"], Change("PostgreSQL role", "hive", "create"), UNDO)
    yield "true PLANTED-SECRET"


@operation
def fails() -> Iterator[Command]:
    yield "exit 3"


@operation
def is_refused() -> Iterator[Command]:
    def refused() -> None:
        raise LakesteadError("The gateway is away")

    yield ApiCommand("ask", refused, change=Change("Bucket", "b", "create"))


@operation
def only_waits() -> Iterator[Command]:
    yield ApiCommand("wait", lambda: None, undo=NOTHING)


@pytest.fixture
def state(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[State]:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path / "state"))
    data = {"kube": {"kubeconfig": str(api_server.kubeconfig)}}
    state = State(Inventory((["@local"], data)), Config(FAIL_PERCENT=100))
    connect_all(state)
    yield state
    kube_session._apis.clear()


def run(state: State, *operations: object) -> None:
    for item in operations:
        add_op(state, item)
    try:
        run_ops(state)
    finally:
        disconnect_all(state)


def journals(tmp_path: Path) -> list[RecordedRun]:
    return [load(path) for path in tmp_path.glob("state/journal/*/*.jsonl")]


def test_writes_are_journaled_with_how_they_are_undone(state: State, tmp_path: Path) -> None:
    run(state, writes)

    [found] = journals(tmp_path)
    assert found.result == "done"
    assert [(write.what, write.state) for write in found.writes] == [
        ("create Bucket b", "done"),
        ("create PostgreSQL role hive", "done"),
        ("a shell command", "done"),
    ]
    assert found.writes[1].undo == UNDO
    assert found.writes[2].undo.cannot == "nobody has said how"
    assert "PLANTED" not in found.path.read_text()


@pytest.mark.parametrize("failing", [fails, is_refused])
def test_failed_write(state: State, tmp_path: Path, failing: object) -> None:
    with pytest.raises(PyinfraError):
        run(state, failing)

    [found] = journals(tmp_path)
    assert found.result == "failed"
    assert [write.state for write in found.writes] == ["failed"]


def test_run_that_writes_nothing_leaves_nothing(
    state: State, tmp_path: Path, api_server: ApiServer
) -> None:
    with api_server.counting() as calls:
        run(state, only_waits)

    assert not (tmp_path / "state").exists()
    assert not calls


def test_lock_is_given_back(state: State) -> None:
    run(state, writes)

    api = next(iter(kube_session._apis.values()))
    answer = api.raw("GET", PATH.rpartition("/")[0])
    assert "lakestead" not in [lease["metadata"]["name"] for lease in answer["items"]]


def test_run_that_meets_another_writes_nothing(
    state: State, tmp_path: Path, api_server: ApiServer
) -> None:
    other = Lease(kube_session.connect(str(api_server.kubeconfig), None), "ann@desk pid 7 run x")
    other.acquire()
    [result] = add_op(state, writes).values()

    with pytest.raises(PyinfraError):
        run(state)

    other.release()
    assert "ann@desk pid 7 run x, since" in result.stderr
    assert journals(tmp_path) == []
