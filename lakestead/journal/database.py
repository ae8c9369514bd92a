"""Take back a database or role of PostgreSQL that a run had made; data are never deleted."""

from __future__ import annotations

from collections.abc import Callable

from lakestead.journal.steps import Step, as_before, cannot, take_back
from lakestead.journal.undo import Undo

Query = Callable[[str], list[str]]
"""Asks PostgreSQL: ``lakestead.postgresql.psql.query`` of one host."""

AGAIN = Undo("none", cannot="the next run makes it again")


def plan_database(query: Query | None, name: str) -> Step:
    """A database is dropped where it has no table."""
    kind = "PostgreSQL database"
    if query is None:
        return cannot(kind, name, "its host is not in the inventory")
    if not query(f"SELECT 1 FROM pg_database WHERE datname = {_text(name)}"):
        return as_before(kind, name, "it is not there")
    [tables] = query(
        f"\\connect {_name(name)}\n"
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') "
        "AND n.nspname !~ '^pg_toast' AND c.relkind IN ('r', 'p', 'm', 'S', 'f')"
    )
    if tables != "0":
        return cannot(kind, name, f"it holds {tables} tables and sequences")

    def do() -> str:
        query(f"DROP DATABASE {_name(name)}")
        return f"database {name} is gone"

    return take_back(kind, name, "delete", do, AGAIN, why="the run had made it; it is empty")


def plan_role(query: Query | None, name: str, going: frozenset[str]) -> Step:
    """A role is dropped where it owns no database but those that go.

    + going: databases that are dropped by the same rollback
    """
    kind = "PostgreSQL role"
    if query is None:
        return cannot(kind, name, "its host is not in the inventory")
    if not query(f"SELECT 1 FROM pg_roles WHERE rolname = {_text(name)}"):
        return as_before(kind, name, "it is not there")
    owns = query(
        "SELECT d.datname FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba "
        f"WHERE r.rolname = {_text(name)} ORDER BY 1"
    )
    left = [database for database in owns if database not in going]
    if left:
        return cannot(kind, name, f"it owns database {left[0]}")

    def do() -> str:
        query(f"DROP ROLE {_name(name)}")
        return f"role {name} is gone"

    return take_back(kind, name, "delete", do, AGAIN, why="the run had made it")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
