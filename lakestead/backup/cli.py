"""``lakestead backups``, ``drill`` and ``recover``: the command lines. The work is imported when it is done."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from lakestead.run.cli import Duration, pairs

if TYPE_CHECKING:
    from pyinfra.api.host import Host

    from lakestead.settings import Settings


def _inventory(command: click.decorators.FC) -> click.decorators.FC:
    for option in (
        click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting."),
        click.option("-i", "--inventory", metavar="FILE", required=True, help="Inventory."),
    ):
        command = option(command)
    return command


@click.command()
@_inventory
@click.option("--verify", is_flag=True, help="Read every dump and compare its SHA-256.")
@click.option("--newest", is_flag=True, help="Only say whether the newest is good.")
@click.option("--drill", "last_drill", is_flag=True, help="Only show the last drill that passed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backups(
    inventory: str,
    data: tuple[str, ...],
    verify: bool,
    newest: bool,
    last_drill: bool,
    as_json: bool,
) -> None:
    """List the backups of the metadata. Changes nothing.

    Exit code 0: the newest good one is young enough; 4: it is not, there is none, or it is unknown.

    \b
    lakestead backups -i inventories/lab.py
    """
    host, settings = _settings(inventory, data)
    from lakestead.backup import listing
    from lakestead.errors import DONE, REFUSED

    if last_drill:
        sys.exit(DONE if listing.show_drill(host, settings) else REFUSED)
    passed = listing.show(host, settings, verify=verify, newest=newest, as_json=as_json)
    sys.exit(DONE if passed else REFUSED)


@click.command()
@_inventory
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--lock-wait", type=Duration(), metavar="TIME", help="Wait so long for another run to end."
)
def drill(inventory: str, data: tuple[str, ...], yes: bool, lock_wait: float | None) -> None:
    """Back up now, restore into a fresh database, start a metastore on it, compare and read.

    What it makes is removed, but for the backup. Exit code 0: passed; 1: failed.

    \b
    lakestead drill -i inventories/lab.py
    """
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup import listing
    from lakestead.backup.request import DRILL, current
    from lakestead.plan.document import Target
    from lakestead.run.commands import Output, apply_deploy

    current.drill = True
    target = Target(deploy=str(DRILL), inventory=inventory, data=pairs(data))
    code = apply_deploy(target, Output(), yes=yes, lock_wait=lock_wait)
    if code == 0:
        listing.show_drill(*_settings(inventory, data))
    sys.exit(code)


@click.command()
@_inventory
@click.option("--backup", metavar="ID", default="", help="This one, and not the newest good one.")
@click.option("--overwrite", metavar="DATABASE", default="", help="Replace it though it is alive.")
@click.option("--roll-forward", is_flag=True, help="Take over commits made after the backup.")
@click.option("--max-age", metavar="TIME", help="Accept one as old as this (48h, 90d).")
@click.option("--from-cluster", metavar="UID", default="", help="Accept one of this other cluster.")
@click.option("--plan", "only_plan", is_flag=True, help="Only show it. Exit code 3.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--lock-wait", type=Duration(), metavar="TIME", help="Wait so long for another run to end."
)
def recover(
    inventory: str,
    data: tuple[str, ...],
    backup: str,
    overwrite: str,
    roll_forward: bool,
    max_age: str | None,
    from_cluster: str,
    only_plan: bool,
    yes: bool,
    lock_wait: float | None,
) -> None:
    """Put a backup in the place of the metastore's database, and say what was lost.

    The newest good one, by default; what is damaged, foreign or too old is refused. A database that is
    not empty is replaced only by name, and kept under another one. Exit code 0: done; 1: failed; 4: refused.

    \b
    lakestead recover -i inventories/lab.py --plan
    lakestead recover -i inventories/lab.py --yes
    """
    hours = _hours(max_age) if max_age else None
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup.request import RECOVER, current
    from lakestead.plan.document import Target
    from lakestead.run.commands import Output, apply_deploy, plan

    current.backup, current.overwrite, current.cluster = backup, overwrite, from_cluster
    current.max_age_hours, current.roll_forward = hours, roll_forward
    target = Target(deploy=str(RECOVER), inventory=inventory, data=pairs(data))
    output = Output(everything=True)
    if only_plan:
        sys.exit(plan(target, output, ""))
    try:
        code = apply_deploy(target, output, yes=yes, lock_wait=lock_wait)
    finally:
        for line in current.report:
            click.echo(line)
    sys.exit(code)


def _hours(text: str) -> float:
    import re

    found = re.fullmatch(r"(\d+(?:\.\d+)?)([hd])", text)
    if not found:
        raise click.BadParameter(f"{text} is no age: write 48h or 90d.", param_hint="--max-age")
    return float(found[1]) * (24 if found[2] == "d" else 1)


def _settings(inventory: str, data: tuple[str, ...]) -> tuple[Host, Settings]:
    """The host that stands for the cluster, and its settings."""
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup.inventory import main

    return main(inventory, pairs(data))
