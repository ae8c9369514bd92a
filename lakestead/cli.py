"""The ``lakestead`` command. Subcommands are imported when they are run, so that help is quick."""

from __future__ import annotations

import importlib
import sys

import click

INTERRUPTED = 130
"""As in lakestead.errors, which help must not wait for: it imports pyinfra."""

_COMMANDS = {
    "review": ("lakestead.objectives.review_cli", "review", "Is the cluster ready? What is next?"),
    "execute": ("lakestead.objectives.execute_cli", "execute", "Execute one objective."),
    "verify": (
        "lakestead.objectives.execute_cli",
        "verify",
        "Ask for an objective's deliverables.",
    ),
    "status": ("lakestead.objectives.cli", "status", "Show the objectives and the next step."),
    "reset": ("lakestead.objectives.cli", "reset", "Set an objective to pending."),
    "plan": ("lakestead.run.cli", "plan", "Show what a deploy file would change."),
    "apply": ("lakestead.run.cli", "apply", "Do what a plan says, or plan, ask and do it."),
    "capacity": (
        "lakestead.capacity.cli",
        "capacity",
        "Show what is free, and whether what is planned fits.",
    ),
    "rollback": ("lakestead.journal.cli", "rollback", "Take back what a run has changed."),
    "backups": ("lakestead.backup.cli", "backups", "List the backups of the metadata."),
    "drill": ("lakestead.backup.cli", "drill", "Restore a backup beside, and compare."),
    "recover": (
        "lakestead.backup.cli",
        "recover",
        "Put a backup in the place of the metastore's database.",
    ),
    "query": ("lakestead.trino.cli", "query", "Ask Trino one question."),
    "queries": ("lakestead.tpch.cli", "queries", "Time the queries of TPC-H on Trino."),
    "pipeline": ("lakestead.pipeline.cli", "pipeline", "Ask Trino what raw files became."),
    "journal": ("lakestead.journal.cli", "journal", "List what runs have done."),
    "lab": ("lakestead.lab.cli", "lab", "Run every real part on this one machine."),
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="lakestead")
def cli() -> None:
    """Bring a lakehouse up on a Kubernetes homelab, objective by objective."""


def main() -> None:
    """Entry point: a LakesteadError is one message and its exit code."""
    try:
        code = cli.main(standalone_mode=False)  # what a command gave to context.exit
        sys.exit(code if isinstance(code, int) else 0)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted. The next run goes on from here.", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except Exception as error:
        from lakestead.errors import LakesteadError

        if not isinstance(error, LakesteadError):
            raise
        click.echo(click.style("Error: ", fg="red", bold=True) + str(error), err=True)
        sys.exit(error.exit_code)
