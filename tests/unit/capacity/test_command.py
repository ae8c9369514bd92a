"""``lakestead capacity`` as a process: what it prints, writes and answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakestead.plan.review import Review
from tests.fake_api import FakeApi, forbidden

LAKESTEAD = str(Path(sys.executable).with_name("lakestead"))
PROJECT = Path(__file__).parents[3]
GI = 2**30


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    with FakeApi.running() as server:
        server.lists = {
            "/api/v1/nodes": [_node("a", "16Gi"), _node("b", "64Gi"), _node("c", "64Gi")],
            "/api/v1/pods": [_pod("app", "b", "48Gi")],
        }
        server.lists["/api/v1/nodes"][2]["spec"] = {"unschedulable": True}
        yield server


@pytest.fixture
def project(fake: FakeApi, tmp_path: Path) -> Path:
    """The homelab's settings, with the fake server's cluster."""
    (tmp_path / "group_data").mkdir()
    text = (PROJECT / "group_data/anton.py").read_text()
    kube = {"kubeconfig": fake.kubeconfig(tmp_path), "context": "fake"}
    (tmp_path / "group_data/inventory.py").write_text(re.sub("kube = {.*}", f"kube = {kube}", text))
    (tmp_path / "inventory.py").write_text('cluster = ["@kube/fake"]\n')
    return tmp_path


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LAKESTEAD, "capacity", *arguments],
        cwd=project, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


def test_what_fits_and_what_does_not(project: Path) -> None:
    done = run(project, "-i", "inventory.py")
    assert done.returncode == 4, done.stderr
    for pod in ("hive-metastore-1", "hive-metastore-2", "hive-metastore-rollout"):
        assert re.search(rf"{pod} +200m +2.0Gi  fits", done.stdout)
    assert "3 of 10 planned pods cannot be sure of a node: trino-coordinator" in done.stdout
    assert re.search(r"trino-worker-2 .* does not fit .* a: missing .* memory", done.stdout)
    assert "c: cordoned" in done.stdout
    assert "phase 3 does not surely fit" in done.stderr
    assert "\x1b[" not in done.stdout


def test_up_to_a_phase_as_json_and_as_a_page(project: Path) -> None:
    done = run(project, "-i", "inventory.py", "--phase", "2", "--json", "--html", "page.html")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "lakestead.capacity/v1"
    for node in document["nodes"]:  # computed, and no part of what is read back
        assert node["cpu"].pop("free") is not None
        assert node["memory"].pop("free") is not None
    for name in ("total_cpu", "total_memory"):
        document[name].pop("free")
    review = Review.model_validate(document)
    assert [phase.phase for phase in review.phases] == [1, 2]
    assert review.total_memory.used is None
    assert (project / "page.html").read_text().startswith("<!doctype html>")


def test_thresholds(project: Path) -> None:
    one = ("-i", "inventory.py", "--phase", "1")
    assert run(project, *one).returncode == 0
    over = run(project, *one, "--line", "60")
    assert (over.returncode, "more than 60 % is requested after phase 1" in over.stderr) == (
        4,
        True,
    )
    lost = run(project, *one, "--survive")
    assert (lost.returncode, "the loss of b leaves up to 1 pods without a node" in lost.stderr) == (
        4,
        True,
    )
    known = run(project, *one, "--known")
    assert (known.returncode, "unknown: use of a, b, c" in known.stderr) == (4, True)


def test_a_setting_is_overridden(project: Path) -> None:
    too_much = json.dumps({"hive-metastore": {"cpu": "200m", "memory": "400Gi"}})
    done = run(project, "-i", "inventory.py", "--data", f"allocations={too_much}")
    assert done.returncode == 4
    assert re.search(r"hive-metastore +200m  400.0Gi  does not fit", done.stdout)


def test_one_objective(project: Path) -> None:
    done = run(project, "-i", "inventory.py", "--objective", "2.1")
    assert "spark-operator" in done.stdout
    assert "hive-metastore" not in done.stdout
    wrong = run(project, "-i", "inventory.py", "--objective", "nine")
    assert (wrong.returncode, "There is no objective 'nine'" in wrong.stderr) == (2, True)


def test_a_component_of_ones_own(project: Path) -> None:
    own = json.dumps({"polaris": {"phase": 2, "cpu": "100m", "memory": "1Gi"}})
    done = run(project, "-i", "inventory.py", "--phase", "2", "--data", f"allocations={own}")
    assert "polaris" in done.stdout, done.stderr


def test_without_an_inventory(project: Path) -> None:
    done = run(project, "--kubeconfig", "kubeconfig", "--context", "fake")
    assert done.returncode == 0
    assert "fake: 3 nodes (1 closed), 1 pod." in done.stdout
    assert "Nothing is planned" in done.stdout


def test_mistakes_are_one_message(project: Path, fake: FakeApi) -> None:
    config = ("--kubeconfig", "kubeconfig")
    cases: list[tuple[tuple[str, ...], int, str]] = [
        ((*config, "--phase", "1"), 2, "give one with -i"),
        (("-i", "inventory.py", "--phase", "1", "--objective", "1.2"), 2, "ask one"),
        ((*config, "--html", "no/such/folder.html"), 1, "The page cannot be written"),
        (("--kubeconfig", "gone"), 1, "There is no kubeconfig"),
    ]
    for arguments, code, message in cases:
        done = run(project, *arguments)
        assert (done.returncode, message in done.stderr) == (code, True), done.stderr
        assert "Traceback" not in done.stderr
    fake.answers["/api/v1/nodes"] = lambda *_: forbidden("nodes")
    done = run(project, *config)
    assert (done.returncode, "needs to list nodes" in done.stderr) == (1, True)


def _node(name: str, memory: str) -> dict[str, Any]:
    return {
        "metadata": {"name": name},
        "status": {
            "allocatable": {"cpu": "8", "memory": memory},
            "conditions": [{"type": "Ready", "status": "True"}],
        },
    }


def _pod(name: str, node: str, memory: str) -> dict[str, Any]:
    requests = {"cpu": "1", "memory": memory}
    return {
        "metadata": {"name": name, "namespace": "apps"},
        "spec": {
            "nodeName": node,
            "containers": [{"name": "c", "resources": {"requests": requests}}],
        },
    }
