"""The table that proves the catalog: two appends, read back now and as it was after the first.

The appends are told apart by a property in their snapshots' summaries, so that a run that was killed
between two steps can be finished, and so that a table that somebody works with still proves it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lakestead.errors import LakesteadError
from lakestead.plan.iceberg import APPENDS, Found, Step

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.catalog.hive import HiveCatalog
    from pyiceberg.table import Table

MARK = "lakestead.proof"
VERSION = "1"
STEP = "lakestead.step"
PATIENCE = 150.0
"""Seconds to wait for a lock; that of a killed client is taken away after 75."""

# First light of telescopes: a text, a number, an exact number and a time.
ROWS: dict[Step, list[dict[str, Any]]] = {
    "first append": [
        {
            "id": 1,
            "telescope": "Hooker",
            "aperture_m": Decimal("2.54"),
            "first_light": datetime(1917, 11, 1, tzinfo=UTC),
        },
        {
            "id": 2,
            "telescope": "Hale",
            "aperture_m": Decimal("5.08"),
            "first_light": datetime(1949, 1, 26, 22, 6, tzinfo=UTC),
        },
        {
            "id": 3,
            "telescope": "Keck I",
            "aperture_m": Decimal("10.00"),
            "first_light": datetime(1990, 11, 24, tzinfo=UTC),
        },
    ],
    "second append": [
        {
            "id": 4,
            "telescope": "Hubble",
            "aperture_m": Decimal("2.40"),
            "first_light": datetime(1990, 5, 20, 15, 12, tzinfo=UTC),
        },
        {
            "id": 5,
            "telescope": "James Webb",
            "aperture_m": Decimal("6.50"),
            "first_light": datetime(2022, 2, 11, tzinfo=UTC),
        },
    ],
}


class Proof:
    """The table in its catalog.

    + location: where the namespace lies, if it has to be made
    + say: is told what is waited for
    """

    def __init__(
        self,
        catalog: HiveCatalog,
        namespace: str,
        table: str,
        location: str,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.catalog = catalog
        self.namespace = namespace
        self.location = location
        self.name = f"{namespace}.{table}"
        self.say = say

    def look(self) -> Found:
        """What is there.

        Raises LakesteadError where a table of this name is somebody else's, or has lost what it is
        to prove.
        """
        from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchTableError

        if (self.namespace,) not in self.catalog.list_namespaces():
            return Found()
        try:
            table = self.catalog.load_table(self.name)
        except NoSuchIcebergTableError as error:
            raise self._foreign("it is no Iceberg table") from error
        except NoSuchTableError:
            return Found(namespace=True)
        return Found(namespace=True, table=True, appends=list(self._snapshots(table)))

    def do(self, step: Step) -> str:
        """One of the steps that :meth:`look` has found missing."""
        from pyiceberg.exceptions import NamespaceAlreadyExistsError, TableAlreadyExistsError

        if step == "namespace":
            try:
                self.catalog.create_namespace(self.namespace, {"location": self.location})
            except NamespaceAlreadyExistsError:
                return f"namespace {self.namespace} is there meanwhile"
            return f"namespace {self.namespace} made at {self.location}"
        if step == "table":
            # A commit that meets another one fails instead of being repeated unseen: see _append.
            properties = {MARK: VERSION, "commit.retry.num-retries": "0"}
            try:
                self.catalog.create_table(self.name, schema=_schema(), properties=properties)
            except TableAlreadyExistsError:
                return f"table {self.name} is there meanwhile"
            return f"table {self.name} made"
        return self._append(step)

    def verify(self) -> str:
        """Read the table as it was after either append and compare.

        Raises LakesteadError where something else comes back.
        """
        table = self.catalog.load_table(self.name)
        snapshots = self._snapshots(table)
        expected: list[dict[str, Any]] = []
        for step in APPENDS:
            expected += ROWS[step]
            rows = table.scan(snapshot_id=snapshots[step]).to_arrow().to_pylist()
            found = sorted(rows, key=lambda row: str(row.get("id")))
            if found != expected:
                raise LakesteadError(
                    f"Iceberg table {self.name} reads back something else than was written",
                    where=f"snapshot {snapshots[step]}, {table.metadata_location}",
                    found=_listed(found),
                    expected=_listed(expected),
                    do="find out what happened to the table's files before trusting this storage",
                )
        return (
            f"table {self.name} read back: {len(expected)} rows, and "
            f"{len(ROWS['first append'])} as of snapshot {snapshots['first append']}"
        )

    def _append(self, step: Step) -> str:
        from pyiceberg.exceptions import CommitFailedException

        deadline = time.monotonic() + PATIENCE
        while True:
            table = self.catalog.load_table(self.name)
            if step in self._snapshots(table):
                return f"{step} is there meanwhile"
            try:
                table.append(_rows(step), snapshot_properties={STEP: step})
            except CommitFailedException as error:
                if time.monotonic() > deadline:
                    raise LakesteadError(
                        f"Could not append to Iceberg table {self.name}",
                        found=str(error),
                        expected=f"the table's lock within {PATIENCE:g} s",
                        do="see who works on the table; a killed client's lock goes away by itself",
                    ) from error
                self.say(f"the lock of table {self.name}, which another client has or left behind")
                time.sleep(1)
            else:
                return f"{step}: {len(ROWS[step])} rows"

    def _snapshots(self, table: Table) -> dict[Step, int]:
        """Snapshot id of each append that was made."""
        if table.properties.get(MARK) != VERSION:
            raise self._foreign(f"properties {', '.join(sorted(table.properties)) or 'none'}")
        found: dict[Step, int] = {}
        for snapshot in table.metadata.snapshots:
            summary = snapshot.summary.additional_properties if snapshot.summary else {}
            for step in APPENDS:
                if summary.get(STEP) == step:
                    found.setdefault(step, snapshot.snapshot_id)
        if "second append" in found and "first append" not in found:
            raise LakesteadError(
                f"Iceberg table {self.name} has no snapshot of its first append any more",
                where=table.metadata_location,
                found=f"{len(table.metadata.snapshots)} snapshots, the older ones expired",
                do=f"drop the table and run again: it is made anew ({self.name})",
            )
        return found

    def _foreign(self, found: str) -> LakesteadError:
        return LakesteadError(
            f"Table {self.name} is there and was not made by Lakestead; nothing was changed",
            found=found,
            expected=f"no such table, or one with property {MARK}={VERSION}",
            do="choose another iceberg.table in group_data",
        )


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("telescope", pa.string()),
            pa.field("aperture_m", pa.decimal128(5, 2)),
            pa.field("first_light", pa.timestamp("us", tz="UTC")),
        ]
    )


def _rows(step: Step) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(ROWS[step], schema=_schema())


def _listed(rows: list[dict[str, Any]]) -> str:
    return "\n".join(", ".join(str(value) for value in row.values()) for row in rows) or "no rows"
