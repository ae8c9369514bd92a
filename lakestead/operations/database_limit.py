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
def connection_limit(settings: Metastore, replicas: int, surge: int) -> Iterator[Command]:
    """Limit the metastore's users to the connections that its pods' pools can open.

    So a metastore that goes wild leaves PostgreSQL to its other users. A PostgreSQL that does not allow
    as many in all is refused: some day a replica would not get one.

    + settings: the metastore's section
    + replicas: how many serve; in a rollout as many drain while their successors serve
    + surge: how many a rollout adds

    **Example:**

    .. code:: python

        database_limit.connection_limit(name="Limit its connections", settings=settings, replicas=2, surge=1)
    """
    pods = replicas + surge
    role, limit = settings.database.role, settings.database.connections(pods, replicas)
    users = ", ".join(f"'{user}'" for user in settings.database.users)
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
            f"of {settings.database.pool_size}, one each for the schema tool, 5 for each pod that "
            "drains, and 5",
            do="raise max_connections, or lower metastore.database.pool_size or the replicas",
        )
    logins = [line.split("|") for line in query(host, _LOGINS.format(users=users))] or [
        [role, "-1"]
    ]
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


# Those that are there of the metastore's users; what somebody else granted the role to is none of them.
_LOGINS = """
SELECT rolname, rolconnlimit FROM pg_roles WHERE rolname IN ({users}) ORDER BY 1
"""


def _said(limit: str) -> str:
    return "any number" if limit == "-1" else limit


def _set(login: str, limit: int) -> str:
    query(host, f'ALTER ROLE "{login}" CONNECTION LIMIT {limit}')
    return f"role {login} may have {limit} connections"
