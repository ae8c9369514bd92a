"""Placement of pods: one file a case, nodes and pods as the API has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.capacity import Amount, Rules, amount, nodes
from lakestead.plan.placement import Cluster, WantedPod, place
from lakestead.plan.volumes import Storage, storage

CASES = sorted(Path(__file__).with_name("placement").glob("*.yaml"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_placement(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    cluster = nodes(
        [_node(name, spec) for name, spec in case["nodes"].items()],
        [_pod(index, spec) for index, spec in enumerate(case.get("pods", []))],
        {},
    )

    placement = place(
        [_wanted(spec) for spec in case["wanted"]],
        Cluster(cluster, _storage(case.get("storage", {}))),
        in_order=case.get("in_order", False),
    )

    assert dict(placement.placed) == case.get("placed", {})
    assert dict(placement.running) == case.get("running", {})
    assert sorted(placement.sometimes) == case.get("sometimes", [])
    refused = {
        pod.name: {refusal.node: _refusal(refusal) for refusal in refusals}
        for pod, refusals in placement.refused
    }
    assert refused == case.get("refused", {})


def _node(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    ready = {"type": "Ready", "status": "True" if spec.get("ready", True) else "Unknown"}
    labels = {"kubernetes.io/hostname": name, **spec.get("labels", {})}
    return {
        "metadata": {"name": name, "labels": labels},
        "spec": {"taints": spec.get("taints", []), "unschedulable": spec.get("cordoned", False)},
        "status": {"allocatable": spec["allocatable"], "conditions": [ready]},
    }


def _pod(index: int, spec: dict[str, Any]) -> dict[str, Any]:
    component = spec.get("component", "other")
    return {
        "metadata": {
            "name": f"{component}-{index}",
            "namespace": "default",
            "labels": {"app.kubernetes.io/name": component},
        },
        "spec": {
            "nodeName": spec.get("node"),
            "containers": [{"name": "c", "resources": {"requests": spec.get("requests", {})}}],
            **spec.get("spec", {}),
        },
        "status": {"phase": spec.get("phase", "Running")},
    }


def _wanted(spec: dict[str, Any]) -> WantedPod:
    return WantedPod(
        spec["name"],
        amount(spec.get("requests")),
        spec.get("component", ""),
        labels=spec.get("labels", {}),
        namespace=spec.get("namespace", ""),
        rules=Rules.of(spec.get("spec", {}), spec["name"]),
    )


def _storage(spec: dict[str, Any]) -> Storage:
    return storage(spec.get("claims", []), spec.get("classes", []), spec.get("volumes", []))


def _refusal(refusal: Any) -> Any:
    missing: Amount = refusal.missing
    return refusal.reason or {"missing": [missing.cpu, missing.memory // 2**20, *missing.other]}
