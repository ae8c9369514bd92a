"""The raw files: targets of a sky survey and observations of them, delivered day by day.

Made from a seed and the same each time, so that what is answered can be computed from them. An observation
names a telescope of the table that objective 1.3 made.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from lakestead.settings import Settings
from lakestead.spark.application import required

SEED = 20260301
DAYS = (1, 2)
"""Days of the proof."""
DRILL = 3
"""The day on which one of the files is broken first."""
Row = tuple[Any, ...]
"""Values in the columns' order, and the file's name."""

_KINDS = ("galaxy", "globular cluster", "nebula", "open cluster")
_TELESCOPES = 5
_BEGIN = datetime(2026, 3, 1, 20, tzinfo=UTC)
_OBSERVED = {1: 100, 2: 110}
"""Of the targets, how many of the first are looked at by the observations of a day."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table that the raw files become.

    + columns, partition: as the DAG's parameters have them
    """

    name: str
    columns: str
    partition: str

    @property
    def names(self) -> list[str]:
        """Of all columns, that of the raw file too."""
        return [*(column.split()[0] for column in self.columns.split(", ")), "source_file"]


TARGETS = Table(
    "targets",
    "target_id BIGINT, name STRING, kind STRING, magnitude DECIMAL(5,2)",
    # So small a table is not partitioned; its files are written while later ones are still read.
    "none",
)
OBSERVATIONS = Table(
    "observations",
    "observation_id BIGINT, telescope_id BIGINT, target_id BIGINT, started_at TIMESTAMP, exposure_s INT",
    "months(started_at)",
)
TABLES = (TARGETS, OBSERVATIONS)


@dataclass(frozen=True, slots=True)
class Delivery:
    """Files of one table that arrive in one folder, and are taken by one run of the DAG.

    + files: name → numbers of its rows
    """

    day: int
    table: Table
    files: Mapping[str, range]

    def __str__(self) -> str:
        return f"{len(self.files)} files of day {self.day} into {self.table.name}"


DELIVERIES = (
    Delivery(1, TARGETS, {"targets-1.csv": range(1, 71), "targets-2.csv": range(71, 121)}),
    Delivery(
        1,
        OBSERVATIONS,
        {"observations-1.csv": range(1, 1001), "observations-2.csv": range(1001, 1801)},
    ),
    Delivery(
        2,
        OBSERVATIONS,
        {"observations-3.csv": range(1801, 2801), "observations-4.csv": range(2801, 3201)},
    ),
    Delivery(
        DRILL,
        TARGETS,
        {
            "targets-3.csv": range(121, 151),
            "targets-4.csv": range(151, 180),
            "targets-5.csv": range(180, 208),
            # The smallest: Spark reads it last.
            "targets-6.csv": range(208, 218),
        },
    ),
)
BROKEN = "targets-6.csv"


def deliveries(day: int) -> list[Delivery]:
    """What arrives on a day."""
    return [delivery for delivery in DELIVERIES if delivery.day == day]


def folder(settings: Settings, delivery: Delivery) -> str:
    """Where a delivery's files lie: ``s3a://BUCKET/PREFIX``."""
    return f"{required(settings).raw}/day-{delivery.day}/{delivery.table.name}"


def raw_files(
    settings: Settings, wanted: Collection[Delivery], *, broken: bool = False
) -> dict[tuple[str, str], bytes]:
    """Bucket and key → content.

    + broken: whether the last row of the file ``BROKEN`` has a word where a number belongs
    """
    found = {}
    for delivery in wanted:
        where = urlsplit(folder(settings, delivery))
        for name in delivery.files:
            content = _csv(delivery, name)
            if broken and name == BROKEN:
                content = content.rpartition(b",")[0] + b",faint\n"
            found[where.netloc, f"{where.path.strip('/')}/{name}"] = content
    return found


def rows(table: Table, files: Collection[str]) -> list[Row]:
    """A table's rows when it has taken these of its files."""
    return [
        (*_MAKERS[table.name](number, delivery.day), name)
        for delivery in DELIVERIES
        if delivery.table == table
        for name, numbers in delivery.files.items()
        if name in files
        for number in numbers
    ]


def files(table: Table) -> set[str]:
    """Names of all files that a table may have rows of."""
    return {name for delivery in DELIVERIES if delivery.table == table for name in delivery.files}


@cache
def _fingerprint(raw: str, namespace: str) -> str:
    contents = [
        (delivery.day, table.name, table.columns, table.partition, _csv(delivery, name).decode())
        for delivery in DELIVERIES
        for table in [delivery.table]
        for name in delivery.files
    ]
    text = json.dumps([raw, namespace, contents])
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def fingerprint(settings: Settings) -> str:
    """What tells these files, and where they go, from others."""
    return _fingerprint(required(settings).raw, required(settings).sample)


def _pick(what: str, number: int, choices: int) -> int:
    digest = hashlib.sha256(f"{SEED} {what} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % choices


def _target(number: int, _: int) -> Row:
    kind = _KINDS[_pick("kind", number, len(_KINDS))]
    return number, f"NGC {number}", kind, Decimal(400 + _pick("magnitude", number, 1200)).scaleb(-2)


def _observation(number: int, day: int) -> Row:
    began = _BEGIN + timedelta(minutes=27 * number, seconds=_pick("second", number, 600))
    return (
        number,
        1 + _pick("telescope", number, _TELESCOPES),
        1 + _pick("target", number, _OBSERVED[day]),
        began,
        30 + _pick("exposure", number, 1770),
    )


_MAKERS: Mapping[str, Callable[[int, int], Row]] = {
    TARGETS.name: _target,
    OBSERVATIONS.name: _observation,
}


def _csv(delivery: Delivery, name: str) -> bytes:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(delivery.table.names[:-1])
    for number in delivery.files[name]:
        out.writerow(map(_text, _MAKERS[delivery.table.name](number, delivery.day)))
    return text.getvalue().encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:.2f}" if isinstance(value, Decimal) else str(value)
