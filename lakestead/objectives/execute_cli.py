"""``lakestead execute`` and ``verify``: the command lines. The work is imported when it is done."""

from __future__ import annotations

import sys
from typing import Any

import click

from lakestead.objectives.cli import opened, project_options
from lakestead.run.cli import Duration


@click.command()
@click.argument("objective", metavar="[ID]", required=False)
@project_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--override", metavar="REASON", help="Go on although not all that it needs is met.")
@click.option("--reports", metavar="FOLDER", default="", help="Folder for the reports.")
@click.option("--no-diff", is_flag=True, help="Leave the plan's diffs out.")
@click.option("--events", metavar="FILE", help="Write JSON events, one a line.")
@click.option(
    "--lock-wait", type=Duration(), metavar="TIME", help="Wait so long for another run to end."
)
@click.option("-v", "--verbose", is_flag=True, help="Also what pyinfra logs; tracebacks.")
def execute(
    objective: str | None,
    yes: bool,
    override: str | None,
    reports: str,
    no_diff: bool,
    events: str | None,
    lock_wait: float | None,
    verbose: bool,
    **options: Any,
) -> None:
    """Execute one objective: the next pending one, or ID; also to try a blocked one again.

    Checks what it needs, shows the plan, asks, applies, validates, and records it in goals.json. What
    fails is taken back. Exit code 0: done; 1: failed; 4: refused, nothing was changed.

    \b
    lakestead execute -i inventories/lab.py
    lakestead execute 1.2 -i inventories/lab.py --yes
    """
    project = opened(**options)
    from lakestead.objectives.execute import Options
    from lakestead.objectives.execute import execute as do
    from lakestead.run.commands import Output

    output = Output(diffs=not no_diff, events=events or "", verbose=verbose)
    sys.exit(do(project, objective, Options(override, yes, lock_wait, reports), output))


@click.command()
@click.argument("objective", metavar="ID")
@project_options
def verify(objective: str, **options: Any) -> None:
    """Ask for every deliverable of an objective, as its execution did. Changes nothing.

    \b
    lakestead verify 1.2 -i inventories/lab.py
    """
    project = opened(**options)
    from lakestead.objectives.verify import verify as do

    sys.exit(do(project, objective))
