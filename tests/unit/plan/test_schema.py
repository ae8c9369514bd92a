"""Custom resources and the schema of their definition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.schema import definitions, violations

CASES = yaml.safe_load(Path(__file__).with_name("schema.yaml").read_text())
IDENTITY = {"apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "w"}}


@pytest.mark.parametrize("obj", CASES["fits"], ids=str)
def test_fits(obj: dict[str, Any]) -> None:
    assert violations({**IDENTITY, **obj}, CASES["schema"]) == []


@pytest.mark.parametrize("case", CASES["wrong"], ids=lambda case: case["said"][0])
def test_does_not_fit(case: dict[str, Any]) -> None:
    assert violations({**IDENTITY, **case["obj"]}, CASES["schema"]) == case["said"]


def test_definitions_are_found_by_version_and_kind() -> None:
    schema = {"openAPIV3Schema": {"type": "object"}}
    spec = {
        "group": "example.org",
        "names": {"kind": "Widget"},
        "versions": [
            {"name": "v1", "served": True, "schema": schema},
            {"name": "v1alpha1", "served": False, "schema": schema},
        ],
    }
    objects = [IDENTITY, {"kind": "CustomResourceDefinition", "spec": spec}]
    assert definitions(objects) == {("example.org/v1", "Widget"): {"type": "object"}}
