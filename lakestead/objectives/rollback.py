"""``lakestead rollback ID`` and ``--phase N``: take back what the executions of objectives have changed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from lakestead.errors import DONE, Refused
from lakestead.kube.session import api
from lakestead.objectives.catalogue import Objective
from lakestead.objectives.goals import Goals
from lakestead.objectives.progress import FORGET, changed
from lakestead.objectives.project import Project
from lakestead.objectives.taking_back import runs_of, show, take_back
from lakestead.objectives.tracking import read_goals, update_goals
from lakestead.run.commands import Output


def roll_back(
    project: Project, objectives: Sequence[Objective], output: Output, *, yes: bool, only_plan: bool
) -> int:
    """Take back all runs of ``objectives``, the newest first, and set them to pending; the exit code.

    Raises Refused where others build on one of them, or nothing says what its runs have changed.
    """
    goals = read_goals(project.tracking, project.catalogue)
    _check_none_above(project, objectives, goals)
    ids = [item.id for item in objectives]
    runs = runs_of(api(project.host), ids)
    touched = [item for item in objectives if _status(goals, item) != "pending"]
    if not runs and not touched:
        click.echo("Nothing was executed, so there is nothing to take back.")
        return DONE
    without = [item for item in touched if item.id not in {run.begin["objective"] for run in runs}]
    _check_known(project, without, goals)
    if only_plan:
        return show(project.target, runs, output)
    take_back(project.target, runs, output, yes=yes)
    for item in reversed(touched):
        _forget(project, item)
        click.echo(f"Objective {item} is taken back and pending.")
    return DONE


def of_phase(project: Project, number: str) -> list[Objective]:
    """The objectives of a phase."""
    return list(project.catalogue.phase(number).objectives)


def _check_none_above(project: Project, objectives: Sequence[Objective], goals: Goals) -> None:
    going = {item.id for item in objectives}
    above = [
        other
        for other in project.catalogue
        if other.id not in going
        and going & set(other.needs)
        and _status(goals, other) in ("completed", "in_progress")
    ]
    if above:
        raise Refused(
            f"Not taken back: {', '.join(map(str, above))} builds on it. Nothing was changed",
            where=project.tracking.where(),
            do=f"take that back first: {project.command(f'rollback {above[-1].id}')}",
        )


def _check_known(project: Project, objectives: Sequence[Objective], goals: Goals) -> None:
    """One whose runs this workstation knows nothing of, though they may have changed something."""
    for item in objectives:
        goal = goals.find(item.id)
        if goal is None or goal.status == "in_progress":
            continue  # killed before its first write
        if goal.blocked is not None and not goal.blocked.left:
            continue  # taken back when it failed
        if goal.run:
            raise Refused(
                f"Objective {item} cannot be taken back from here: it wrote nothing, or elsewhere",
                where="the journals of this workstation: lakestead journal",
                found=f"no journal of run {goal.run}, by {goal.started_by}",
                do="take it back on the workstation that executed it; if it wrote nothing: "
                + project.command(f"reset {item.id}"),
            )


def _status(goals: Goals, item: Objective) -> str:
    goal = goals.find(item.id)
    return goal.status if goal else "pending"


def _forget(project: Project, item: Objective) -> None:
    catalogue = project.catalogue
    fields = {
        "status": "pending",
        "completion_timestamp": None,
        **dict.fromkeys(("run", "started_by", "blocked", "override"), FORGET),
    }
    update_goals(
        project.tracking,
        catalogue,
        lambda text: changed(text, catalogue, item.id, fields),
        f"Take back objective {item.id}: {item.name}\n",
    )
