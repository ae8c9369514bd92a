"""The sample's raw files, and the table that they make."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

from lakestead.settings import Settings
from lakestead.spark.sample import expected, raw_files, table_rows


def test_the_table_is_the_files_with_the_changes_in_them(settings: Settings) -> None:
    rows: dict[int, tuple[str, str]] = {}
    for (bucket, key), content in raw_files(settings).items():
        assert (bucket, key.startswith("raw/sample/")) == ("lakehouse", True)
        for row in csv.DictReader(io.StringIO(content.decode())):
            source = rows.get(int(row["order_id"]), ("", key.rpartition("/")[2]))[1]
            rows[int(row["order_id"])] = (row["amount"], source)
    wanted = {row[0]: (f"{row[2]:.2f}", row[4]) for row in expected()}
    assert rows == wanted
    assert len(wanted) == 1050
    assert wanted[990][1] == "orders-2.csv"
    assert wanted[1049][1] == "changes-1.csv"


def test_rows_of_a_client_compare() -> None:
    [first, second, *_] = expected()
    names = ("order_id", "customer", "amount", "ordered_at", "source_file")
    found = [dict(zip(names, row, strict=True)) for row in (second, first)]
    assert table_rows(found) == [first, second]
    found[0]["amount"] = Decimal("0.01")
    assert table_rows(found) != [first, second]
