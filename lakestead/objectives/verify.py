"""``lakestead verify``: does a completed objective still do what it should? Changes nothing."""

from __future__ import annotations

import click

from lakestead.errors import DONE, FAILED
from lakestead.gates.check import ask_all
from lakestead.objectives.commands import Commands
from lakestead.objectives.project import Project
from lakestead.run.deploy import Deploy

SIGN = {"pass": ("✔", "green"), "fail": ("✘", "red"), "unknown": ("?", "yellow")}


def verify(project: Project, wanted: str) -> int:
    """Ask for every deliverable; the exit code is 1 where one is not as it should be."""
    objective = project.catalogue.find(wanted)
    deploy = Deploy(project.target)
    deploy.load()
    commands = Commands(project, objective, list(deploy.state.inventory))
    answers = ask_all(commands.checks(objective.deliverable))
    for gate in answers:
        sign, colour = SIGN[gate.answer]
        click.echo(click.style(f"{sign} {gate.name}", fg=colour))
        click.echo(f"    {gate.looked_at}")
        for line in [*gate.saw.splitlines(), gate.last_look]:
            if line:
                click.echo(f"    {line}")
    if not answers:
        click.echo(f"Objective {objective} has no deliverables yet.")
    return DONE if all(gate.answer == "pass" for gate in answers) else FAILED
