"""The raw files: the same each time, as their tables' columns say, and one that can be broken."""

from __future__ import annotations

import csv
import io
from decimal import Decimal, InvalidOperation

import pytest

from lakestead.pipeline.data import (
    BROKEN,
    DAYS,
    DELIVERIES,
    DRILL,
    OBSERVATIONS,
    TABLES,
    TARGETS,
    deliveries,
    files,
    fingerprint,
    raw_files,
    rows,
)
from lakestead.settings import Settings
from tests.unit.airflow.test_dags import changed


def test_files_hold_the_rows_that_are_expected_of_them(settings: Settings) -> None:
    for (bucket, key), content in raw_files(settings, DELIVERIES).items():
        folder, name = key.rpartition("/")[::2]
        day, table_name = folder.split("/")[-2:]
        assert (bucket, folder) == ("lakehouse", f"raw/sample/{day}/{table_name}")
        [table] = [table for table in TABLES if table.name == table_name]
        head, *lines = csv.reader(io.StringIO(content.decode()))
        assert head == table.names[:-1]
        written = [
            (*(text.removesuffix("+00:00") for text in map(str, row[:-1])),)
            for row in rows(table, {name})
        ]
        assert list(map(tuple, lines)) == written


def test_every_row_has_a_number_of_its_own_and_refers_to_a_target() -> None:
    targets, observations = (rows(table, files(table)) for table in (TARGETS, OBSERVATIONS))
    for content in (targets, observations):
        assert [row[0] for row in content] == list(range(1, len(content) + 1))
    first = {row[0] for delivery in deliveries(1)[:1] for row in rows(TARGETS, delivery.files)}
    assert {row[2] for row in observations} < first


def test_a_second_day_brings_files_that_the_first_has_not(settings: Settings) -> None:
    days = [set(raw_files(settings, deliveries(day))) for day in (*DAYS, DRILL)]
    assert all(days)
    assert len(set.union(*days)) == sum(map(len, days))


def test_one_file_is_broken_in_its_last_row_and_is_the_smallest(settings: Settings) -> None:
    [delivery] = deliveries(DRILL)
    whole = raw_files(settings, [delivery])
    broken = raw_files(settings, [delivery], broken=True)
    [wrong] = [place for place in whole if whole[place] != broken[place]]
    assert wrong[1].endswith(f"/{BROKEN}")
    assert min(whole, key=lambda place: len(whole[place])) == wrong
    *good, last = broken[wrong].splitlines()
    assert good == whole[wrong].splitlines()[:-1]
    with pytest.raises(InvalidOperation):
        Decimal(last.split(b",")[-1].decode())


def test_other_places_are_another_pipeline(settings: Settings) -> None:
    assert fingerprint(settings) == fingerprint(settings)
    for key, value in (("raw", "s3a://lakehouse/other"), ("sample", "other")):
        assert fingerprint(changed(settings, "spark", **{key: value})) != fingerprint(settings)
