"""One fault: made, told, mended, and what is left compared with what was there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.lab.chaos import acts
from tests.lab.chaos.belongings import Belongings, look, lost
from tests.lab.chaos.fault import Fault, Phase
from tests.lab.chaos.scene import Ended, Scene

# Seconds until the certificate of a run ends that takes longer.
ENDS_WITHIN = 5.0
Say = Callable[[str], None]


@dataclass(slots=True)
class Result:
    """What one fault has shown in one phase.

    + code, said, seconds: of the run that met it
    + mended: seconds from the beginning of the mending until everything worked
    + next_code, next_seconds: of the run after that; -1 where none was needed
    + lost: what is not as before
    + wrong: why this is no good result
    """

    name: str
    phase: Phase
    code: int = -1
    said: str = ""
    seconds: float = 0
    mended: float = 0
    next_code: int = -1
    next_seconds: float = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)


class Maker:
    """Makes faults one after the other, and leaves the lab as well as it was after each."""

    def __init__(self, scene: Scene, say: Say) -> None:
        self.scene = scene
        self.say = say
        self._last: Belongings | None = None

    def make(self, fault: Fault) -> list[Result]:
        """Make a fault in each of its phases.

        What stays broken until somebody mends it happens once: while phase 1 runs; then it is run again,
        still broken, and then it is mended.
        """
        if fault.mends:
            return list(self._round(fault, fault.phases[::-1]))
        return [result for phase in fault.phases for result in self._round(fault, (phase,))]

    def _round(self, fault: Fault, phases: tuple[Phase, ...]) -> Iterator[Result]:
        scene, results = self.scene, [Result(fault.name, phase) for phase in phases]
        wrong: list[str] = []
        before = self._before()
        try:
            for number, result in enumerate(results):
                self._meet(fault, result, broken=number > 0)
            mended = self._mend(fault, wrong)
            last = results[-1]
            if last.code or last.phase == "running":
                self._run_again(results, wrong)
            self._last = look(scene)
            gone = lost(before, self._last, rewritten=fault.rewrites)
            for result in results:
                result.mended, result.lost = mended, gone
            wrong += gone
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        except BaseException:
            acts.heal(scene)
            raise
        for result in results:
            result.wrong += wrong
        if any(result.wrong for result in results):
            self._last = None
        yield from results

    def _before(self) -> Belongings:
        scene = self.scene
        scene.proxy.become("plain")
        scene.set_clock("+0")
        scene.second = None
        if self._last is None:
            acts.heal(scene)
            if not acts.well(scene):
                raise RuntimeError(f"not well before: {acts.lacking(scene)}")
            self._last = look(scene)
        scene.interval = scene.turn()
        return self._last

    def _meet(self, fault: Fault, result: Result, *, broken: bool) -> None:
        """A run meets the fault.

        + broken: it is there already
        """
        if result.phase == "running":
            met = self._running(fault)
        else:
            if not broken:
                self.say("breaks")
                fault.breaks(self.scene)
            met = self._both(
                self.scene.start(self.scene.interval, fault.through, -60).end(fault.within)
            )
        self.say(f"{result.phase}: exit code {met.code} after {met.seconds:.0f} s {met.said}")
        result.code, result.said, result.seconds = met.code, met.said, round(met.seconds, 1)
        result.wrong += judge(fault, met)

    def _running(self, fault: Fault) -> Ended:
        """The fault comes while phase 1 runs, and has something to write everywhere."""
        scene = self.scene
        scene.interval = "2m" if scene.interval == "1m" else "1m"
        run = scene.start(scene.interval, fault.through, ENDS_WITHIN)
        if fault.at:
            if not run.reaches(fault.at, 120):
                ended = run.end(1)
                raise RuntimeError(f"it never came to {fault.at!r}: {ended.output[-1500:]}")
            self.say(f"breaks at {fault.at!r}")
            with run.standing_still():
                fault.breaks(scene)
        return self._both(run.end(fault.within))

    def _both(self, ended: Ended) -> Ended:
        """Of two runs the one that has something to tell; the other one must have done it."""
        if self.scene.second is None:
            return ended
        other = self.scene.second.end(120)
        done, refused = sorted((ended, other), key=lambda run: run.code)
        if done.code or not refused.code:
            raise RuntimeError(f"two runs: exit codes {done.code} and {refused.code}")
        return refused

    def _mend(self, fault: Fault, wrong: list[str]) -> float:
        began = time.monotonic()
        if fault.mends:
            self.say("mends")
            fault.mends(self.scene)
        if not acts.well(self.scene):
            wrong.append(f"it did not get well: {acts.lacking(self.scene)}")
        return round(time.monotonic() - began, 1)

    def _run_again(self, results: list[Result], wrong: list[str]) -> None:
        again = self.scene.start(self.scene.interval).end(150)
        self.say(f"next run: exit code {again.code} after {again.seconds:.0f} s {again.said}")
        for result in results:
            result.next_code, result.next_seconds = again.code, round(again.seconds, 1)
        if again.code or "Traceback (most" in again.output:
            wrong.append(f"the next run: exit code {again.code}: {again.output[-1500:]}")


def judge(fault: Fault, met: Ended) -> list[str]:
    """What is wrong with how a run has met a fault."""
    wrong = []
    if met.hung:
        wrong.append(f"it hung: ended after {fault.within:g} s")
    if "Traceback (most recent call last)" in met.output:
        wrong.append("a traceback")
    if met.code not in fault.codes:
        wrong.append(f"exit code {met.code}, not one of {fault.codes}: {met.output[-1500:]}")
    if met.code and not met.said:
        wrong.append(f"it said nothing: {met.output[-1500:]}")
    if met.code and fault.says not in met.output:
        wrong.append(f"its message lacks {fault.says!r}: {met.output[-1500:]}")
    return wrong
