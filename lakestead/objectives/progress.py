"""goals.json after something has happened to an objective, as a text with as few changes as possible; pure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lakestead.objectives import json_text
from lakestead.objectives.catalogue import Catalogue, Objective
from lakestead.objectives.goals import PATH, Goal, GoalPhase, Goals, parse

FORGET = object()
"""As a field's value: take the field away."""


def fresh(catalogue: Catalogue) -> str:
    """A goals.json in which nothing has been done."""
    phases = [
        {
            "id": f"phase_{phase.id}",
            "name": phase.name,
            "status": "pending",
            "progress_percentage": 0,
            "objectives": [_new(item) for item in phase.objectives],
        }
        for phase in catalogue.phases
    ]
    text = json.dumps({"phases": phases, "current_status": {}}, indent=2) + "\n"
    return recounted(text, catalogue)


def with_all(text: str, catalogue: Catalogue) -> str:
    """``text`` with the objectives of the catalogue that it lacks."""
    for phase in catalogue.phases:
        phases = _phases(text)
        place = next((i for i, p in enumerate(phases) if p.id == f"phase_{phase.id}"), None)
        if place is None:
            new = {
                "id": f"phase_{phase.id}",
                "name": phase.name,
                "status": "pending",
                "progress_percentage": 0,
                "objectives": [_new(item) for item in phase.objectives],
            }
            text = json_text.put(text, ["phases", len(phases)], new)
            continue
        there = [goal.id for goal in phases[place].objectives]
        for item in phase.objectives:
            if item.id not in there:
                at = ("phases", place, "objectives", len(there))
                text = json_text.put(text, at, _new(item))
                there.append(item.id)
    return recounted(text, catalogue)


def changed(text: str, catalogue: Catalogue, objective: str, fields: Mapping[str, Any]) -> str:
    """``text`` with fields of one objective set, and everything that follows from them.

    + fields: name → value; ``FORGET`` takes the field away
    """
    text = with_all(text, catalogue)
    for number, phase in enumerate(_phases(text)):
        for place, goal in enumerate(phase.objectives):
            if goal.id != objective:
                continue
            path: list[str | int] = ["phases", number, "objectives", place]
            for name, value in fields.items():
                if value is FORGET:
                    text = json_text.drop(text, [*path, name])
                else:
                    text = json_text.put(text, [*path, name], value)
    return recounted(text, catalogue)


def recounted(text: str, catalogue: Catalogue) -> str:
    """``text`` with the phases' status and progress and ``current_status`` as its objectives say."""
    goals = parse(text, PATH)
    for number, phase in enumerate(goals.phases):
        text = json_text.put(text, ["phases", number, "status"], phase_status(phase))
        share = percentage(phase.objectives)
        text = json_text.put(text, ["phases", number, "progress_percentage"], share)
    everything = list(goals.goals())
    upcoming = next_pending(goals, catalogue)
    for name, value in (
        ("active_phase", _active(goals)),
        ("next_pending_objective", upcoming.id if upcoming else None),
        ("completion_percentage", percentage(everything)),
    ):
        text = json_text.put(text, ["current_status", name], value)
    return text


def phase_status(phase: GoalPhase) -> str:
    """What a phase's objectives make of it."""
    found = {goal.status for goal in phase.objectives}
    if found == {"completed"}:
        return "completed"
    return "in_progress" if found - {"pending"} else "pending"


def percentage(goals: Sequence[Goal]) -> int:
    """How much of them is completed, in whole percent."""
    done = sum(goal.status == "completed" for goal in goals)
    return 100 * done // len(goals) if goals else 0


def next_pending(goals: Goals, catalogue: Catalogue) -> Objective | None:
    """The first objective that is pending, can be executed and has all that it needs."""
    for item in catalogue:
        goal = goals.find(item.id)
        if item.available and (goal is None or goal.status == "pending") and not lacks(item, goals):
            return item
    return None


def lacks(objective: Objective, goals: Goals) -> list[str]:
    """The objectives that it needs and that are not completed."""
    found = [(need, goals.find(need)) for need in objective.needs]
    return [need for need, goal in found if goal is None or goal.status != "completed"]


def _active(goals: Goals) -> str | None:
    return next((p.id for p in goals.phases if phase_status(p) != "completed"), None)


def _new(item: Objective) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "status": "pending",
        "completion_timestamp": None,
    }


def _phases(text: str) -> list[GoalPhase]:
    return parse(text, PATH).phases
