"""The sample's table as a client on the workstation sees it, by pyiceberg and not by Spark."""

from __future__ import annotations

from dataclasses import dataclass

from lakestead.errors import LakesteadError
from lakestead.iceberg.catalog import connect
from lakestead.iceberg.failures import explained
from lakestead.rgw.credentials import Credentials
from lakestead.settings import Settings
from lakestead.spark.application import required
from lakestead.spark.sample import TABLE, expected, table_rows

_COLUMNS = ["order_id", "customer", "amount", "ordered_at", "source_file"]


@dataclass(frozen=True, slots=True)
class Looked:
    """What the table is.

    + rows: how many it has; None where there is no table
    + wrong: how many of those that it should have are missing or others
    """

    rows: int | None
    wrong: int

    @property
    def right(self) -> bool:
        """Whether it is row for row what the raw files make of it."""
        return self.rows is not None and not self.wrong


def look(settings: Settings, key: Credentials) -> Looked:
    """Read the whole table and compare it with the raw files.

    Raises LakesteadError where a table of that name is somebody else's.
    """
    from pyiceberg.exceptions import NoSuchTableError

    name = f"{required(settings).sample}.{TABLE}"
    wanted = expected()
    with explained(f"read table {name}", settings.iceberg, settings.object_storage):
        try:
            table = connect(settings.iceberg, settings.object_storage, key).load_table(name)
        except NoSuchTableError:
            return Looked(None, len(wanted))
        columns = [field.name for field in table.schema().fields]
        if columns != _COLUMNS:
            raise _foreign(name, "columns " + ", ".join(columns))
        rows = table_rows(table.scan().to_arrow().to_pylist())
    if strangers := {row[4] for row in rows} - {row[4] for row in wanted} - {"changes-1.csv"}:
        raise _foreign(name, f"rows from {', '.join(sorted(strangers)[:3])}")
    wrong = len(set(wanted) ^ set(rows)) + len(rows) - len(set(rows))
    return Looked(len(rows), wrong)


def _foreign(name: str, found: str) -> LakesteadError:
    return LakesteadError(
        f"Table {name} is not the one of Lakestead's sample jobs",
        found=found,
        do="give the sample another namespace: spark.sample",
    )
