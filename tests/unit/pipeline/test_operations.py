"""The operations as pyinfra runs them: what they show, do, and leave alone the second time.

Journal and lock are on a real API server; bucket, Airflow, Spark and Trino are the tests' own.
"""

from __future__ import annotations

import csv
import hashlib
import io
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops

from lakestead.airflow.client import Run
from lakestead.errors import LakesteadError
from lakestead.kube import session as kube_session
from lakestead.operations import pipeline, show
from lakestead.pipeline import asked, drill
from lakestead.pipeline.data import DAYS, DRILL, TABLES, raw_files
from lakestead.plan.change import Change
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from lakestead.spark.failures import BAD_FILE
from tests.api_server import ApiServer
from tests.unit.pipeline.sky import TELESCOPES, Sky

PROJECT = Path(__file__).parents[3]
DEPLOY: tuple[tuple[Any, dict[str, int]], ...] = tuple(
    (operation, {"day": day})
    for day in DAYS
    for operation in (pipeline.files, pipeline.ingest, pipeline.answer)
)
WITH_DRILL: tuple[tuple[Any, dict[str, int]], ...] = (
    *DEPLOY,
    (pipeline.failing_run, {}),
    (pipeline.ingest, {"day": DRILL}),
    (pipeline.answer, {"day": DRILL}),
)


class World:
    """The bucket, and an Airflow whose runs do at once what the Spark job does."""

    def __init__(self, server: ApiServer) -> None:
        data = runpy.run_path(str(PROJECT / "group_data/anton.py"))
        self.data = {key: data[key] for key in data if key in Settings.model_fields}
        self.data["kube"] = {"kubeconfig": str(server.kubeconfig)}
        self.settings = Settings.load(self.data, Sources())
        self.bucket: dict[str, bytes] = {}
        self.runs_made: list[Run] = []
        self.sky = Sky()
        self.away = False
        self.dies_after: int | None = None
        self.shown: list[Change] = []
        self.said: list[str] = []

    def run(self, *operations: tuple[Any, dict[str, int]]) -> list[str]:
        """Run them; what was not left as it was, as it was shown while they were executed."""
        state = State(Inventory((["@local"], self.data)), Config(FAIL_PERCENT=0))
        connect_all(state)
        try:
            for operation, arguments in operations:
                add_op(state, operation, **arguments)
            self.shown, self.said = [], []
            run_ops(state)
        finally:
            disconnect_all(state)
            kube_session._apis.clear()
        return [f"{change.action} {change.name}" for change in self.shown if change.pending]

    # The gateway
    def pages(self, _: str, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [
            {"Contents": [{"Key": key, "ETag": f'"{hashlib.md5(content).hexdigest()}"'}]}
            for key, content in self.bucket.items()
            if key.startswith(Prefix)
        ]

    def call(self, _: str, Bucket: str, Key: str, Body: bytes) -> None:
        self.bucket[Key] = Body

    # Airflow
    def dag(self, _: str) -> dict[str, Any]:
        return {}

    def runs(self, _: str) -> list[Run]:
        return self.runs_made[::-1]

    def run_of(self, run: str) -> Run | None:
        return next((made for made in self.runs_made if made.id == run), None)

    def trigger(self, _: str, run: str, conf: dict[str, str]) -> Run:
        if self.dies_after == len(self.runs_made):
            raise LakesteadError("killed")
        [table] = [table for table in TABLES if conf["table"].endswith(f".{table.name}")]
        folder = conf["folder"].removeprefix("s3a://lakehouse/")
        files = {
            key.rpartition("/")[2]: content.decode()
            for key, content in self.bucket.items()
            if key.startswith(f"{folder}/")
        }
        lines = [
            (*line, name)
            for name, text in files.items()
            for line in list(csv.reader(io.StringIO(text)))[1:]
        ]
        failed = any("faint" in line for line in lines)
        if not failed and table.name not in self.sky.names():
            self.sky.make(table.name, table.names, [])
            self.sky.database.execute("INSERT INTO refs VALUES ('main', 1, ?)", [table.name])
        if not failed:
            self.sky.take(table, lines)
        made = Run(run, "failed" if failed else "success")
        self.runs_made.append(made)
        return made


class Client:
    """Airflow's API, over the world."""

    def __init__(self, world: World) -> None:
        self.dag, self.runs, self.trigger = world.dag, world.runs, world.trigger
        self.run = lambda _, run: world.run_of(run)


def follow(*arguments: Any) -> str:
    run = arguments[4]
    if run.state == "failed":
        raise LakesteadError(f"DAG run {run.id} failed: {BAD_FILE}")
    return "success"


@pytest.fixture
def world(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))
    made = World(api_server)

    @contextmanager
    def connected(*_: Any, **__: Any) -> Iterator[Sky]:
        yield made.sky

    for module in (pipeline, asked):
        monkeypatch.setattr(module, "user_s3", lambda *_: (made, "key"))
    monkeypatch.setattr(asked, "login", lambda *_: None if made.away else "login")
    monkeypatch.setattr(asked, "connected", connected)
    monkeypatch.setattr(asked, "telescopes", lambda *_: TELESCOPES)
    monkeypatch.setattr(pipeline, "signed_in", lambda *_: Client(made))
    monkeypatch.setattr(pipeline, "unreferenced", lambda *_: ["s3://x"] * len(made.runs_made))
    for module in (pipeline, drill):
        monkeypatch.setattr(module, "follow", follow)

    def listen(host: Any, name: str, changes: list[Change]) -> None:
        made.shown += changes

    show.listeners.append(listen)
    show.speakers.append(lambda host, text, waits: made.said.append(text))
    yield made
    show.listeners.remove(listen)
    show.speakers.pop()


