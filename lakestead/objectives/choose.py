"""Which objective is executed, and why another is not; pure."""

from __future__ import annotations

from lakestead.errors import Refused
from lakestead.objectives.catalogue import Catalogue, Objective
from lakestead.objectives.goals import Goals
from lakestead.objectives.progress import lacks, next_pending

OVERRIDE = 'lakestead execute {} --override "reason"'


class NothingToDo(Exception):
    """Every objective that can be executed is completed."""


def choose(catalogue: Catalogue, goals: Goals, wanted: str | None) -> Objective:
    """The objective to execute: ``wanted``, else the next pending one.

    Raises WrongUsage for one that there is not, Refused for one that cannot be executed now,
    NothingToDo where all are completed. What it needs is asked by ``unmet_needs``.
    """
    objective = _next(catalogue, goals) if wanted is None else catalogue.find(wanted)
    if not objective.available:
        raise Refused(
            f"Objective {objective} is not available yet",
            where=catalogue.where,
            found="it is declared without a deploy",
            expected="one of " + ", ".join(item.id for item in catalogue if item.available),
        )
    for goal in goals.goals():
        if goal.status == "in_progress" and goal.id != objective.id:
            raise Refused(
                f"Objective {goal.id} is in progress, so {objective.id} is not begun",
                where="goals.json",
                found=f"run {goal.run or 'unknown'} of {goal.started_by or 'somebody'}",
                do=f"finish it: lakestead execute {goal.id}; or take it back: "
                f"lakestead rollback {goal.id}",
            )
    return objective


def unmet_needs(objective: Objective, goals: Goals) -> list[str]:
    """What it needs and is not completed, in words."""
    found = []
    for need in lacks(objective, goals):
        goal = goals.find(need)
        found.append(f"objective {need} is {goal.status if goal else 'unknown'}")
    return found


def _next(catalogue: Catalogue, goals: Goals) -> Objective:
    for goal in goals.goals():
        if goal.status == "in_progress":
            return catalogue.find(goal.id)
    upcoming = next_pending(goals, catalogue)
    if upcoming is not None:
        return upcoming
    for item in catalogue:
        found = goals.find(item.id)
        if found is not None and found.status == "blocked":
            why = found.blocked
            raise Refused(
                f"Objective {item} is blocked, and no other can be executed before it",
                where="goals.json",
                found=why.reason if why else "no reason is recorded",
                do=f"{why.remediation if why else 'see why'}\nthen: lakestead execute {item.id}",
            )
    waiting = [item for item in catalogue if item.available and lacks(item, goals)]
    if waiting:
        raise Refused(
            f"Objective {waiting[0]} is next, but not all that it needs is completed",
            where="goals.json",
            found="\n".join(unmet_needs(waiting[0], goals)),
            do=OVERRIDE.format(waiting[0].id),
        )
    raise NothingToDo
