"""How many connections the metastore's role may have."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import show
from lakestead.plan.change import Change, with_unchanged
from lakestead.postgresql.psql import query
from lakestead.settings.metastore import Metastore


@operation
def connection_limit(settings: Metastore, pods: int) -> Iterator[Command]:
    """Limit the metastore's role, and logins that act for it, to the connections that its pods' pools can open.

    So a metastore that goes wild leaves PostgreSQL to its other users. A PostgreSQL that does not allow
    as many in all is refused: some day a replica would not get one.

    + settings: the metastore's section
    + pods: how many run at most, with the one that a rollout adds

    **Example:**

    .. code:: python

        database_limit.connection_limit(name="Limit its connections", settings=settings, pods=3)
    """
    role, limit = settings.database.role, settings.database.connections(pods)
    [allowed] = query(
        host,
        "SELECT current_setting('max_connections')::int"
        " - current_setting('superuser_reserved_connections')::int",
    )
    if int(allowed) < limit:
        raise LakesteadError(
            "PostgreSQL does not allow as many connections as the metastore may open",
            where=host.name,
            found=f"{allowed}: max_connections less superuser_reserved_connections",
            expected=f"{limit}: {pods} pods (one more than replicas, during a rollout) with five pools "
            f"of {settings.database.pool_size}, one each for the schema tool, and 5",
            do="raise max_connections, or lower metastore.database.pool_size or the replicas",
        )
    logins = [line.split("|") for line in query(host, _LOGINS.format(role=role))] or [[role, "-1"]]
    changes = {
        login: Change(
            "PostgreSQL connection limit", login, "update", why=f"{_said(now)} becomes {limit}"
        )
        for login, now in logins
        if now != str(limit)
    }
    things = [("PostgreSQL connection limit", login) for login, _ in logins]
    show(host, with_unchanged(list(changes.values()), *things))
    if not changes:
        host.noop(f"role {role} may have {limit} connections")
        return
    for login, now in logins:
        if login in changes:
            yield ApiCommand(
                f"limit role {login} to {limit} connections",
                partial(_set, login, limit),
                change=changes[login],
                undo=Undo("none", cannot=f'ALTER ROLE "{login}" CONNECTION LIMIT {now}'),
            )


# The role, and the logins that act for it: a password is changed by way of a second one.
_LOGINS = """
SELECT r.rolname, r.rolconnlimit FROM pg_roles r
WHERE r.rolname = '{role}' OR r.rolcanlogin AND NOT r.rolsuper AND EXISTS (
  SELECT FROM pg_auth_members m JOIN pg_roles o ON o.oid = m.roleid
  WHERE m.member = r.oid AND o.rolname = '{role}')
ORDER BY 1
"""


def _said(limit: str) -> str:
    return "any number" if limit == "-1" else limit


def _set(login: str, limit: int) -> str:
    query(host, f'ALTER ROLE "{login}" CONNECTION LIMIT {limit}')
    return f"role {login} may have {limit} connections"
