"""Run the clients beside something, and count what they were answered."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from bench.availability.client import INTERVAL, PROJECT, Answer

MONTH = 0.001 * 365.25 / 12 * 86400
"""Seconds in a month in which 99.9 % allow no answer: 43 min 50 s."""


LATE = ("read timeout", "others wait for their answers", "no answer to the end")
"""How the errors of answers end that took too long."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one client was answered while something happened.

    + late: of those that failed, how many because the answer took too long; the others were refused or cut
    + gap: the longest time without an answer that was none of an error, in seconds
    + slowest: answer, in seconds
    + errors: their kinds, the most frequent first
    """

    client: str
    asked: int
    failed: int
    late: int
    gap: float
    slowest: float
    errors: tuple[str, ...] = ()

    @property
    def share(self) -> float:
        """Of all requests, in percent."""
        return 100 * self.failed / self.asked if self.asked else 100.0

    @property
    def cost(self) -> float:
        """Seconds: each request that failed stands for the time to the next one."""
        return self.failed * INTERVAL[self.client]


@dataclass(slots=True)
class Clients:
    """The clients that run, and what they were answered so far."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def until_fine(self, since: float, within: float = 180.0) -> None:
        """Wait until every client was answered for five seconds on end; TimeoutError if that takes longer."""
        deadline = time.time() + within
        while time.time() < deadline:
            quiet = time.time() - 5
            late = {name: _since(found, quiet) for name, found in self.answers.items()}
            if quiet > since and all(_fine(found) for found in late.values()):
                return
            time.sleep(0.1)
        says = "; ".join(
            f"{name}: {len(found)} answers, {_kinds(found) or 'no errors'}"
            for name, found in late.items()
        )
        raise TimeoutError(f"not fine within {within:.0f} s, in the last five: {says}")

    def measured(self, since: float, until: float) -> list[Measured]:
        """What each was answered from ``since`` to ``until``; when the clients have ended."""
        return [measure(name, found, since, until) for name, found in self.answers.items()]


@contextmanager
def clients(kinds: Sequence[str]) -> Iterator[Clients]:
    """The clients run inside of the block, each a process of its own."""
    watched = Clients({kind: [] for kind in kinds})
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.availability.client", kind],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for kind in kinds
    ]
    readers = [
        threading.Thread(target=_read, args=(process, watched.answers[kind]))
        for kind, process in zip(kinds, running, strict=True)
    ]
    for reader in readers:
        reader.start()
    try:
        watched.until_fine(time.time(), within=120)
        yield watched
    finally:
        for process in running:
            assert process.stdin
            process.stdin.close()
        for process, reader in zip(running, readers, strict=True):
            process.wait(30)
            reader.join()


def measure(client: str, answers: Sequence[Answer], since: float, until: float) -> Measured:
    """What a client was answered to the requests that were due from ``since`` to ``until``."""
    asked = [answer for answer in answers if since <= answer.at < until]
    failed = [answer for answer in asked if answer.error]
    good = sorted(answer.at + answer.seconds for answer in asked if not answer.error)
    times = [since, *(time for time in good if time < until), until]
    return Measured(
        client,
        len(asked),
        len(failed),
        sum(answer.error.endswith(LATE) for answer in failed),
        max(later - earlier for earlier, later in pairwise(times)),
        max((answer.seconds for answer in asked if not answer.error), default=0.0),
        tuple(_kinds(failed)),
    )


def markdown(events: Mapping[str, Sequence[Measured]]) -> str:
    """A table with one row for each event and client."""
    lines = [
        "| what happened | client | asked | failed | of these too late | share | longest gap | slowest answer | of a month's budget |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for event, found in events.items():
        for number, one in enumerate(found):
            cells = [
                event if number == 0 else "",
                f"`{one.client}`",
                str(one.asked),
                str(one.failed),
                str(one.late) if one.failed else "",
                f"{one.share:.2f} %" if one.failed else "0",
                f"{one.gap:.1f} s",
                f"{one.slowest:.1f} s",
                f"{one.cost:.1f} s, {100 * one.cost / MONTH:.2f} %" if one.failed else "0",
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _since(answers: Sequence[Answer], since: float) -> list[Answer]:
    """What was answered from then on."""
    return [answer for answer in list(answers) if answer.at + answer.seconds >= since]


def _fine(answers: Sequence[Answer]) -> bool:
    return len(answers) >= 3 and not any(answer.error for answer in answers)


def _kinds(answers: Sequence[Answer]) -> list[str]:
    errors = Counter(answer.error for answer in answers if answer.error)
    return [f"{error} ({count})" for error, count in errors.most_common(3)]


def _read(process: subprocess.Popen[str], answers: list[Answer]) -> None:
    assert process.stdout
    for line in process.stdout:
        answers.append(Answer(*json.loads(line)))
