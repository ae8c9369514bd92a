"""The tables as Trino reads them, against what the raw files make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lakestead.errors import LakesteadError
from lakestead.pipeline.data import OBSERVATIONS, TABLES, TARGETS, Delivery, Row, Table, files, rows
from lakestead.pipeline.questions import QUESTIONS, TELESCOPES, Question
from lakestead.settings import Settings
from lakestead.spark.application import required as spark
from lakestead.trino import client
from lakestead.trino.client import TrinoError
from lakestead.trino.compare import unlike
from lakestead.trino.secrets import required

if TYPE_CHECKING:
    from trino.dbapi import Connection

_NO_TABLE = ("TABLE_NOT_FOUND", "SCHEMA_NOT_FOUND")


@dataclass(frozen=True, slots=True)
class Looked:
    """What the tables have.

    + rows: table's name → its rows; a table that is not there is not in it
    + snapshots: table's name → id of the snapshot that was read
    """

    rows: Mapping[str, Sequence[Row]]
    snapshots: Mapping[str, int]

    def files(self, table: Table) -> set[str]:
        """Names of the raw files that a table has rows of."""
        return {str(row[-1]) for row in self.rows.get(table.name, ())}

    def has(self, delivery: Delivery) -> bool:
        """Whether the files of a delivery are in its table."""
        return self.files(delivery.table) >= set(delivery.files)


@dataclass(frozen=True, slots=True)
class Answer:
    """What Trino has answered, and rightly."""

    question: Question
    columns: Sequence[str]
    rows: Sequence[Row]


def place(settings: Settings, table: Table) -> str:
    """``CATALOG.SCHEMA.TABLE``."""
    return f"{required(settings).catalog}.{spark(settings).sample}.{table.name}"


def look(trino: Connection, settings: Settings) -> Looked:
    """Read both tables; raises LakesteadError where one is not what its raw files make of it."""
    url = required(settings).url
    found: dict[str, Sequence[Row]] = {}
    snapshots: dict[str, int] = {}
    for table in TABLES:
        where = place(settings, table)
        catalog, schema, name = where.split(".")
        refs = f'{catalog}.{schema}."{name}$refs"'
        try:
            newest = client.rows(trino, f"SELECT snapshot_id FROM {refs} WHERE name = 'main'", url)
            columns = ", ".join(table.names)
            by = table.names[0]
            found[name] = client.rows(trino, f"SELECT {columns} FROM {where} ORDER BY {by}", url)
        except TrinoError as error:
            if error.kind in _NO_TABLE:
                continue
            if error.kind == "COLUMN_NOT_FOUND":
                raise _foreign(where, error.found) from error
            raise
        snapshots[name] = int(newest[0][0]) if newest else 0
    looked = Looked(found, snapshots)
    for table in TABLES:
        _compare(looked, table, settings)
    return looked


def ask(
    trino: Connection, settings: Settings, looked: Looked, telescopes: Sequence[Row]
) -> list[Answer]:
    """Ask the questions; raises LakesteadError where an answer is not what the raw files say.

    + looked: the tables, which both must be there
    + telescopes: id, name and aperture, as another client than Trino has read them
    """
    url = required(settings).url
    section = settings.iceberg
    places = {
        TARGETS.name: place(settings, TARGETS),
        OBSERVATIONS.name: place(settings, OBSERVATIONS),
        TELESCOPES: f"{required(settings).catalog}.{section.namespace}.{section.table}",
    }
    # Not the rows that were read, but those of the files that they are of.
    known = {table.name: rows(table, looked.files(table)) for table in TABLES}
    answers = []
    for question in QUESTIONS:
        wanted = question.compute({**known, TELESCOPES: telescopes})
        columns, found = client.columns(trino, question.sql.format(**places), url)
        if different := unlike(found, wanted):
            raise LakesteadError(
                "Trino answers something else than the raw files say",
                where=f"{url}: {question.title}",
                found=different,
                expected=f"{len(wanted)} rows, as Python computes them from the files",
                do=f"did somebody write to {', '.join(places.values())} in between? Run again",
            )
        answers.append(Answer(question, columns, found))
    return answers


def _compare(looked: Looked, table: Table, settings: Settings) -> None:
    where = place(settings, table)
    if strangers := looked.files(table) - files(table):
        raise _foreign(where, f"rows from {', '.join(sorted(strangers)[:3])}")
    wanted = rows(table, looked.files(table))
    if different := unlike(looked.rows.get(table.name, ()), wanted):
        raise LakesteadError(
            f"Table {where} is not what its raw files make of it",
            where=required(settings).url,
            found=different,
            expected=f"{len(wanted)} rows, each as its file has it",
            do=f'if nobody needs it as it is: lakestead query -i INVENTORY "DROP TABLE {where}", '
            "and run again: it is made anew",
        )


def _foreign(where: str, found: str) -> LakesteadError:
    return LakesteadError(
        f"Table {where} is not the one of Lakestead's pipeline; it was left as it is",
        found=found,
        do="give the samples another namespace: spark.sample; or, if nobody needs the table: "
        f'lakestead query -i INVENTORY "DROP TABLE {where}", and run again: it is made anew',
    )
