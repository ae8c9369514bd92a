"""``lakestead journal`` and ``lakestead rollback``: the command lines."""

from __future__ import annotations

import re
import sys
from functools import partial
from importlib import import_module
from typing import Any

import click

from lakestead.plan.table import table
from lakestead.run.cli import Duration, pairs


@click.command()
@click.argument("run", required=False)
def journal(run: str | None) -> None:
    """List what Lakestead's runs of this workstation did, or show what RUN wrote."""
    from lakestead.journal import places
    from lakestead.journal.record import load

    folder = places.state_dir()
    paths = [path for cluster in sorted(folder.glob("*")) for path in places.journals(cluster.name)]
    if not run:
        rows = []
        for path in sorted(paths, key=lambda path: path.stem):
            item = load(path)
            what = item.begin.get("deploy") or "?"
            if item.begin.get("objective"):
                what = f"objective {item.begin['objective']}"
            if item.begin.get("takes_back"):
                what = f"rollback of {item.begin['takes_back']}"
            who = str(item.begin.get("who"))
            cluster = str(item.begin.get("cluster"))[:8]
            rows.append((item.run_id, cluster, who, what, str(len(item.writes)), item.fate))
        head = ("Run", "Cluster", "Who", "What", "Writes", "How it ended")
        click.echo(table(head, rows) if rows else f"No run has written anything yet ({folder}).")
        return
    chosen = [path for path in paths if path.stem.startswith(run)]
    if not chosen:
        raise click.UsageError(f"There is no run {run} in {folder}.")
    for path in chosen:
        item = load(path)
        click.echo(
            f"Run {item.run_id} of {item.begin.get('deploy')} by {item.begin.get('who')}: {item.fate}"
        )
        for write in item.writes:
            end = f"  ({write.error})" if write.error else ""
            click.echo(f"  {write.number:>4}  {write.state:<9}  {write.what}{end}")


@click.command()
@click.argument("run", metavar="[RUN|ID]", required=False)
@click.option("--phase", metavar="N", help="All objectives of a phase.")
@click.option(
    "--suspend", is_flag=True, help="Of ID: tell Flux to leave it alone, change nothing else."
)
@click.option("-i", "--inventory", metavar="FILE", help="By default the one that the run had.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show what it would do.")
@click.option(
    "--skip-changed", is_flag=True, help="Leave what was changed since, take back the rest."
)
@click.option("--no-diff", is_flag=True, help="Leave the diffs out.")
@click.option(
    "--lock-wait", type=Duration(), metavar="TIME", help="Wait so long for another run to end."
)
@click.option("--objectives", metavar="FOLDER", default="", help="Of ID: the objectives' files.")
def rollback(
    run: str | None,
    phase: str | None,
    suspend: bool,
    objectives: str,
    inventory: str | None,
    data: tuple[str, ...],
    yes: bool,
    only_plan: bool,
    skip_changed: bool,
    no_diff: bool,
    lock_wait: float | None,
) -> None:
    """Put back what RUN had changed; by default the newest run. Shows it as a plan and asks.

    Of an objective's ID, or a phase, all runs that executed it; goals.json has it as pending then.

    \b
    lakestead rollback
    lakestead rollback 20261121-145003-1274f -i inventories/lab.py
    lakestead rollback 1.2 -i inventories/lab.py
    """
    import pyinfra_cli  # noqa: F401

    from lakestead.run.commands import Output

    if phase or (run and re.fullmatch(r"\d+\.\d+", run)):
        if run and phase:
            raise click.UsageError("Name an objective or a phase, not both.")
        if not inventory:
            raise click.UsageError("An objective needs its inventory: -i FILE.")
        if skip_changed:
            raise click.UsageError("--skip-changed is for one run: lakestead journal lists them.")
        if suspend and phase:
            raise click.UsageError("--suspend is for one objective.")
        output = Output(diffs=not no_diff, everything=True)
        project = _opened(inventory, data, objectives)
        if suspend:
            chosen = project.catalogue.find(run)
            suspending = import_module("lakestead.objectives.suspending")
            do = partial(suspending.suspend, project, chosen)
        else:
            rolling = import_module("lakestead.objectives.rollback")
            items = rolling.of_phase(project, phase) if phase else [project.catalogue.find(run)]
            do = partial(rolling.roll_back, project, items)
        sys.exit(do(output, yes=yes, only_plan=only_plan))
    if suspend:
        raise click.UsageError("--suspend is for an objective: lakestead rollback ID --suspend.")
    from lakestead.journal.request import DEPLOY, current
    from lakestead.plan.document import Target
    from lakestead.run import commands

    current.run_id, current.skip_changed = run or "", skip_changed
    given = dict(item.partition("=")[::2] for item in data)
    target = Target(deploy=str(DEPLOY), inventory=inventory or _inventory(run or ""), data=given)
    output = Output(diffs=not no_diff, everything=True)
    if only_plan:
        sys.exit(commands.plan(target, output, ""))
    code = commands.apply_deploy(target, output, yes=yes, lock_wait=lock_wait)
    if objective := _objective(current.run_id):
        click.echo(
            f"That run executed objective {objective}, and goals.json still says so; to set it to "
            f"pending: lakestead reset {objective} -i {target.inventory}",
            err=True,
        )
    sys.exit(code)


def _objective(run: str) -> str:
    """The objective that a run executed; empty where it was none's."""
    from lakestead.journal import places
    from lakestead.journal.record import load

    paths = [path for path in places.state_dir().glob(f"*/{run}.*") if run]
    return str(load(paths[0]).begin.get("objective") or "") if paths else ""


def _opened(inventory: str, data: tuple[str, ...], folder: str) -> Any:
    """The project; what stands above this package is imported when it is asked for."""
    project = import_module("lakestead.objectives.project")
    return project.open_project(inventory, pairs(data), folder)


def _inventory(run: str) -> str:
    from lakestead.journal import places
    from lakestead.journal.record import load

    paths = [path for path in places.state_dir().glob(f"*/{run}*") if path.suffix != ""]
    runs = [load(path) for path in sorted(paths, key=lambda path: path.stem, reverse=True)]
    for item in runs:
        if run or not (item.rolled_back_by or item.begin.get("takes_back")):
            return str(item.begin.get("inventory") or "")
    raise click.UsageError(
        f"There is no run {run} to take back." if run else "There is no run to take back."
    )
