"""How many connections the metastore's role may have."""

from __future__ import annotations

from collections.abc import Iterator

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.postgresql.psql import query
from lakestead.settings.metastore import Metastore


@operation
def connection_limit(settings: Metastore, pods: int) -> Iterator[Command]:
    """Limit the metastore's role to the connections that its pods' pools can open.

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
    found = query(host, f"SELECT rolconnlimit FROM pg_roles WHERE rolname = '{role}'")
    if found == [str(limit)]:
        show(host, [Change("PostgreSQL connection limit", role, "unchanged")])
        host.noop(f"role {role} may have {limit} connections")
        return
    before = found[0] if found else "-1"
    why = f"{'any number' if before == '-1' else before} becomes {limit}"
    change = Change("PostgreSQL connection limit", role, "update", why=why)
    show(host, [change])

    def set_limit() -> str:
        query(host, f'ALTER ROLE "{role}" CONNECTION LIMIT {limit}')
        return f"role {role} may have {limit} connections"

    back = f'ALTER ROLE "{role}" CONNECTION LIMIT {before}'
    yield ApiCommand(
        f"limit role {role} to {limit} connections",
        set_limit,
        change=change,
        undo=Undo("none", cannot=back),
    )
