"""What the section object_storage refuses, and what of it is planned."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from lakestead.plan.quota import Quota
from lakestead.rgw import quirks
from lakestead.settings.object_storage import ObjectStorage

HERE = Path(__file__).parent
CASES: dict[str, Any] = yaml.safe_load((HERE / "settings.yaml").read_text())


def settings() -> dict[str, Any]:
    return copy.deepcopy(CASES["valid"])


def test_what_is_valid_is_planned() -> None:
    valid = ObjectStorage.model_validate(settings())
    (bucket,) = valid.wanted_buckets
    assert bucket.owner == "lakehouse"
    assert bucket.quota == Quota(max_size=10 * 1024**3)
    assert bucket.lifecycle is not None
    assert [rule.id for rule in bucket.lifecycle] == ["abort", "old"]
    assert valid.user.planned.caps == {"usage": "read"}


@pytest.mark.parametrize("case", CASES["invalid"], ids=lambda case: case["name"])
def test_what_is_invalid_is_refused_by_name(case: dict[str, Any]) -> None:
    data = settings()
    place = data
    *path, last = case["path"]
    for key in path:
        place = place[key]
    place[last] = case["value"]
    with pytest.raises(ValidationError, match=case["says"]):
        ObjectStorage.model_validate(data)


def test_the_documented_quirks_are_those_in_the_code() -> None:
    page = HERE.parents[2] / "docs/phase-1-object-storage.md"
    assert quirks.table() in page.read_text()
