"""``lakestead status`` and ``reset``: the command lines. The work is imported when it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from lakestead.objectives.project import Project

F = TypeVar("F", bound=Callable[..., Any])


def project_options(command: F) -> F:
    """What every command on objectives takes."""
    for option in (
        click.option(
            "--objectives",
            metavar="FOLDER",
            default="",
            help="Folder of the objectives' files; by default ./objectives, else Lakestead's own.",
        ),
        click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting."),
        click.option("-i", "--inventory", metavar="FILE", required=True, help="Inventory."),
    ):
        command = option(command)
    return command


@click.command()
@project_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool, **options: Any) -> None:
    """Show what goals.json says: every objective, and the next step. Changes nothing.

    \b
    lakestead status -i inventories/lab.py
    """
    project = opened(**options)
    from lakestead.objectives.status import document, next_command, render
    from lakestead.objectives.tracking import read_goals

    goals = read_goals(project.tracking, project.catalogue)
    if as_json:
        click.echo(document(project.catalogue, goals), nl=False)
        return
    click.echo(render(project.catalogue, goals), nl=False)
    if words := next_command(project.catalogue, goals):
        click.echo(f"Next: {project.command(words)}")


@click.command()
@click.argument("objective", metavar="ID")
@project_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def reset(objective: str, yes: bool, **options: Any) -> None:
    """Set an objective to pending in goals.json. What it has made in the cluster stays.

    \b
    lakestead reset 1.2 -i inventories/lab.py
    """
    project = opened(**options)
    from lakestead.objectives.reset import reset as do

    sys.exit(do(project.tracking, project.catalogue, objective, yes=yes))


def opened(inventory: str, data: tuple[str, ...], objectives: str) -> Project:
    """The project that the options name."""
    from lakestead.run.cli import pairs, patch

    patch()
    from lakestead.objectives.project import open_project

    return open_project(inventory, pairs(data), objectives)
