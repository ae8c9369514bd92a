"""The benchmark of queries: what is refused at once, and what is calculated from its times."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.homelab_times import GIGABIT, Workers, calculated, homelab, table, waiting
from bench.queries import known, require_room, settings
from lakestead.errors import LakesteadError
from lakestead.report.queries import QueriesDocument, QueryTime

MEASURED = QueriesDocument(
    scale=1,
    tables="lakehouse.tpch_sf1",
    workers=1,
    worker_memory="2304Mi",
    limit=0,
    queries=[
        QueryTime(query=1, title="One", seconds=[1.6, 1.5], cpu=2.0, rows=4, checksum="ab"),
        QueryTime(query=21, title="Reads", seconds=[1.0], cpu=1.0, read=3 * GIGABIT),
        QueryTime(query=18, title="Fails", error="EXCEEDED_LOCAL_MEMORY_LIMIT"),
    ],
)


def test_waiting_stays_and_the_longer_of_working_and_reading_grows() -> None:
    one, reads, _ = MEASURED.queries
    workers = Workers(count=2, cores=2)
    assert calculated(one, 10, waiting(one, 2), workers) == pytest.approx(0.5 + 2.0 * 10 / 4)
    assert calculated(reads, 10, waiting(reads, 2), workers) == pytest.approx(0.5 + 15)
    assert calculated(reads, 10, 0.25, Workers(4, 2, 10 * GIGABIT)) == pytest.approx(0.25 + 1.25)


def test_the_homelabs_table_is_of_its_allocations() -> None:
    assert homelab() == Workers(2, 2.0)
    small = MEASURED.model_copy(
        update={"scale": 0.1, "queries": [QueryTime(query=1, title="One", seconds=[0.3], cpu=0.2)]}
    )
    lines = table(MEASURED, 10, 2, homelab(), small).splitlines()
    assert lines == [
        "| query | scale 1 on the lab, s | scale 10 on the homelab, s | waiting as at scale 0.1, s |",
        "| --- | --- | --- | --- |",
        "| 1 | 1.5 | 5.5 | 5.2 |",
        "| 21 | 1.0 | **15.5** |  |",
        "| 18 | EXCEEDED_LOCAL_MEMORY_LIMIT | | |",
    ]


def test_a_disk_that_would_be_full_is_refused_before_anything_runs() -> None:
    require_room(10, 20 << 30)
    with pytest.raises(LakesteadError, match="too little disk for tables of scale 100"):
        require_room(100, 20 << 30)


def test_tables_of_another_scale_are_in_a_namespace_of_their_own() -> None:
    options = settings(0.5, "3Gi")
    changed = dict(word.split("=", 1) for word in options[1::2])
    assert json.loads(changed["trino"])["tpch"] == {"scale": 0.5, "namespace": "tpch_sf0_5"}
    assert json.loads(changed["allocations"])["trino-worker"]["memory"] == "3Gi"


def test_the_known_answers_have_rows_and_checksum_of_each_query(tmp_path: Path) -> None:
    times, file = tmp_path / "times.json", tmp_path / "known.json"
    times.write_text(MEASURED.model_dump_json(by_alias=True))
    known(times, file)
    assert json.loads(file.read_text())["answers"]["1"] == {"rows": 4, "checksum": "ab"}
