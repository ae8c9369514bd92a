"""An image that is never pulled must be on a node; where nodes do not say all, nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.gates import check
from lakestead.gates.images import images_gate

SPARK, TRINO = "lakestead.local/spark:1", "lakestead.local/trino:1"
OTHERS = [f"docker.io/library/image:{number}" for number in range(50)]


class Nodes:
    """Nodes with images, as they are at one look after another."""

    def __init__(self, *looks: list[list[str]]) -> None:
        self.looks = list(looks)

    def list(self, api_version: str, kind: str) -> list[dict[str, Any]]:
        now = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return [
            {"status": {"images": [{"names": image.split(), "sizeBytes": 1} for image in images]}}
            for images in now
        ]


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check.time, "sleep", lambda _: None)


@pytest.mark.parametrize(
    ("looks", "wanted", "answer"),
    [
        ([[[SPARK, TRINO]]], [(SPARK, "Never"), (TRINO, "Never")], "pass"),
        ([[[SPARK]]], [(SPARK, "Never"), (TRINO, "Never")], "fail"),
        ([[[SPARK]]], [(TRINO, "IfNotPresent")], "pass"),
        ([[["docker.io/library/trino:1"]]], [("trino:1", "Never")], "pass"),
        ([[["docker.io/library/trino:1"]]], [("index.docker.io/trino:1", "Never")], "pass"),
        ([[["docker.io/x/trino:1"]]], [("index.docker.io/x/trino:1", "Never")], "pass"),
        ([[["registry:5000/trino:latest"]]], [("registry:5000/trino", "Never")], "pass"),
        ([[["registry/trino@sha256:1"]]], [("registry/trino@sha256:1", "Never")], "pass"),
        ([[[SPARK]], [[SPARK, TRINO]]], [(TRINO, "Never")], "pass"),  # the kubelet looks later
        ([[[SPARK], [TRINO]]], [(SPARK, "Never"), (TRINO, "Never")], "pass"),
        ([[OTHERS]], [(SPARK, "Never")], "pass"),
        ([[[" ".join(OTHERS[:4])]]], [(TRINO, "Never")], "fail"),
        ([[[" ".join(OTHERS[:5])]]], [(TRINO, "Never")], "pass"),  # it may have more names
        ([[[SPARK], OTHERS]], [(TRINO, "Never")], "pass"),
        ([[[]]], [(SPARK, "Never")], "pass"),
        ([[]], [(SPARK, "Never")], "pass"),
    ],
)
def test_what_is_refused(
    looks: list[list[list[str]]], wanted: list[tuple[str, str]], answer: str
) -> None:
    gate = images_gate(Nodes(*looks), wanted)  # type: ignore[arg-type]
    assert gate.answer == answer
    if answer == "fail":
        assert gate.saw == f"not there: {TRINO}"
        assert "lakestead lab up" in gate.do


def test_nodes_are_not_asked_where_no_image_is_never_pulled() -> None:
    nodes: Any = None
    gate = images_gate(nodes, [(SPARK, "IfNotPresent")])
    assert (gate.answer, gate.saw) == ("pass", "none is wanted")
