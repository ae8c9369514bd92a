"""What is proven to be unchanged: one file an object, with manifests that are and that are not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.ownership import proves_unchanged
from lakestead.plan.spelling import canonical

FILES = sorted(Path(__file__).with_name("ownership").glob("*.yaml"))


def entry(fields: Any, manager: str = "lakestead", **more: str) -> dict[str, Any]:
    """One of an object's managedFields."""
    return {"manager": manager, "operation": "Apply", "fieldsV1": fields, **more}


def cases() -> Iterator[Any]:
    for file in FILES:
        case = yaml.safe_load(file.read_text())
        identity = {key: case[key] for key in ("apiVersion", "kind")}
        live = {**identity, **case["live"]}
        others = [entry(fields, "somebody") for fields in case.get("others", [])]
        own = [entry(case["owned"], apiVersion=case["apiVersion"])] if case["owned"] else []
        live["metadata"]["managedFields"] = [*others, *own]
        desired = {**identity, **case["desired"]}
        yield pytest.param(desired, live, True, id=file.stem)
        for proven in (True, False):
            for name, change in case["proven" if proven else "suspect"].items():
                yield pytest.param({**desired, **change}, live, proven, id=f"{file.stem}: {name}")


@pytest.mark.parametrize(("desired", "live", "proven"), list(cases()))
def test_proof(desired: dict[str, Any], live: dict[str, Any], proven: bool) -> None:
    assert proves_unchanged(desired, live) is proven


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param([], id="none"),
        pytest.param([entry({"f:data": {"f:a": {}}}, "other", apiVersion="v1")], id="another's"),
        pytest.param([entry({"f:data": {"f:a": {}}}, apiVersion="v2")], id="another version"),
        pytest.param(
            [entry({"f:data": {"f:a": {}}}, apiVersion="v1", subresource="status")], id="status"
        ),
        pytest.param(
            [{**entry({"f:data": {"f:a": {}}}, apiVersion="v1"), "operation": "Update"}],
            id="not applied",
        ),
    ],
)
def test_whose_fields(entries: list[dict[str, Any]]) -> None:
    obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1"}}
    live = {**obj, "metadata": {"name": "c", "managedFields": entries}}
    assert not proves_unchanged(obj, live)


# As `Quantity` of k8s.io/apimachinery/pkg/api/resource writes them.
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("1000m", "1"), ("0.1", "100m"), (1, "1"), (1000, "1k"), ("1024Mi", "1Gi"), ("1.5Gi", "1536Mi"),
        ("1536", "1536"), ("1000Mi", "1000Mi"), ("0.5Ki", "512"), ("0Gi", "0"), ("1500m", "1500m"),
        ("2000000", "2M"), ("100u", "100u"), ("1e3", None), (0.5, "500m"), ("much", None),
        ("05", None), ("+5", None), ("1.500", None), ("-1", None), ("1.50", "1500m"), ("0.0", "0"),
    ],
)  # fmt: skip
def test_canonical_quantities(given: Any, kept: str | None) -> None:
    assert canonical(given) == kept
