"""``lakestead queries``: the command line. The work is imported when it is done."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from lakestead.run.cli import pairs


class _Numbers(click.ParamType[list[int]]):
    """``1,6,14-16``."""

    name = "numbers"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> list[int]:
        found: list[int] = []
        for part in value.split(","):
            match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
            if match is None:
                self.fail(f"{part!r} is no number of a query: write 1,6,14-16", param, ctx)
            found += range(int(match[1]), int(match[2] or match[1]) + 1)
        if not found or min(found) < 1 or max(found) > 22:
            self.fail("there are queries 1 to 22", param, ctx)
        return found


@click.command()
@click.option("-i", "--inventory", metavar="FILE", required=True, help="Inventory.")
@click.option("--data", metavar="KEY=VALUE", multiple=True, help="Override a setting.")
@click.option("--only", type=_Numbers(), default="1-22", metavar="LIST", help="1,6,14-16")
@click.option(
    "--runs", type=click.IntRange(1, 100), default=2, help="Of each query; the best counts."
)
@click.option("--pushdown", is_flag=True, help="Run selective queries without pushdown too.")
@click.option("--check", is_flag=True, help="Compare the answers with the generator's own data.")
@click.option("--limit", type=float, default=0.0, help="Seconds that no query may take longer.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--markdown", metavar="FILE", help="Write the tables for docs too.")
@click.option(
    "--keep", metavar="FILE", help="Write JSON there after each query, and go on from it."
)
def queries(
    inventory: str,
    data: tuple[str, ...],
    only: list[int],
    runs: int,
    pushdown: bool,
    check: bool,
    limit: float,
    as_json: bool,
    markdown: str | None,
    keep: str | None,
) -> None:
    """Time the 22 queries of TPC-H on the lakehouse's tables. Changes nothing.

    The tables are made by objective 3.2. Exit code 0: all answered in time; 1: one did not, or answered
    otherwise than it should.

    With --keep nothing is lost where it is interrupted: what the file has is not measured again. A file of
    other tables or servers is refused.

    \b
    lakestead queries -i inventories/lab.py --runs 3 --pushdown
    """
    from lakestead.run.cli import patch

    patch()
    from lakestead.backup.inventory import main
    from lakestead.errors import DONE, FAILED
    from lakestead.report import queries as report
    from lakestead.tpch.kept import read, write
    from lakestead.tpch.times import Wanted, nothing_yet, times

    for file in filter(None, (markdown, keep)):
        _folder(file)
    wanted = Wanted(only, runs, pushdown, check, limit)

    def kept(document: report.QueriesDocument) -> None:
        if keep:
            write(Path(keep), document.model_dump_json(by_alias=True, indent=2) + "\n")
        if markdown:
            Path(markdown).write_text(report.markdown(document.only(only)), encoding="utf-8")

    host, settings = main(inventory, pairs(data))
    before = read(Path(keep), nothing_yet(settings, wanted)) if keep else None
    document = times(
        host,
        settings,
        wanted,
        say=lambda line: click.echo(line, err=True),
        keep=kept,
        before=before,
    )
    kept(document)
    document = document.only(only)
    click.echo(
        document.model_dump_json(by_alias=True, indent=2) if as_json else report.text(document)
    )
    sys.exit(FAILED if document.failed() else DONE)


def _folder(file: str) -> None:
    """Raises WrongUsage where a file could not be written in the end."""
    from lakestead.errors import WrongUsage

    if not Path(file).absolute().parent.is_dir():
        raise WrongUsage(
            "The times cannot be written",
            where=file,
            found="there is no such folder",
            do=f"mkdir -p {Path(file).parent}",
        )
