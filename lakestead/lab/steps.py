"""Steps that bring the lab up: each named, with what it needs, run side by side where they may be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal, Protocol

State = Literal["waiting", "running", "done", "failed", "not started"]


class StepFailed(Exception):
    """A step failed; the first error, with the step's name."""

    def __init__(self, step: str, error: BaseException) -> None:
        super().__init__(f"{step}: {error}")
        self.step = step
        self.error = error


class Cancelled(Exception):
    """A step was stopped because of another, or by Ctrl-C."""


@dataclass(slots=True)
class Part:
    """What is known of one step while the lab comes up."""

    name: str
    needs: tuple[str, ...]
    state: State = "waiting"
    detail: str = ""
    started: float = 0.0
    ended: float = 0.0

    @property
    def elapsed(self) -> float:
        """Seconds that it ran so far."""
        if not self.started:
            return 0.0
        return (self.ended or time.monotonic()) - self.started


class Listener(Protocol):
    """Hears of every change of a part."""

    def changed(self, part: Part) -> None: ...


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    :param run: does the work; is given a function that says what it does or waits for just now.
    :param needs: names of the steps that must be done before.
    :param lane: steps of one lane never run side by side ("" is no lane).
    """

    name: str
    run: Callable[[Callable[[str], None]], None]
    needs: tuple[str, ...] = ()
    lane: str = ""


def run(steps: Sequence[Step], listener: Listener) -> list[Part]:
    """Run all steps, each as soon as what it needs is done; in a lane, earlier ones first.

    After a failure or Ctrl-C nothing new is started; what runs ends where it next says something.

    :raises StepFailed: for the first step that failed.
    """
    cancelled = threading.Event()
    parts = {step.name: Part(step.name, step.needs) for step in steps}
    for part in parts.values():
        listener.changed(part)
    todo = list(steps)
    running: dict[Future[None], Step] = {}
    failure: StepFailed | None = None
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        while running or (todo and failure is None):
            busy = {step.lane for step in running.values() if step.lane}
            for step in list(todo) if failure is None else []:
                if all(parts[need].state == "done" for need in step.needs) and not (
                    step.lane and step.lane in busy
                ):
                    todo.remove(step)
                    busy.add(step.lane)
                    job = pool.submit(_run_one, step, parts[step.name], listener, cancelled)
                    running[job] = step
            try:
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                cancelled.set()
                raise
            for future in finished:
                step = running.pop(future)
                if error := future.exception():
                    failure = failure or StepFailed(step.name, error)
                    cancelled.set()
    if failure:
        for step in todo:
            parts[step.name].state = "not started"
            listener.changed(parts[step.name])
        raise failure
    return list(parts.values())


def _run_one(step: Step, part: Part, listener: Listener, cancelled: threading.Event) -> None:
    def say(detail: str) -> None:
        if cancelled.is_set():
            raise Cancelled("stopped, since another part failed or the run was interrupted")
        if detail != part.detail:
            part.detail = detail
            listener.changed(part)

    part.state, part.started = "running", time.monotonic()
    listener.changed(part)
    try:
        step.run(say)
        part.state = "done"
    except BaseException as error:
        part.state, part.detail = (
            "failed",
            str(error).splitlines()[0] if str(error) else repr(error),
        )
        raise
    finally:
        part.ended = time.monotonic()
        listener.changed(part)
