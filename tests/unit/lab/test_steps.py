"""Steps run when what they need is done, one at a time in a lane, and stop after a failure."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from lakestead.lab.steps import Part, Step, StepFailed, run


class Heard:
    """Keeps the last state of each part."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}

    def changed(self, part: Part) -> None:
        self.states[part.name] = part.state


def noted(order: list[str], name: str) -> Callable[[Callable[[str], None]], None]:
    return lambda _: order.append(name)


def test_a_step_runs_after_what_it_needs() -> None:
    order: list[str] = []
    steps = [
        Step("pods", noted(order, "pods"), needs=("node", "image")),
        Step("node", noted(order, "node")),
        Step("image", noted(order, "image"), needs=("node",)),
    ]
    run(steps, Heard())
    assert order == ["node", "image", "pods"]


def test_steps_without_a_lane_run_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=10)
    run([Step(name, lambda _: meeting.wait() and None) for name in "ab"], Heard())


def test_steps_of_one_lane_never_overlap() -> None:
    inside = threading.Lock()

    def alone(_: object) -> None:
        assert inside.acquire(blocking=False)
        threading.Event().wait(0.02)
        inside.release()

    run([Step(name, alone, lane="compile") for name in "abcd"], Heard())


def test_a_failure_stops_what_has_not_begun_and_names_the_step() -> None:
    def fails(_: object) -> None:
        raise ValueError("no space left")

    heard = Heard()
    with pytest.raises(StepFailed, match="build etcd: no space left"):
        run([Step("build etcd", fails), Step("etcd", fails, needs=("build etcd",))], heard)
    assert heard.states == {"build etcd": "failed", "etcd": "not started"}
