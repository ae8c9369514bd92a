"""An append that meets somebody else: waits for a lock, is not done twice, gives up with a message."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from pyiceberg.exceptions import CommitFailedException

from lakestead.errors import LakesteadError
from lakestead.iceberg import proof
from lakestead.iceberg.proof import MARK, STEP, VERSION, Proof


class Table:
    """Stands for a pyiceberg table whose commits fail a number of times first."""

    metadata_location = "s3a://lake/t/metadata/1.json"

    def __init__(self, failures: int, meanwhile: str = "") -> None:
        self.properties = {MARK: VERSION}
        self.metadata = SimpleNamespace(snapshots=[])
        self.failures = failures
        self.meanwhile = meanwhile

    def append(self, rows: Any, snapshot_properties: dict[str, str]) -> None:
        if self.failures:
            self.failures -= 1
            if self.meanwhile:
                self.add(self.meanwhile)
            raise CommitFailedException("Failed to acquire lock for ns.t, state: 2")
        self.add(snapshot_properties[STEP])

    def add(self, step: str) -> None:
        summary = SimpleNamespace(additional_properties={STEP: step})
        snapshot = SimpleNamespace(summary=summary, snapshot_id=len(self.metadata.snapshots))
        self.metadata.snapshots.append(snapshot)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time that passes by sleeping alone."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(proof, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))


def on(table: Table, say: Any = lambda _: None) -> Proof:
    catalog: Any = SimpleNamespace(load_table=lambda name: table)
    return Proof(catalog, "ns", "t", "s3a://lake/ns.db", say)


def test_a_lock_of_somebody_else_is_waited_for_and_said() -> None:
    table, said = Table(failures=100), list[str]()
    assert on(table, said.append).do("first append") == "first append: 3 rows"
    assert len(table.metadata.snapshots) == 1
    assert "lock of table ns.t" in said[0]


def test_what_another_run_has_appended_meanwhile_is_not_appended_again() -> None:
    table = Table(failures=1, meanwhile="first append")
    assert on(table).do("first append") == "first append is there meanwhile"
    assert len(table.metadata.snapshots) == 1


def test_a_lock_that_stays_is_an_error() -> None:
    with pytest.raises(LakesteadError, match="Could not append") as caught:
        on(Table(failures=10_000)).do("first append")
    assert "Failed to acquire lock" in str(caught.value)


def test_a_first_append_whose_snapshot_has_expired_is_named() -> None:
    table = Table(failures=0)
    table.add("second append")
    with pytest.raises(LakesteadError, match="no snapshot of its first append"):
        on(table).do("first append")
