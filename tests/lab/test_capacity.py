"""A capacity review of the lab: a real kubelet tells what is in use, and the phase has room."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_capacity_of_the_lab(lab: Any, tmp_path: Path) -> None:
    page = tmp_path / "capacity.html"
    done = lab.lakestead(
        "capacity",
        "-i",
        "inventories/lab.py",
        "--phase",
        "1",
        "--known",
        "--json",
        "--html",
        str(page),
    )
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    [node] = document["nodes"]
    assert 0 < node["cpu"]["requested"] < node["cpu"]["allocatable"]
    assert node["memory"]["used"] > 0
    assert document["unknown"] == []
    [phase] = document["phases"]
    assert {pod["answer"] for pod in phase["pods"]} <= {"fits", "runs"}
    assert "Capacity of lakestead-lab" in page.read_text()


def test_a_phase_that_does_not_fit_is_refused(lab: Any) -> None:
    too_much = json.dumps({"hive-metastore": {"replicas": 1, "cpu": "200m", "memory": "400Gi"}})
    done = lab.lakestead(
        "capacity", "-i", "inventories/lab.py", "--phase", "1", "--data", f"allocations={too_much}"
    )
    assert done.returncode == 4, done.stderr
    assert "hive-metastore" in done.stdout
    assert "does not fit" in done.stdout
    assert "phase 1 does not surely fit: hive-metastore" in done.stderr
