"""``lakestead query``: one question to Trino from the command line."""

from __future__ import annotations

import click

from lakestead.plan.table import table
from lakestead.run.cli import pairs


@click.command()
@click.argument("sql")
@click.option("-i", "--inventory", metavar="FILE", required=True, help="Inventory.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting.")
def query(sql: str, inventory: str, data: tuple[str, ...]) -> None:
    """Ask Trino as Lakestead's own user and print the answer's rows.

    \b
    lakestead query -i inventories/lab.py "SELECT count(*) FROM lakehouse.sample.orders"
    """
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup.inventory import main
    from lakestead.kube.session import api
    from lakestead.trino.client import columns, connected
    from lakestead.trino.secrets import known_login, required

    host, settings = main(inventory, pairs(data))
    url = required(settings).url
    with connected(url, known_login(api(host), settings)) as trino:
        names, rows = columns(trino, sql.strip().rstrip(";"), url)
    shown = [["NULL" if cell is None else str(cell) for cell in row] for row in rows]
    click.echo(table(names, shown))
    click.echo(f"({len(rows)} row{'' if len(rows) == 1 else 's'})", err=True)
