"""``lakestead lab``: up, add, status, logs, down, destroy."""

from __future__ import annotations

import json as json_format
import subprocess
import time
from typing import cast

import click

from lakestead.errors import LakesteadError
from lakestead.lab.paths import kubeconfig, lab_dir
from lakestead.lab.programs import Profile


@click.group(name="lab")
def lab() -> None:
    """Run every real part of a lakehouse homelab on this one machine."""


@lab.command()
@click.argument("profile", type=click.Choice(["api", "full"]), default="full")
@click.option(
    "--phase",
    type=click.IntRange(1, 3),
    default=3,
    show_default=True,
    help="The last phase to build images for; later ones can be built later.",
)
def up(profile: str, phase: int) -> None:
    """Bring the lab up, or heal what is missing of it.

    PROFILE is `full` (default), or `api` for the control plane alone.
    """
    from lakestead.lab import up as bring
    from lakestead.lab.steps import StepFailed

    began = time.monotonic()
    try:
        parts = bring.up(cast(Profile, profile), phase)
    except StepFailed as failed:
        raise LakesteadError(
            f"the lab is not up: {failed.step} failed",
            found=str(failed.error),
            do="lakestead lab up goes on from here; lakestead lab status shows every part",
        ) from failed.error
    took = time.monotonic() - began
    if not parts:
        click.echo(f"The lab is up; nothing was touched ({took:.1f} s).")
    else:
        click.echo(f"The lab is up ({took:.1f} s).")
    click.echo(f"  export KUBECONFIG={kubeconfig()}")


@lab.command()
@click.argument("part", type=click.Choice(["airflow"]))
def add(part: str) -> None:
    """Add a part that a homelab has before the platform comes: its own Airflow.

    Database and Secrets are made, and the part is committed to the homelab repo, for Flux of phase 1.
    """
    from lakestead.lab import homelab

    for line in homelab.add(part):
        click.echo(line)


@lab.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON (schema in docs/reference.md).")
@click.pass_context
def status(context: click.Context, as_json: bool) -> None:
    """Show every part; exit code 1 if one is not as it should be."""
    from lakestead.lab import status as look

    rows = look.status()
    if as_json:
        click.echo(json_format.dumps([row.as_json() for row in rows], indent=2))
    else:
        look.print_table(rows)
    if not rows or any(row.state != "up" for row in rows):
        context.exit(1)


@lab.command()
@click.argument("part")
@click.option("-n", "--lines", default=100, show_default=True, help="How many lines.")
def logs(part: str, lines: int) -> None:
    """Print the last lines of a part: a host program, a deployment, or a pod."""
    from lakestead.lab import logs as read

    click.echo(read.logs(part, lines))


@lab.command()
def down() -> None:
    """Stop the lab and leave nothing behind but its data."""
    from lakestead.lab import down as take

    take.down(click.echo)
    click.echo(f"The lab is down; its data is kept in {lab_dir()}.")


@lab.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def destroy(yes: bool) -> None:
    """Stop the lab and delete its data."""
    from lakestead.lab import down as take

    if not lab_dir().exists():
        click.echo(f"There is no lab in {lab_dir()}.")
        return
    if not yes:
        click.confirm(f"Delete the lab and all its data in {lab_dir()}?", abort=True)
    take.destroy(click.echo)
    click.echo("The lab is gone. What was built stays in the cache.")


# Everything from its first word on is kubectl's, a "--" too.
@lab.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def kubectl(context: click.Context, arguments: tuple[str, ...]) -> None:
    """Run the lab's kubectl against the lab."""
    from lakestead.lab.golang import go_program

    if not kubeconfig().exists():
        raise LakesteadError("the lab was not brought up yet", do="lakestead lab up")
    kubectl = go_program("kubectl")
    if not kubectl.entry.path.exists():  # profile api comes without it
        kubectl.ensure(lambda said: click.echo(said, err=True))
    done = subprocess.run(
        [str(kubectl.program("kubectl")), f"--kubeconfig={kubeconfig()}", *arguments]
    )
    context.exit(done.returncode)
