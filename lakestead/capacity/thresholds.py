"""What of a review makes the command end with the exit code of a refusal."""

from __future__ import annotations

from dataclasses import dataclass

import click

from lakestead.errors import DONE, REFUSED
from lakestead.plan.review import Review


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is asked for beside that all planned pods fit.

    + line: percent that may be requested after all that is planned; None asks for nothing
    + survive: that no node's loss leaves pods without one
    + known: that nothing is unknown
    """

    line: int | None = None
    survive: bool = False
    known: bool = False

    def passed(self, review: Review) -> list[str]:
        """A line for everything that is not as it should be."""
        lines = []
        for phase in review.phases:
            names = [pod.name for pod in phase.pods if pod.answer not in ("fits", "runs")]
            if names:
                lines.append(f"phase {phase.phase} does not surely fit: {', '.join(names)}")
        if self.line is not None:
            lines += self._over(review, self.line)
        if self.survive:
            lines += [
                f"the loss of {lost.node} leaves up to {lost.most} pods without a node"
                for lost in review.lost
                if lost.homeless
            ]
        if self.known:
            lines += [f"unknown: {line}" for line in review.unknown]
        return lines

    def told(self, review: Review) -> int:
        """Say what was passed on standard error; the exit code."""
        lines = self.passed(review)
        for line in lines:
            click.echo(click.style("Refused: ", fg="red", bold=True) + line, err=True)
        return REFUSED if lines else DONE

    def _over(self, review: Review, line: int) -> list[str]:
        if review.phases:
            last = review.phases[-1]
            if last.after.over:
                return [
                    f"more than {line} % is requested after phase {last.phase}: "
                    f"{last.after.cpu_percent} % of CPU, {last.after.memory_percent} % of memory"
                ]
            return []
        cpu, memory = review.total_cpu, review.total_memory
        if max(cpu.percent, memory.percent) <= line:
            return []
        return [
            f"more than {line} % is requested: "
            f"{cpu.percent:.1f} % of CPU, {memory.percent:.1f} % of memory"
        ]
