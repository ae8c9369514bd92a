"""Why a backup is not recovered from: one file in faults/ a case, over a good backup."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.backup import (
    Stored,
    Wanted,
    age_text,
    candidates,
    checked,
    faults,
    parse_manifest,
    refused,
)

CASES = sorted((Path(__file__).parent / "faults").glob("*.yaml"))
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
WANTED = Wanted("our-uid", "metastore", timedelta(hours=26))
GOOD: dict[str, Any] = {
    "schema": "lakestead.backup/v1",
    "id": "20261121-110000-abcdef",
    "taken": "2026-11-21T11:00:00Z",
    "cluster": "our-uid",
    "database": "metastore",
    "postgresql": "17.6",
    "schema_version": "4.0.0",
    "size": 1000,
    "sha256": "0" * 64,
    "relations": 83,
    "databases": 2,
    "tables": 1,
    "iceberg": [{"name": "a.b", "location": "s3a://l/a.db/b", "metadata_location": "s3a://l/m"}],
}
AGES = {"10 min": timedelta(minutes=10), "3 h": timedelta(hours=3)}


def stored(case: dict[str, Any]) -> Stored:
    """The good backup with what a case changes."""
    changed = case.get("manifest", {})
    manifest, unreadable = None, ""
    if changed is not None:
        text = changed if isinstance(changed, str) else json.dumps({**GOOD, **changed})
        manifest, unreadable = parse_manifest(text)
    return Stored(
        id=GOOD["id"],
        written=NOW - AGES[case.get("written", "3 h")],
        manifest=manifest,
        unreadable=unreadable,
        size=case.get("size", GOOD["size"]),
        versions=case.get("versions", 1),
        checksum=case.get("checksum", "not checked"),
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_faults(path: Path) -> None:
    case = yaml.safe_load(path.read_text())

    found = faults(stored(case), WANTED, NOW)

    assert len(found) == len(case.get("expect", [])), found
    for words, fault in zip(case.get("expect", []), found, strict=True):
        assert words in fault


def at(hour: int, **case: Any) -> Stored:
    """A backup of an hour of that day."""
    name = f"20261121-{hour:02}0000-abcdef"
    item = stored({**case, "manifest": {"id": name, "taken": f"2026-11-21T{hour:02}:00:00Z"}})
    return Stored(name, item.written, item.manifest, "", item.size, 1, item.checksum)


def test_the_newest_that_seems_good_comes_first() -> None:
    backups = [at(8), at(11, checksum="bad"), at(10), at(9, size=3)]

    assert [item.id[9:11] for item in candidates(backups, WANTED, NOW)] == ["10", "08"]
    assert [line[9:11] for line in refused(backups, WANTED, NOW).splitlines()] == ["11", "09"]


def test_a_checksum_is_compared_with_the_manifests() -> None:
    assert checked(at(8), "0" * 64).checksum == "good"
    assert checked(at(8), "1" * 64).checksum == "bad"


def test_any_age_is_young_enough_where_none_is_asked_for() -> None:
    item = stored({"manifest": {"taken": "2020-01-01T00:00:00Z"}})

    assert faults(item, Wanted("our-uid", "metastore", None), NOW) == []


@pytest.mark.parametrize(
    ("minutes", "text"), [(0, "0 min"), (119, "119 min"), (120, "2 h"), (2880, "2 d")]
)
def test_ages(minutes: int, text: str) -> None:
    assert age_text(timedelta(minutes=minutes)) == text
