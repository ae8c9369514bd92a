"""What was asked and what was answered, for the table at the end of a run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from lakestead.plan.table import table
from tests.oracle.server import Answer

HEAD = (
    "kind", "cases", "changed", "conflict", "refused", "unchanged", "proven", "share", "wrong",
)  # fmt: skip


@dataclass(slots=True)
class Tally:
    """Counts of a run: each case by kind, the server's answer and what the shortcut said.

    + unproven: by mutation, cases that the server leaves unchanged and the shortcut does not prove
    + plans: whole plans compared with the server's answer
    """

    cases: Counter[tuple[str, Answer, bool]] = field(default_factory=Counter)
    unproven: Counter[str] = field(default_factory=Counter)
    proven: Counter[str] = field(default_factory=Counter)
    plans: int = 0
    seed: int = 0

    def add(self, kind: str, answer: Answer, said: bool, how: str) -> None:
        """Count one case."""
        self.cases[kind, answer, said] += 1
        if answer == "unchanged":
            (self.proven if said else self.unproven)[how] += 1

    def __str__(self) -> str:
        rows = [[kind, *map(str, row)] for kind, row in self._rows()]
        by_how = [
            [how, str(self.proven[how]), str(self.unproven[how])]
            for how in sorted({*self.proven, *self.unproven})
        ]
        return "\n\n".join(
            [
                table(HEAD, rows),
                table(("how the manifest differs", "proven", "not proven"), by_how),
                f"seed {self.seed}; {self.plans} whole plans compared",
            ]
        )

    def write(self, file: Path) -> None:
        """Keep the table as JSON."""
        names = HEAD[1:]
        kinds = {kind: dict(zip(names, row, strict=True)) for kind, row in self._rows()}
        file.write_text(
            json.dumps({"seed": self.seed, "plans": self.plans, "kinds": kinds}, indent=1) + "\n"
        )

    def _rows(self) -> Iterator[tuple[str, list[int | str]]]:
        kinds = sorted({kind for kind, _, _ in self.cases})
        for kind in [*kinds, "all"]:
            chosen = Counter[tuple[Answer, bool]]()
            for (of, answer, said), count in self.cases.items():
                if kind in (of, "all"):
                    chosen[answer, said] += count
            answers = Counter[Answer]()
            for (answer, _), count in chosen.items():
                answers[answer] += count
            proven = chosen["unchanged", True]
            said = sum(count for (_, yes), count in chosen.items() if yes)
            same = answers["unchanged"]
            share = f"{100 * proven / same:.1f} %" if same else "-"
            yield (
                kind,
                [
                    sum(answers.values()), answers["changed"], answers["conflict"],
                    answers["refused"], same, proven, share, said - proven,
                ],
            )  # fmt: skip
