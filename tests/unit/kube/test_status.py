"""Whether an object is ready: one file a kind, one YAML document a state."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.kube.status import status

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['reason']}"[:70])
    for file in sorted(Path(__file__).with_name("status").glob("*.yaml"))
    for case in yaml.safe_load_all(file.read_text())
]


@pytest.mark.parametrize("case", CASES)
def test_status(case: dict[str, Any]) -> None:
    found = status(case["object"])
    assert (found.state, found.reason) == (case["state"], case["reason"])


def test_no_object() -> None:
    assert status(None).state == "not found"
