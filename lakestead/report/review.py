"""A review as Markdown, which a person reads in a terminal too, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

import click
from pydantic import BaseModel, ConfigDict, Field

from lakestead.plan.triggers import TRIGGERS

if TYPE_CHECKING:
    from lakestead.gates.gate import Gate
    from lakestead.objectives.review import Review

MET = {"pass": "met", "fail": "not met", "unknown": "unknown"}
SIGN = {"pass": "✅", "fail": "❌", "unknown": "❓"}
MATRIX = {"yes": "✅", "no": "❌", "unknown": "❓"}
FOUND = {"pass": "found", "fail": "missing", "unknown": "unknown"}
WIDTH = 28


def markdown(review: Review) -> str:
    """The whole review."""
    parts = ["# Data Platform Bootstrap Review", _verdict(review)]
    parts += ["## Progress", _progress(review)]
    parts.append("## Cluster")
    parts.append(f"```\n{review.nodes}\n```" if review.nodes else "The nodes could not be read.")
    parts.append("## Trigger Conditions")
    parts.append("Any one of them is enough.")
    for group in dict.fromkeys(item.group for item in TRIGGERS.values()):
        gates = [review.triggers[name] for name, item in TRIGGERS.items() if item.group == group]
        parts += [f"### {group} Triggers", _list(gates, MET)]
    parts += ["## Prerequisites", _list(review.prerequisites, {key: key for key in SIGN})]
    words = {"pass": "yes", "fail": "no", "unknown": "unknown"}
    parts += ["## Knowledge Prerequisites", _list(list(review.knowledge.values()), words)]
    rows = [(row.condition, MATRIX[row.met], row.priority, row.action) for row in review.matrix]
    parts += ["## Decision Matrix", _table(("Condition", "Met", "Priority", "Action"), rows)]
    parts.append("## Risks")
    risks = [
        (risk.impact, risk.name, f"{gate.name}: {FOUND[gate.answer]}", gate.saw.split("\n")[0])
        for risk in review.risks
        for gate in risk.mitigations
    ]
    parts.append(_table(("Impact", "Risk", "Mitigation", "Seen"), risks))
    parts.append("## Blocking Issues")
    parts.append("\n\n".join(map(_blocker, review.blockers)) or "None.")
    parts.append("## Next Steps")
    parts.append(f"```bash\n{review.step}\n```" if review.step else "Nothing is left to do.")
    return "\n\n".join(parts) + "\n"


def coloured(text: str) -> str:
    """The same for a terminal."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#"):
            line = click.style(line, bold=True)
        elif "❌" in line:
            line = click.style(line, fg="red")
        elif "❓" in line:
            line = click.style(line, fg="yellow")
        elif "✅" in line:
            line = click.style(line, fg="green")
        lines.append(line)
    return "\n".join(lines) + "\n"


class GateDocument(BaseModel):
    """One gate: what was looked at, seen and wanted, and what to do."""

    name: str
    answer: Literal["pass", "fail", "unknown"]
    looked_at: str
    saw: str
    wanted: str
    do: str
    asked: int
    seconds: float


class RowDocument(BaseModel):
    """One line of the decision matrix."""

    condition: str
    met: Literal["yes", "no", "unknown"]
    priority: str
    action: str


class RiskDocument(BaseModel):
    """One risk; a mitigation that passes was found."""

    impact: Literal["High", "Medium", "Low"]
    name: str
    text: str
    mitigations: list[GateDocument]


class BlockerDocument(BaseModel):
    """What is in the way, what to do, and commands that show more."""

    what: str
    why: str
    remediation: str
    debug: list[str]


class ReviewDocument(BaseModel):
    """``lakestead review --json``.

    + begun: an objective is completed already: triggers are asked for no more
    + next: the next command; empty where nothing is left to do
    + triggers, knowledge: by question; ``pass`` is met, or yes
    """

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["lakestead.review/v1"] = Field(default="lakestead.review/v1", alias="schema")
    ready: bool
    begun: bool
    next: str
    triggers: dict[str, GateDocument]
    prerequisites: list[GateDocument]
    knowledge: dict[str, GateDocument]
    matrix: list[RowDocument]
    risks: list[RiskDocument]
    blockers: list[BlockerDocument]


def document(review: Review) -> str:
    """The same for a program."""
    content = {
        "ready": review.ready,
        "begun": review.begun,
        "next": review.step,
        "triggers": {name: asdict(gate) for name, gate in review.triggers.items()},
        "prerequisites": [asdict(gate) for gate in review.prerequisites],
        "knowledge": {name: asdict(gate) for name, gate in review.knowledge.items()},
        "matrix": [asdict(row) for row in review.matrix],
        "risks": [asdict(risk) for risk in review.risks],
        "blockers": [asdict(blocker) for blocker in review.blockers],
    }
    return ReviewDocument.model_validate(content).model_dump_json(by_alias=True, indent=2) + "\n"


def _verdict(review: Review) -> str:
    met = sum(gate.answer == "pass" for gate in review.triggers.values())
    held = sum(gate.answer == "pass" for gate in review.prerequisites)
    words = "✅ Ready" if review.ready else f"❌ Not ready: {len(review.blockers)} blocking"
    return (
        f"**{words}.** {met} of {len(review.triggers)} triggers met, "
        f"{held} of {len(review.prerequisites)} prerequisites pass."
    )


def _progress(review: Review) -> str:
    rows = []
    for phase in review.goals.phases:
        done = sum(goal.status == "completed" for goal in phase.objectives)
        count = len(phase.objectives)
        bar = "█" * (WIDTH * done // count) if count else ""
        name = f"{phase.id.replace('phase_', 'Phase ')} {phase.name}"
        rows.append((name, f"{bar:░<{WIDTH}}", f"{done}/{count}"))
    return _table(("Phase", "Progress", "Completed"), rows)


def _list(gates: Sequence[Gate], words: dict[str, str]) -> str:
    lines = []
    for gate in gates:
        box = "x" if gate.answer == "pass" else " "
        first, *rest = gate.saw.splitlines() or [""]
        line = f"- [{box}] {SIGN[gate.answer]} **{gate.name}**: {words[gate.answer]}; {first}"
        lines.append(line.rstrip("; "))
        lines += [f"      {text}" for text in rest]
        if gate.answer != "pass":
            if gate.wanted and gate.wanted != "yes":
                lines.append(f"      wanted: {gate.wanted}")
            if gate.do and gate.answer == "unknown":
                lines.append(f"      do: {gate.do}")
        if gate.last_look:
            lines.append(f"      {gate.last_look}")
    return "\n".join(lines) or "None are asked for."


def _blocker(blocker: Any) -> str:
    lines = [f"### {blocker.what}", blocker.why, "", f"Remediation: {blocker.remediation}"]
    if blocker.debug:
        lines += ["", "```bash", *blocker.debug, "```"]
    return "\n".join(lines)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns are aligned in a terminal; a sign is two columns wide there."""
    cells = [[cell.replace("|", "\\|") for cell in row] for row in [head, *rows]]
    widths = [max(_width(row[at]) for row in cells) for at in range(len(head))]

    def line(row: Sequence[str]) -> str:
        padded = (cell + " " * (w - _width(cell)) for cell, w in zip(row, widths, strict=True))
        return "| " + " | ".join(padded) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(cells[0]), rule, *map(line, cells[1:])])


def _width(text: str) -> int:
    return len(text) + sum(text.count(sign) for sign in SIGN.values())
