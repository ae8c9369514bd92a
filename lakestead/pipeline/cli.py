"""``lakestead pipeline``: the tables of objective 3.3 and Trino's answers from them, compared."""

from __future__ import annotations

import click

from lakestead.plan.table import table
from lakestead.run.cli import pairs


@click.command()
@click.option("-i", "--inventory", metavar="FILE", required=True, help="Inventory.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting.")
def pipeline(inventory: str, data: tuple[str, ...]) -> None:
    """Ask Trino the questions of objective 3.3 and compare its answers with the raw files.

    Changes nothing. Exit code 1 where a table or an answer is not what Python makes of the files.
    """
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup.inventory import main
    from lakestead.kube.session import api
    from lakestead.pipeline.asked import asked
    from lakestead.pipeline.data import TABLES
    from lakestead.pipeline.look import place
    from lakestead.pipeline.questions import QUESTIONS

    host, settings = main(inventory, pairs(data))
    looked, answers = asked(api(host), settings)
    tables = [
        [
            place(settings, item),
            str(len(looked.rows[item.name])),
            str(len(looked.files(item))),
            str(looked.snapshots[item.name]),
        ]
        for item in TABLES
    ]
    click.echo(table(["Table", "Rows", "Raw files", "Snapshot"], tables))
    for answer in answers:
        click.echo(f"\n{answer.question.title}")
        rows = [["NULL" if cell is None else str(cell) for cell in row] for row in answer.rows]
        click.echo(table(list(answer.columns), rows))
    click.echo(
        f"\n{len(answers)} of {len(QUESTIONS)} answers are as Python computes them from the raw files,"
        " and so is every row of the tables"
    )
