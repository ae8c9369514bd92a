"""What came after a backup, by metadata files alone: one file in roll_forward/ a case."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from lakestead.plan.roll_forward import MetadataFile, made_since, parse, since

CASES = sorted((Path(__file__).parent / "roll_forward").glob("*.yaml"))
TAKEN = datetime(2026, 11, 21, 11, tzinfo=UTC)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_came_after(path: Path) -> None:
    case = yaml.safe_load(path.read_text())
    files = [
        MetadataFile(
            f"s3://lake/t/metadata/{file['name']}",
            TAKEN + timedelta(minutes=file.get("minutes", number + 1)),
            file.get("uuid", "u"),
            # Clients spell the same bucket in more than one way.
            f"s3a://lake/t/metadata/{file['previous']}" if "previous" in file else None,
        )
        for number, file in enumerate(case["files"])
    ]

    if case["start"] is None:
        found = made_since("a.t", files, TAKEN)
    else:
        found = since("a.t", f"s3a://lake/t/metadata/{case['start']}", files)

    wanted = case.get("expect")
    if wanted is None:
        assert found is None
        return
    assert found is not None
    assert found.kind == wanted["kind"]
    assert found.newest.rpartition("/")[2] == wanted.get("newest", "")
    assert found.commits == wanted.get("commits", 0)
    assert str(found)


def test_the_file_before_is_the_last_of_the_log() -> None:
    log = [{"metadata-file": "s3://l/1"}, {"metadata-file": "s3://l/2"}]

    assert parse("s3://l/3", TAKEN, {"table-uuid": "u", "metadata-log": log}).previous == "s3://l/2"
    assert parse("s3://l/1", TAKEN, {"table-uuid": "u"}).previous is None
