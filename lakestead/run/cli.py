"""``lakestead plan`` and ``lakestead apply``: the command lines. The work is imported when it is done."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from lakestead.plan.document import Target
    from lakestead.run.commands import Output

F = TypeVar("F", bound=Callable[..., Any])
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Duration(click.ParamType):  # type: ignore[type-arg]
    """Seconds, or a number with ``s``, ``m`` or ``h``."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """What was typed, in seconds."""
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value))
        if not found:
            self.fail(f"{value} is no time: write 90, 90s, 10m or 1h.", param, ctx)
        return float(found[1]) * UNITS[found[2]]


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


_target = _options(
    click.option(
        "-i", "--inventory", metavar="FILE", help="Inventory: the hosts and their groups."
    ),
    click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting."),
    click.option("--limit", metavar="NAME", multiple=True, help="Only this host or group."),
)
_output = _options(
    click.option("--no-diff", is_flag=True, help="Leave the diffs out."),
    click.option("--all", "everything", is_flag=True, help="List unchanged things too."),
    click.option("--events", metavar="FILE", help="Write JSON events, one a line; - for stdout."),
    click.option("--junit", metavar="FILE", help="Write JUnit XML."),
    click.option("-v", "--verbose", is_flag=True, help="Also what pyinfra logs; tracebacks."),
)


@click.command()
@click.argument("deploy", metavar="DEPLOY")
@_target
@click.option("-o", "--out", metavar="FILE", help="Keep the plan, to apply exactly it later.")
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@_output
def plan(
    deploy: str,
    inventory: str | None,
    data: tuple[str, ...],
    limit: tuple[str, ...],
    out: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Show what DEPLOY would change. Changes nothing.

    Exit code 0: nothing to change; 3: changes pending; 4: refused by a gate or a conflict.

    \b
    lakestead plan deploys/phase1.py -i inventories/lab.py -o plan.json
    """
    if as_json and options["events"] == "-":
        raise click.UsageError("--json and --events - both write to standard output.")
    patch()
    from lakestead.run import commands

    target = _made(deploy, inventory, data, limit)
    sys.exit(commands.plan(target, _to(as_json=as_json, **options), out or ""))


@click.command()
@click.argument("plan_or_deploy", metavar="PLAN|DEPLOY")
@_target
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--lock-wait",
    type=Duration(),
    metavar="TIME",
    help="Wait so long for another run to end (90, 10m); by default refuse at once.",
)
@_output
def apply(
    plan_or_deploy: str,
    inventory: str | None,
    data: tuple[str, ...],
    limit: tuple[str, ...],
    yes: bool,
    lock_wait: float | None,
    **options: Any,
) -> None:
    """Do what a plan says, or plan a deploy file, ask and do it.

    A plan file is applied only if everything is as it was when it was made: else it is refused.

    \b
    lakestead apply plan.json
    lakestead apply deploys/phase1.py -i inventories/lab.py
    """
    patch()
    from lakestead.run import commands

    if plan_or_deploy.endswith(".py"):
        target = _made(plan_or_deploy, inventory, data, limit)
        sys.exit(commands.apply_deploy(target, _to(**options), yes=yes, lock_wait=lock_wait))
    if inventory or data or limit:
        raise click.UsageError("A plan has its own inventory, data and limit.")
    sys.exit(commands.apply_plan(plan_or_deploy, _to(**options), lock_wait=lock_wait))


def patch() -> None:
    """Let gevent patch the standard library, before anything that opens connections is imported."""
    import pyinfra_cli  # noqa: F401

    # pyinfra imports paramiko, and that imports invoke: a tenth of a run's start, and pyinfra puts its
    # own in the place of it (pyinfra.connectors.sshuserclient.config).
    if "invoke" not in sys.modules:
        sys.modules["invoke"] = None  # type: ignore[assignment]
        try:
            import pyinfra  # noqa: F401
        finally:
            del sys.modules["invoke"]


def _made(
    deploy: str, inventory: str | None, data: tuple[str, ...], limit: tuple[str, ...]
) -> Target:
    if not inventory:
        raise click.UsageError("Missing option '-i' / '--inventory'.")
    from lakestead.plan.document import Target

    return Target(deploy=deploy, inventory=inventory, data=pairs(data), limit=limit)


def pairs(data: tuple[str, ...]) -> dict[str, str]:
    """``KEY=VALUE`` of ``--data``, as they were typed."""
    found = [item.partition("=") for item in data]
    for name, separator, _ in found:
        if not separator or not name:
            raise click.UsageError(f"--data {name} is not KEY=VALUE.")
    return {name: value for name, _, value in found}


def _to(
    *,
    no_diff: bool,
    everything: bool,
    events: str | None,
    junit: str | None,
    verbose: bool,
    as_json: bool = False,
) -> Output:
    from lakestead.run.commands import Output

    return Output(
        diffs=not no_diff,
        everything=everything,
        events=events or "",
        junit=junit or "",
        json=as_json,
        verbose=verbose,
    )
