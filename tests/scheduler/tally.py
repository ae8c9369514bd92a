"""How often our answer was the scheduler's, by rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counts of pods.

    + wrong: said to fit, and left pending: never
    + missed: not said to fit, and bound: with why
    """

    clusters: int = 0
    pods: int = 0
    bound: int = 0
    same_node: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    rules: Counter[str] = field(default_factory=Counter)
    pods_of: Counter[str] = field(default_factory=Counter)
    pending_of: Counter[str] = field(default_factory=Counter)
    missed_of: Counter[str] = field(default_factory=Counter)

    @property
    def missed_share(self) -> float:
        """Of all pods, those that were bound though not said to fit."""
        return len(self.missed) / max(1, self.pods)

    def table(self) -> str:
        """In Markdown."""
        lines = [
            f"{self.clusters} clusters, {self.pods} pods: the scheduler bound {self.bound} and left "
            f"{self.pods - self.bound} pending.",
            "",
            "| our answer | bound | pending |",
            "| --- | ---: | ---: |",
            f"| fits | {self.bound - len(self.missed)} | {len(self.wrong)} |",
            f"| does not fit, or not always | {len(self.missed)} "
            f"| {self.pods - self.bound - len(self.wrong)} |",
            "",
            f"Bound though not said to fit: {100 * self.missed_share:.2f} %. "
            f"Of those that both place, {self.same_node} of "
            f"{self.bound - len(self.missed)} on the same node.",
            "",
            "| clusters with | clusters | pods | pending | missed |",
            "| --- | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {rule} | {count} | {self.pods_of[rule]} | {self.pending_of[rule]} "
            f"| {self.missed_of[rule]} |"
            for rule, count in sorted(self.rules.items())
        ]
        if self.missed:
            lines += ["", *(f"- {line}" for line in self.missed)]
        return "\n".join(lines) + "\n"
