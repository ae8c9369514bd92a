"""Fill the tables by which query times are measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from pyinfra import host, state

from lakestead.journal.undo import DATA
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, failure, operation
from lakestead.operations.object_storage_later import not_known
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change, with_unchanged
from lakestead.settings import Settings
from lakestead.tpch.look import look
from lakestead.tpch.measure import tables_of
from lakestead.tpch.tables import TABLES, Found, Tables
from lakestead.trino.client import TrinoError, connected, rows
from lakestead.trino.secrets import Login, login, required


@operation
def tables(settings: Settings) -> Iterator[Command]:
    """Make the eight tables of TPC-H in the lakehouse, from Trino's own generator.

    What is there is left; tables of another scale are refused. A run that was killed is finished by the
    next one: each statement is done whole or not at all.

    + settings: all of them

    **Example:**

    .. code:: python

        tpch.tables(name="Fill the tables of TPC-H", settings=settings)
    """
    section, wanted = required(settings), tables_of(settings)
    known = login(api(host), settings)
    found, problem = _look(section.url, known, wanted)
    missing = wanted.missing(found)
    if known is None or problem is not None:
        if state.is_executing:
            raise problem or TrinoError("Trino cannot be asked", found="its Secrets are not there")
        why = problem.found if problem else f"Secret {section.users_secret} is written first"
        later = [Change("Iceberg table", wanted.name(table), "create") for table in missing]
        show(host, not_known(later, why))
        yield failure(problem or TrinoError("Trino cannot be asked", found=why))
        return
    changes = {
        table: Change(
            "Iceberg table",
            wanted.name(table),
            "update" if table in found.tables else "create",
            why=f"scale {wanted.scale:g}, {len(statements)} statements",
        )
        for table, statements in missing.items()
    }
    things = [("Iceberg table", wanted.name(table)) for table in TABLES]
    show(host, with_unchanged(changes.values(), *things))
    if not missing:
        host.noop(f"the tables of scale {wanted.scale:g} are there")
        return
    place = f"{settings.metastore.warehouse.external}/{wanted.namespace}.db"
    schema = (
        f"CREATE SCHEMA IF NOT EXISTS {wanted.catalog}.{wanted.namespace}"
        f" WITH (location = '{place}')"
    )
    say = progress(host)
    for table, statements in missing.items():
        yield ApiCommand(
            f"fill {wanted.name(table)}",
            partial(_run, section.url, known, [schema, *statements], say),
            change=changes[table],
            undo=DATA,
        )


def _look(url: str, known: Login | None, wanted: Tables) -> tuple[Found, TrinoError | None]:
    """What is there; or nothing, and why Trino does not say."""
    nothing = Found(frozenset(), {})
    if known is None:
        return nothing, None
    try:
        with connected(url, known, timeout=15, attempts=1) as trino:
            return look(trino, wanted, url), None
    except TrinoError as error:
        return nothing, error


def _run(url: str, known: Login, statements: list[str], say: Callable[[str], None]) -> str:
    written = 0
    with connected(url, known) as trino:
        for number, statement in enumerate(statements, 1):
            if len(statements) > 2:
                say(f"statement {number} of {len(statements)}")
            written += sum(int(row[0]) for row in rows(trino, statement, url) if row[0] is not True)
    return f"{written} rows"
