"""What pods request, as the scheduler counts: one YAML document a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.plan.capacity import Amount, amount, nodes, pod_requests

CASES = list(yaml.safe_load_all(Path(__file__).with_name("pod_requests.yaml").read_text()))


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_pod_requests(case: dict[str, Any]) -> None:
    assert pod_requests(case["pod"]) == amount(case["requests"])


def test_what_is_not_measured_is_unknown_not_zero() -> None:
    node = {"metadata": {"name": "a"}, "status": {"capacity": {"cpu": "2", "memory": "4Gi"}}}

    [silent] = nodes([node], [], {"a": None})
    [half] = nodes([node], [], {"a": {"node": {"cpu": {"usageNanoCores": 5}, "fs": {}}}})

    assert (silent.used, silent.disk, silent.disk_used) == (None, None, None)
    assert half.used is None


def test_figures_of_the_kubelet() -> None:
    node = {"metadata": {"name": "a"}, "status": {"capacity": {"ephemeral-storage": "100Gi"}}}
    summary = {
        "node": {
            "cpu": {"usageNanoCores": 1_250_000_000},
            "memory": {"workingSetBytes": 2**30},
            "fs": {"capacityBytes": 90, "availableBytes": 60},
        }
    }

    [found] = nodes([node], [], {"a": summary})

    assert (found.used, found.disk, found.disk_used) == (Amount(1250, 2**30), 90, 30)
