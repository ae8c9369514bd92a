"""One objective while it is executed: what is known of it so far, and how that is recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from lakestead.objectives.catalogue import Objective
from lakestead.objectives.commands import Commands
from lakestead.objectives.goals import Goal, Goals
from lakestead.objectives.progress import changed, next_pending
from lakestead.objectives.project import Project
from lakestead.objectives.status import next_command
from lakestead.objectives.tracking import read_goals, update_goals
from lakestead.plan.document import Plan, Target
from lakestead.report.objective import ObjectiveReport


@dataclass(slots=True)
class Execution:
    """One objective while it is executed.

    + marked: it is in_progress in goals.json, so that what happens now must be recorded
    """

    project: Project
    objective: Objective
    report: ObjectiveReport
    target: Target
    commands: Commands
    marked: bool = False
    plan: Plan | None = None


def record(
    one: Execution,
    fields: dict[str, object],
    subject: str,
    files: dict[str, str] | None = None,
) -> None:
    """Set fields of its tracking in goals.json.

    + subject: of the commit
    + files: others that go into the same commit
    """
    catalogue = one.project.catalogue
    update_goals(
        one.project.tracking,
        catalogue,
        lambda text: changed(text, catalogue, one.objective.id, fields),
        f"{subject}\n\nRun {one.report.run} by {one.report.who}.\n",
        files,
    )


def foreseen(one: Execution, status: str) -> Goals:
    """goals.json as it will be when this is recorded."""
    project = one.project
    goals = read_goals(project.tracking, project.catalogue)

    def then(goal: Goal) -> Goal:
        if goal.id != one.objective.id:
            return goal
        return goal.model_copy(update={"status": status, "completion_timestamp": one.report.ended})

    phases = [
        phase.model_copy(update={"objectives": [then(goal) for goal in phase.objectives]})
        for phase in goals.phases
    ]
    return goals.model_copy(update={"phases": phases})


def look_ahead(
    report: ObjectiveReport, project: Project, goals: Goals, objective: Objective
) -> None:
    """Say in the report how far the phase is, and what comes next."""
    phase = next(item for item in goals.phases if item.id == f"phase_{objective.phase}")
    done = sum(goal.status == "completed" for goal in phase.objectives)
    report.progress = f"{done}/{len(phase.objectives)}"
    upcoming = next_pending(goals, project.catalogue)
    report.upcoming = str(upcoming or "")
    if upcoming is not None:
        report.next_step = f"Objective {upcoming}."
    elif done == len(phase.objectives):
        report.next_step = f"Phase {objective.phase} is complete."
    else:
        report.next_step = "What is left is not available yet, blocked, or waits for another."
    report.command = project.command(next_command(project.catalogue, goals) or "review")


def now() -> str:
    """UTC, as goals.json has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
