"""``lakestead review``: the command line. The work is imported when it is done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from lakestead.objectives.cli import opened, project_options

if TYPE_CHECKING:
    from lakestead.objectives.project import Project


@click.command()
@project_options
@click.option("--answer", "answered", metavar="QUESTION=yes|no", multiple=True, help="Answer it.")
@click.option("--no-ask", is_flag=True, help="Leave what nobody has answered unknown.")
@click.option("-o", "--out", metavar="FILE", help="Also write it as Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def review(
    answered: tuple[str, ...], no_ask: bool, out: str | None, as_json: bool, **options: Any
) -> None:
    """Is the cluster ready, and what is the next step? Changes nothing in it.

    What no cluster can tell is asked once, and kept in the inventory's group data with who and when.
    Exit code 0: ready; 4: something is in the way.

    \b
    lakestead review -i inventories/lab.py
    """
    project = opened(**options)
    from lakestead.errors import DONE, REFUSED, LakesteadError
    from lakestead.objectives.review import connected_api
    from lakestead.objectives.review import review as look
    from lakestead.report.review import coloured, document, markdown

    project = _with_answers(project, answered, ask=not (no_ask or as_json))
    found = look(project, connected_api(project))
    if as_json:
        click.echo(document(found), nl=False)
    else:
        click.echo(coloured(markdown(found)), nl=False)
    if out:
        try:
            Path(out).write_text(markdown(found), encoding="utf-8")
        except OSError as error:
            raise LakesteadError(
                "The review cannot be written", where=out, found=error.strerror or str(error)
            ) from None
    sys.exit(DONE if found.ready else REFUSED)


def _with_answers(project: Project, answered: tuple[str, ...], *, ask: bool) -> Project:
    """The project with what is answered now, which is kept in the settings."""
    from dataclasses import replace
    from datetime import UTC, datetime

    from lakestead.connectors.terminal import has_terminal
    from lakestead.journal.run import who
    from lakestead.objectives.answers import given, record
    from lakestead.plan.triggers import ASKED
    from lakestead.settings.review import Answer
    from lakestead.settings.source import Sources

    new = given(answered)
    if ask and has_terminal():
        for name, question in ASKED.items():
            if name in project.settings.answers or name in new:
                continue
            choice = click.Choice(["yes", "no", "later"])
            answer = click.prompt(question.text, type=choice, default="later", err=True)
            if answer == "later":
                continue
            new[name] = answer
    if not new:
        return project
    at = datetime.now(UTC).date().isoformat()
    made = {name: Answer(answer=word, by=who(), at=at) for name, word in new.items()}  # type: ignore[arg-type]
    answers = {**project.settings.answers, **made}
    file = record(answers, Sources.of(project.host), project.target.inventory)
    click.echo(f"Kept in {file}: {', '.join(new)}", err=True)
    return replace(project, settings=project.settings.model_copy(update={"answers": answers}))