def test_twice_the_whole_way_and_then_nothing(world: World) -> None:
    done = world.run(*DEPLOY)
    assert [line.split()[0] for line in done] == ["create"] * 9
    assert [run.id[28:] for run in world.runs_made] == [
        "day-1-targets-1",
        "day-1-observations-1",
        "day-2-observations-1",
    ]
    assert world.said == [
        f"Trino, day {day}: 120 targets, {rows} observations; "
        "3 answers, each row as Python computes it from the files"
        for day, rows in ((1, 1800), (2, 3200))
    ]
    assert world.run(*DEPLOY) == []
    assert len(world.runs_made) == 3


def test_a_run_that_fails_leaves_nothing_and_is_made_once(world: World) -> None:
    done = world.run(*WITH_DRILL)
    assert len(done) == 9 + 4 + 2 + 1
    assert [run.state for run in world.runs_made] == ["success"] * 3 + ["failed", "success"]
    told = "\n".join(world.said)
    assert f"failed, as it should: DAG run {world.runs_made[3].id} failed: {BAD_FILE}" in told
    assert "table targets is still at snapshot 1, with 120 rows" in told
    assert "day 3: 217 targets, 3200 observations" in told
    assert world.run(*WITH_DRILL) == []


@pytest.mark.parametrize("runs", [0, 1, 2, 3, 4])
def test_what_was_killed_is_finished(world: World, runs: int) -> None:
    world.dies_after = runs
    with pytest.raises(PyinfraError):
        world.run(*WITH_DRILL)
    world.dies_after = None
    world.run(*WITH_DRILL)
    # A drill whose file was not taken is made again.
    assert [run.state for run in world.runs_made].count("failed") == (2 if runs == 4 else 1)
    assert world.run(*WITH_DRILL) == []


def test_a_file_that_is_another_is_put_again_and_a_table_that_is_gone_is_made_again(
    world: World,
) -> None:
    world.run(*DEPLOY)
    key = min(world.bucket)
    world.bucket[key] = b"other"
    world.sky.database.execute("DROP TABLE observations")
    done = world.run(*DEPLOY)
    assert done[0] == f"update s3://lakehouse/{key}"
    assert [line.rpartition("-day-")[2] for line in done[1:]] == [
        "1-observations",
        "2-observations",
    ]
    assert world.runs_made[-1].id.endswith("-day-2-observations-2")


def test_another_object_of_a_files_name_is_told_as_replaced(world: World) -> None:
    key = "raw/sample/day-1/targets/targets-1.csv"
    world.bucket[key] = b"somebody's"
    world.run(*DEPLOY[:1])
    told = {change.name.rpartition("/")[2]: change.why for change in world.shown if change.pending}
    assert told.pop("targets-1.csv") == "another object of this name is replaced"
    assert set(told.values()) == {""}


@pytest.mark.parametrize(
    ("operation", "day"),
    [((pipeline.files, {"day": 1}), 1), ((pipeline.failing_run, {}), DRILL)],
    ids=["files", "drill"],
)
def test_nothing_is_put_beside_somebody_elses_file(
    world: World, operation: tuple[Any, dict[str, int]], day: int
) -> None:
    stray = f"raw/sample/day-{day}/targets/notes.csv"
    world.bucket[stray] = b"target_id,name,kind,magnitude"
    with pytest.raises(LakesteadError) as caught:
        world.run(operation)
    assert caught.value.found == f"s3://lakehouse/{stray}"
    assert list(world.bucket) == [stray]
    assert world.runs_made == []


def test_before_trino_is_there_all_is_known_after_apply(world: World) -> None:
    world.away = True
    state = State(Inventory((["@local"], world.data)), Config(FAIL_PERCENT=0))
    connect_all(state)
    for operation, arguments in WITH_DRILL:
        add_op(state, operation, **arguments)
    disconnect_all(state)
    kube_session._apis.clear()
    files = len(raw_files(world.settings, pipeline.deliveries(1) + pipeline.deliveries(2)))
    assert [change.action for change in world.shown].count("create") == files
    assert {change.action for change in world.shown} == {"create", "known after apply"}
    with pytest.raises(PyinfraError):
        world.run(*DEPLOY)
    assert world.runs_made == []
