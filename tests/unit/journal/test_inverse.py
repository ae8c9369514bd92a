"""Data are never deleted: what holds some stays, and so does what others of it depend on."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from lakestead.journal.inverse import Means, plan
from lakestead.journal.record import RecordedRun, RecordedWrite
from lakestead.journal.undo import DATA, Undo
from lakestead.kube.client import Api
from lakestead.rgw.client import AdminOps
from lakestead.s3.client import S3

GATEWAY = {"endpoint": "http://s3"}
HOST = {"host": "database"}
UNDOS = [
    Undo("role", HOST | {"name": "hive"}),
    Undo("database", HOST | {"name": "hive"}),
    Undo("rgw-user", GATEWAY | {"uid": "lakehouse"}),
    Undo("bucket", GATEWAY | {"name": "warehouse"}),
]


class Gateway:
    """A gateway with one user and one bucket; plays both of its APIs."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)
        self.calls: list[str] = []

    def get(self, path: str, **parameters: str) -> Any:
        if path == "bucket" and "uid" in parameters:
            return ["warehouse"]
        quota = {"enabled": False, "max_size": -1, "max_objects": -1}
        if path == "bucket":
            return {"owner": "lakehouse", "bucket_quota": quota}
        return {
            "user_id": "lakehouse",
            "display_name": "",
            "max_buckets": 1,
            "caps": [],
            "keys": [],
            "suspended": 0,
            "user_quota": quota,
        }

    def pages(self, operation: str, **parameters: str) -> list[dict[str, Any]]:
        return [{"Versions": [{"Key": key, "VersionId": "1"} for key in self.keys]}]

    def call(self, operation: str, *path: Any, **parameters: str) -> None:
        self.calls.append(" ".join([operation, *map(str, path), *parameters.values()]))


class Database:
    """A PostgreSQL with role and database ``hive``."""

    def __init__(self, tables: int) -> None:
        self.tables = tables
        self.written: list[str] = []

    def __call__(self, sql: str) -> list[str]:
        if sql.startswith("DROP"):
            self.written.append(sql)
        if sql.startswith("\\connect"):
            return [str(self.tables)]
        return ["hive"]


def run_of(undos: list[Undo]) -> RecordedRun:
    writes = [
        RecordedWrite(number, f"create Thing t{number}", "create", undo, "done")
        for number, undo in enumerate(undos, 1)
    ]
    return RecordedRun(Path("run.jsonl"), {}, writes, "done")


def means(gateway: Gateway, database: Database) -> Means:
    clients = cast(AdminOps, gateway), cast(S3, gateway)
    return Means(
        cast(Api, None), storage=lambda endpoint: clients, postgresql=lambda host: database
    )


def test_what_holds_no_data_goes_the_last_first() -> None:
    gateway, database = Gateway("_lakestead/round-trip.json"), Database(tables=0)

    for step in plan(run_of(UNDOS), means(gateway, database)):
        assert step.do is not None
        step.do()

    assert gateway.calls == [
        "DeleteObject warehouse _lakestead/round-trip.json 1",
        "DeleteBucket warehouse",
        "DELETE user {'uid': 'lakehouse'}",
    ]
    assert database.written == ['DROP DATABASE "hive"', 'DROP ROLE "hive"']


@pytest.mark.parametrize(
    ("keys", "tables", "why"),
    [
        (["data/part-0.parquet"], 0, "it holds objects, data/part-0.parquet for one"),
        (["data/part-0.parquet"], 0, "it owns bucket warehouse"),
        ([], 74, "it holds 74 tables and sequences"),
        ([], 74, "it owns database hive"),
    ],
)
def test_what_holds_data_stays(keys: list[str], tables: int, why: str) -> None:
    steps = plan(run_of(UNDOS), means(Gateway(*keys), Database(tables)))

    stays = [step.change.why for step in steps if step.verdict == "cannot"]
    assert len(stays) == 2
    assert f"stays: {why}" in stays


def test_what_cannot_be_taken_back_is_shown_and_a_wait_is_not() -> None:
    [step] = plan(run_of([DATA, Undo("none")]), Means(cast(Api, None)))

    assert (step.change.kind, step.change.name) == ("Thing", "t1")
    assert step.change.why == "stays: data are never deleted by a rollback"
