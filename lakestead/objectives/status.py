"""``lakestead status`` for a person."""

from __future__ import annotations

from typing import Literal

import click
from pydantic import BaseModel, ConfigDict, Field

from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.goals import Goal, Goals
from lakestead.objectives.progress import lacks, next_pending, percentage, phase_status
from lakestead.plan.table import table

SIGNS = {"completed": "✔", "in_progress": "…", "blocked": "✘", "pending": " "}
COLOURS = {"completed": "green", "in_progress": "yellow", "blocked": "red", "pending": None}
WIDTH = 28


def render(catalogue: Catalogue, goals: Goals) -> str:
    """A bar a phase, a line an objective, and the next step."""
    parts = []
    for phase in catalogue.phases:
        tracked = [goals.find(item.id) for item in phase.objectives]
        there = [goal for goal in tracked if goal]
        done = sum(goal.status == "completed" for goal in there)
        bar = "█" * (WIDTH * done // len(there)) if there else ""
        head = f"Phase {phase.id} {phase.name}"
        parts.append(click.style(f"{head:<22} {bar:░<{WIDTH}} {done}/{len(there)}", bold=True))
        rows = [
            (
                SIGNS[goal.status],
                item.id,
                item.name,
                _status(goal)
                if item.available or goal.status != "pending"
                else "not available yet",
                _more(goal, lacks(item, goals) if item.available else []),
            )
            for item, goal in zip(phase.objectives, tracked, strict=True)
            if goal
        ]
        lines = table(("", "ID", "Objective", "Status", ""), rows).splitlines()[1:]
        for line, row in zip(lines, rows, strict=True):
            status = next(key for key, sign in SIGNS.items() if sign == row[0])
            parts.append("  " + click.style(line.rstrip(), fg=COLOURS[status]))
    known = {item.id for item in catalogue}
    foreign = [goal.id for goal in goals.goals() if goal.id not in known]
    if foreign:
        parts.append(f"In goals.json and not declared here: {', '.join(foreign)}")
    parts.append(f"{percentage(list(goals.goals()))} % completed")
    return "\n".join(parts) + "\n"


def next_command(catalogue: Catalogue, goals: Goals) -> str:
    """What to type next, without ``lakestead``; empty where there is nothing left to do."""
    for goal in goals.goals():
        if goal.status == "in_progress":
            return f"execute {goal.id}"
    upcoming = next_pending(goals, catalogue)
    if upcoming:
        return "execute"
    for goal in goals.goals():
        if goal.status == "blocked":
            return f"execute {goal.id}"
    return ""


class PhaseDocument(BaseModel):
    """+ completed: percent of its objectives"""

    id: str
    status: Literal["pending", "in_progress", "completed"]
    completed: int


class ObjectiveDocument(BaseModel):
    """+ available: whether it can be executed
    + reason: why it is blocked
    """

    id: str
    name: str
    available: bool
    status: Literal["pending", "in_progress", "completed", "blocked"]
    needs: list[str]
    completion_timestamp: str | None
    reason: str


class StatusDocument(BaseModel):
    """``lakestead status --json``.

    + next: the words after ``lakestead`` of the next step; empty where nothing is left to do
    """

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["lakestead.status/v1"] = Field(default="lakestead.status/v1", alias="schema")
    completion_percentage: int
    next: str
    phases: list[PhaseDocument]
    objectives: list[ObjectiveDocument]


def document(catalogue: Catalogue, goals: Goals) -> str:
    """The same for a program."""
    content = {
        "completion_percentage": percentage(list(goals.goals())),
        "next": next_command(catalogue, goals),
        "phases": [
            {
                "id": phase.id,
                "status": phase_status(phase),
                "completed": percentage(phase.objectives),
            }
            for phase in goals.phases
        ],
        "objectives": [
            {
                "id": item.id,
                "name": item.name,
                "available": item.available,
                "status": goal.status if (goal := goals.find(item.id)) else "pending",
                "needs": item.needs,
                "completion_timestamp": goal.completion_timestamp if goal else None,
                "reason": goal.blocked.reason if goal and goal.blocked else "",
            }
            for item in catalogue
        ],
    }
    return StatusDocument.model_validate(content).model_dump_json(by_alias=True, indent=2) + "\n"


def _status(goal: Goal) -> str:
    return goal.status.replace("_", " ")


def _more(goal: Goal, missing: list[str]) -> str:
    if goal.status == "completed":
        over = f", overridden: {goal.override.reason}" if goal.override else ""
        return f"{goal.completion_timestamp}{over}"
    if goal.status == "blocked" and goal.blocked:
        return goal.blocked.reason.splitlines()[0][:80]
    if goal.status == "in_progress":
        return f"run {goal.run} of {goal.started_by}" if goal.run else ""
    return f"needs {', '.join(missing)}" if missing else ""
