"""The metastore's database and copies of it, by SQL of PostgreSQL's superuser."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from lakestead.errors import LakesteadError
from lakestead.plan.backup import IcebergTable

Query = Callable[[str], list[str]]
"""Asks PostgreSQL: ``lakestead.postgresql.psql.query`` of the host of group ``database``."""

UNFINISHED = "lakestead: recovery not finished, backup "
FINISHED = "lakestead: recovered from backup "
ATTEMPTS = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The metastore's database.

    + there: whether there is one of that name
    + closed: nobody may connect to it: a recovery is about to put another in its place
    + tables, databases: of the metastore in it, the database ``default`` not counted
    + unfinished: ID of the backup that it was recovered from, where that recovery did not end
    """

    there: bool
    closed: bool = False
    tables: int = 0
    databases: int = 0
    unfinished: str = ""

    @property
    def alive(self) -> bool:
        """Whether somebody would miss it."""
        return self.closed or self.tables > 0 or self.databases > 0


def look(query: Query, name: str) -> Found:
    """What there is of a database."""
    rows = query(
        "SELECT datallowconn, coalesce(shobj_description(oid, 'pg_database'), '') "
        f"FROM pg_database WHERE datname = '{name}'"
    )
    if not rows:
        return Found(there=False)
    open_, _, comment = rows[0].partition("|")
    unfinished = comment.removeprefix(UNFINISHED) if comment.startswith(UNFINISHED) else ""
    if open_ != "t":
        return Found(there=True, closed=True, unfinished=unfinished)
    [schema] = query(f"""\\connect "{name}"\nSELECT to_regclass('"TBLS"') IS NOT NULL""")
    if schema != "t":
        return Found(there=True, unfinished=unfinished)
    counts = query(
        f'\\connect "{name}"\nSELECT (SELECT count(*) FROM "TBLS"), '
        """(SELECT count(*) FROM "DBS" WHERE "NAME" <> 'default')"""
    )
    tables, databases = counts[0].split("|")
    return Found(True, False, int(tables), int(databases), unfinished)


def iceberg_tables(query: Query, name: str) -> list[IcebergTable]:
    """The Iceberg tables that a metastore's database names."""
    rows = query(
        f"""\\connect "{name}"
        SELECT d."NAME" || '.' || t."TBL_NAME", s."LOCATION", p."PARAM_VALUE"
        FROM "TBLS" t
        JOIN "DBS" d ON d."DB_ID" = t."DB_ID"
        JOIN "SDS" s ON s."SD_ID" = t."SD_ID"
        JOIN "TABLE_PARAMS" p ON p."TBL_ID" = t."TBL_ID" AND p."PARAM_KEY" = 'metadata_location'
        ORDER BY 1"""
    )
    found = [row.split("|") for row in rows]
    return [IcebergTable(name=a, location=b, metadata_location=c) for a, b, c in found]


def create(query: Query, name: str, owner: str) -> None:
    """An empty database that ``owner`` owns, and nobody else may connect to."""
    query(f'CREATE DATABASE "{name}" OWNER "{owner}"')
    query(f'REVOKE CONNECT ON DATABASE "{name}" FROM PUBLIC')


def drop(query: Query, name: str) -> None:
    """Drop a copy, whoever is connected to it."""
    query(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def leftovers(query: Query, prefix: str) -> list[str]:
    """Databases whose names begin with ``prefix``: copies that a killed run left."""
    return query(
        f"SELECT datname FROM pg_database WHERE starts_with(datname, '{prefix}') ORDER BY 1"
    )


def swap(query: Query, name: str, new: str, aside: str, backup: str, found: Found) -> None:
    """Give database ``new`` the name ``name``, in one transaction; one that has it is put ``aside``.

    + backup: ID of the backup that ``new`` is from; noted until ``finished``
    """
    rename = (
        f'ALTER DATABASE "{new}" RENAME TO "{name}"; GRANT CONNECT ON DATABASE "{name}" TO PUBLIC; '
        f"COMMENT ON DATABASE \"{name}\" IS '{UNFINISHED}{backup}';"
    )
    if found.there:
        query(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        rename = (
            f'ALTER DATABASE "{name}" RENAME TO "{aside}"; '
            f'ALTER DATABASE "{aside}" ALLOW_CONNECTIONS true; {rename}'
        )
    try:
        _disconnect(query, name)
        _disconnect(query, new)
        query(f"BEGIN; {rename} COMMIT;")
    except BaseException:
        if found.there and not found.closed:
            # Nobody else would open it again. Where only the answer was lost, it is the new one, and open.
            query(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        raise


def finished(query: Query, name: str, backup: str) -> None:
    """Note that all of the recovery was done."""
    query(f"COMMENT ON DATABASE \"{name}\" IS '{FINISHED}{backup}'")


def _disconnect(query: Query, name: str) -> None:
    where = f"FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    for _ in range(ATTEMPTS):
        query(f"SELECT pg_terminate_backend(pid) {where}")
        if query(f"SELECT count(*) {where}") == ["0"]:
            return
        time.sleep(0.2)
    raise LakesteadError(
        f"Sessions on database {name} cannot be ended",
        found="\n".join(query(f"SELECT pid, usename, application_name, state {where}")),
        do="see what they are, and run again",
    )
