"""``lakestead review`` against a real API server: transcripts, and what is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from lakestead.cli import cli
from lakestead.connectors import terminal
from lakestead.errors import LakesteadError
from lakestead.kube.client import ObjectRef
from lakestead.objectives.goals import PATH
from lakestead.report.review import ReviewDocument
from tests.objectives.golden import golden
from tests.objectives.stack import build
from tests.objectives.world import World

NODE = ObjectRef("v1", "Node", "worker-1")
CLAIM = ObjectRef("v1", "PersistentVolumeClaim", "data", "storage")
STORE = ObjectRef("ceph.rook.io/v1", "CephObjectStore", "storage", "storage")
CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: cephobjectstores.ceph.rook.io}
spec:
  group: ceph.rook.io
  scope: Namespaced
  names: {kind: CephObjectStore, plural: cephobjectstores, singular: cephobjectstore}
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
HOMELAB = """
apiVersion: v1
kind: Namespace
metadata: {name: storage}
---
apiVersion: ceph.rook.io/v1
kind: CephObjectStore
metadata: {name: storage, namespace: storage}
status: {phase: Ready}
---
apiVersion: v1
kind: Node
metadata: {name: worker-1}
status:
  capacity: {cpu: "8", memory: 64Gi, pods: "110"}
  allocatable: {cpu: "8", memory: 60Gi, pods: "110"}
  conditions:
    - {type: Ready, status: "True", lastHeartbeatTime: null, lastTransitionTime: null}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: storage, finalizers: []}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 300Gi}}
"""


def review(*options: str) -> tuple[int, str]:
    answer = CliRunner().invoke(
        cli, ["review", "-i", "inventories/homelab.py", *options], catch_exceptions=True
    )
    if isinstance(answer.exception, LakesteadError):
        return answer.exception.exit_code, str(answer.exception)
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.stdout


@pytest.fixture
def homelab(world: World) -> Iterator[World]:
    world.apply(CRD)
    world.until_served("ceph.rook.io/v1", "CephObjectStore")
    world.apply(HOMELAB)
    world.api.patch(NODE, {"spec": {"taints": None}})  # made by admission: not ready
    yield world
    for ref in (NODE, CLAIM, STORE):
        world.api.delete(ref)


def test_nothing_is_ready(world: World) -> None:
    code, text = review("--no-ask")

    assert code == 4
    golden("review_not_ready.md", text)


def test_ready(homelab: World) -> None:
    code, text = review("--no-ask", "--out", "review.md")

    assert code == 0, text
    golden("review_ready.md", text)
    assert Path("review.md").read_text() == text
    assert not homelab.repository.joinpath("refs/heads/main").exists()


def test_what_is_ready_is_executed_without_an_override(homelab: World) -> None:
    build(homelab)

    code, text = homelab.run("execute", "--yes")

    assert code == 0, text
    assert "✅ Resources available: 8 cores and 60.0Gi free" in text
    assert "override" not in homelab.goal("7.1")
    assert "✅ Prerequisites validated: Storage Usage, The object store is ready" in text


def test_answers_are_kept_with_who_and_when(homelab: World) -> None:
    before = homelab.data.read_text()

    code, _ = review("--no-ask", "--answer", "analytics=yes", "--answer", "team_sql=no")
    assert code == 0
    after = homelab.data.read_text()
    assert after.startswith(before)
    assert re.search(r'"analytics": \{"answer": "yes", "by": "ann@[^"]+", "at": "20', after)

    code, text = review("--answer", "analytics=no", "--json")
    found = ReviewDocument.model_validate_json(text)
    assert found.triggers["analytics"].answer == "fail"
    text = homelab.data.read_text()
    assert re.findall(r'"(\w+)": {"answer": "(\w+)"', text) == [
        ("analytics", "no"),
        ("team_sql", "no"),
    ]
    assert text.count("answers = {") == 1


def test_what_nobody_has_answered_is_asked_at_a_terminal(
    homelab: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "has_terminal", lambda: True)
    options = ["review", "-i", "inventories/homelab.py"]

    answer = CliRunner().invoke(cli, options, input="yes\nno\n" + "\n" * 20)

    assert "ETL scripts or data transformations being performed? (yes, no, later)" in answer.stderr
    assert re.findall(r'"(\w+)": {"answer": "(\w+)"', homelab.data.read_text()) == [
        ("data_processing", "yes"),
        ("analytics", "no"),
    ]
    assert "**Data Processing**: met; yes: ann@" in answer.stdout


def test_answers_that_are_computed_are_not_written_over(world: World) -> None:
    world.data.write_text(world.data.read_text() + "answers = dict()\n")

    code, text = review("--answer", "analytics=yes")

    assert code == 1
    assert "answers is computed there" in text
    assert '"analytics": {"answer": "yes"' in text
    assert world.data.read_text().endswith("answers = dict()\n")


def test_the_cluster_does_not_answer(world: World) -> None:
    text = world.data.read_text()
    config = re.search(r"'kubeconfig': '([^']+)'|\"kubeconfig\": '([^']+)'", text)
    assert config
    there = Path(config[1] or config[2]).read_text()
    Path("dead").write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:9", there))
    world.data.write_text(text.replace(config[1] or config[2], "dead"))

    code, text = review("--no-ask")

    assert code == 4
    assert "❓ **The object store is ready**: unknown" in text
    assert "❓ **Storage Usage**: unknown" in text


def test_the_homelab_repo_does_not_answer(homelab: World) -> None:
    data = homelab.data.read_text()
    homelab.data.write_text(re.sub(r"http://127.0.0.1:\d+/", "http://127.0.0.1:9/", data))

    code, text = review("--no-ask")

    assert code == 4
    assert "✅ **The object store is ready**" in text
    assert "❓ **goals.json can be read**: unknown; The Git server does not answer" in text


def test_goals_json_is_damaged(homelab: World) -> None:
    build(homelab)
    homelab.run("execute", "--yes")
    homelab.commit(PATH, '{"phases": [\n')

    code, text = review("--no-ask")
    assert code == 4
    assert "❌ **goals.json can be read**" in text
    assert "git checkout" in text
    code, text = homelab.run("execute", "--yes")
    assert code == 2
    assert f"{PATH} of http" in text


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("analytic=yes", "did you mean 'analytics'?"),
        ("analytics", "'' is no answer"),
        ("analytics=maybe", "'maybe' is no answer"),
        ("storage_usage=yes", "storage_usage is not known"),
    ],
)
def test_answers_that_are_none(world: World, answer: str, expected: str) -> None:
    code, text = review("--answer", answer)

    assert code == 2
    assert expected in text
