"""The sample: orders in raw files, changes to them, and the table that the jobs make of both.

Made up by rule and the same each time, so that the table can be compared row for row.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from lakestead.settings import Settings
from lakestead.spark.application import Job, required

COLUMNS = "order_id BIGINT, customer STRING, amount DECIMAL(10,2), ordered_at TIMESTAMP"
PARTITION = "months(ordered_at)"
TABLE = "orders"
Row = tuple[int, str, Decimal, datetime, str]
"""order_id, customer, amount, ordered_at, source_file"""

_FILES: Mapping[str, Sequence[int]] = {
    "orders-1.csv": range(0, 600),
    "orders-2.csv": range(600, 1000),
}
_CHANGES: Mapping[str, Sequence[int]] = {"changes-1.csv": (*range(0, 1000, 10), *range(1000, 1050))}
_CUSTOMERS = ("Ada", "Blaise", "Chien-Shiung", "Dmitri", "Emmy")
_BEGIN = datetime(2026, 1, 1)


def jobs(settings: Settings) -> list[Job]:
    """The three jobs, in their order."""
    raw, table = required(settings).raw, f"{required(settings).sample}.{TABLE}"
    columns = ("--columns", COLUMNS, "--partition", PARTITION)
    return [
        Job("ingest", "ingest.py", ("--folder", f"{raw}/orders", "--table", table, *columns)),
        Job(
            "merge",
            "merge.py",
            ("--folder", f"{raw}/changes", "--table", table, "--key", "order_id"),
        ),
        Job("compact", "compact.py", ("--table", table)),
    ]


def raw_files(settings: Settings) -> dict[tuple[str, str], bytes]:
    """Bucket and key → content of each raw file."""
    where = urlsplit(required(settings).raw)
    prefix = where.path.strip("/")
    found = {}
    for folder, files in (("orders", _FILES), ("changes", _CHANGES)):
        for name, numbers in files.items():
            key = f"{prefix}/{folder}/{name}"
            found[where.netloc, key] = _csv(_row(n, name) for n in numbers)
    return found


def expected() -> list[Row]:
    """The table's rows after all jobs, by order_id."""
    rows: dict[int, Row] = {}
    for name, numbers in _FILES.items():
        rows |= {number: _row(number, name) for number in numbers}
    for name, numbers in _CHANGES.items():
        for number in numbers:
            source = rows[number][4] if number in rows else name
            rows[number] = (*_row(number, name)[:4], source)
    return [rows[number] for number in sorted(rows)]


def table_rows(found: list[Mapping[str, Any]]) -> list[Row]:
    """Rows as a client of the table has them, by order_id, to compare with ``expected``."""
    rows = [
        (
            int(row["order_id"]),
            str(row["customer"]),
            Decimal(row["amount"]),
            row["ordered_at"].replace(tzinfo=None),
            str(row["source_file"]),
        )
        for row in found
    ]
    return sorted(rows)


def _row(number: int, file: str) -> Row:
    changed = file.startswith("changes")
    cents = (number * 7919) % 100_000 + (1 if changed else 0)
    return (
        number,
        _CUSTOMERS[number % len(_CUSTOMERS)],
        Decimal(cents) / 100,
        _BEGIN + timedelta(hours=2 * number),
        file,
    )


def _csv(rows: Iterator[Row]) -> bytes:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(["order_id", "customer", "amount", "ordered_at"])
    for number, customer, amount, moment, _ in rows:
        out.writerow([number, customer, f"{amount:.2f}", moment.isoformat(sep=" ")])
    return text.getvalue().encode()
