"""``lakestead reset``: an objective is pending again."""

from __future__ import annotations

import click

from lakestead.connectors.terminal import has_terminal
from lakestead.errors import DONE, Refused
from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.progress import FORGET, changed
from lakestead.objectives.tracking import Tracking, read_goals, update_goals


def reset(tracking: Tracking, catalogue: Catalogue, objective: str, *, yes: bool) -> int:
    """Set it to pending; the exit code.

    Raises Refused where others that are completed need it, or it cannot be asked.
    """
    item = catalogue.find(objective)
    goals = read_goals(tracking, catalogue)
    goal = goals.find(objective)
    if goal is None or goal.status == "pending":
        click.echo(f"Objective {item} is pending already.")
        return DONE
    above = [
        other.id
        for other in catalogue
        if objective in other.needs
        and (found := goals.find(other.id))
        and found.status in ("completed", "in_progress")
    ]
    if above:
        raise Refused(
            f"Objective {objective} is not reset: others that need it are not pending",
            where=tracking.where(),
            found=", ".join(above),
            do="reset these first, the last one first",
        )
    if not yes:
        if not has_terminal():
            raise Refused(
                "Nobody can be asked whether to reset it: there is no terminal. Nothing was changed",
                do="run it with --yes",
            )
        question = f"Objective {item} is {goal.status}. Set it to pending?"
        if not click.confirm(question, default=False, err=True):
            raise Refused("Not reset: the answer was no. Nothing was changed")
    fields = {
        "status": "pending",
        "completion_timestamp": None,
        **dict.fromkeys(("run", "started_by", "blocked", "override"), FORGET),
    }
    commit = update_goals(
        tracking,
        catalogue,
        lambda text: changed(text, catalogue, objective, fields),
        f"Reset objective {objective}\n\nIt was {goal.status}; what it made is as it is.\n",
    )
    click.echo(f"Objective {item} is pending (commit {commit[:8]}). What it made stays as it is;")
    click.echo(f"to take that back: lakestead rollback {objective}")
    return DONE
