"""A command in a pod whose node is dead is not waited for until its time is over."""

from __future__ import annotations

import socket
import time
from types import SimpleNamespace
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube import execute
from lakestead.kube.node import must_answer


class Cluster:
    """Answers ``get`` as an Api does."""

    def __init__(self, ready: str | None, *, pod: bool = True) -> None:
        condition = {
            "type": "Ready",
            "status": ready,
            "message": "Kubelet stopped posting node status.",
            "lastTransitionTime": "2026-11-22T01:00:00Z",
        }
        self.objects: dict[str, Any] = {
            "Pod": {"spec": {"nodeName": "rack-2"}} if pod else None,
            "Node": {"status": {"conditions": [condition]}},
        }
        self.may_read = ready is not None

    def get(self, ref: Any) -> Any:
        if not self.may_read:
            raise LakesteadError("forbidden")
        return self.objects[ref.kind]


def test_a_node_that_is_silent_is_named() -> None:
    with pytest.raises(LakesteadError, match="Node rack-2 does not answer") as caught:
        must_answer(Cluster("Unknown"), "databases", "postgresql-0")  # type: ignore[arg-type]
    assert "since 2026-11-22T01:00:00Z" in str(caught.value)


def test_a_pod_that_is_gone_is_named() -> None:
    with pytest.raises(LakesteadError, match="pod is gone"):
        must_answer(Cluster("True", pod=False), "databases", "postgresql-0")  # type: ignore[arg-type]


@pytest.mark.parametrize("ready", ["True", "False", None])
def test_whatever_else_is_no_reason(ready: str | None) -> None:
    must_answer(Cluster(ready), "databases", "postgresql-0")  # type: ignore[arg-type]


def test_a_command_that_says_nothing_is_looked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "SILENCE", 0.01)
    looks: list[float] = []

    def look() -> None:
        looks.append(time.monotonic())
        if len(looks) == 3:
            raise LakesteadError("its node is dead")

    ours, theirs = socket.socketpair()
    with ours, theirs:
        quiet: Any = SimpleNamespace(sock=ours, settimeout=ours.settimeout)
        session = execute._Session(quiet, time.monotonic() + 60, 60, "psql", look)
        with pytest.raises(LakesteadError, match="its node is dead"):
            session.run(None)
    assert len(looks) == 3
