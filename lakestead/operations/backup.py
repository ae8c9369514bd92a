"""The backup's reader in PostgreSQL, and the drill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from pyinfra import host, inventory, state

from lakestead.backup import databases
from lakestead.backup.drill import Drill
from lakestead.backup.request import current
from lakestead.backup.settings import owner_section, required
from lakestead.backup.store import store
from lakestead.errors import LakesteadError
from lakestead.helm.program import Program
from lakestead.journal.undo import Undo
from lakestead.kube.client import ObjectRef
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.object_storage_later import is_wrong_key, later
from lakestead.operations.show import progress, show
from lakestead.plan import drill as plan
from lakestead.plan.change import Change, with_unchanged
from lakestead.postgresql.psql import query
from lakestead.settings import Settings

if TYPE_CHECKING:
    from pyinfra.api.host import Host

ROLE = "PostgreSQL role"
RIGHTS = "rights of PostgreSQL role"
DRILL = "Drill"


@operation
def reader(settings: Settings) -> Iterator[Command]:
    """Make the role that backups connect as: it can read the metastore's tables, those to come too.

    + settings: all of them

    **Example:**

    .. code:: python

        backup.reader(name="Have a role that can only read", settings=Settings.of(host))
    """
    role, database = required(settings).role, settings.metastore.database
    ask = partial(query, host)
    changes = []
    there = bool(ask(f"SELECT 1 FROM pg_roles WHERE rolname = '{role}'"))
    if not there:
        changes.append(Change(ROLE, role, "create"))
    if not (there and may_read(ask, settings)):
        why = f"SELECT in database {database.name}"
        changes.append(Change(RIGHTS, role, "update" if there else "create", why=why))
    show(host, with_unchanged(changes, (ROLE, role)))
    if not changes:
        host.noop(f"role {role} can read database {database.name}")
        return
    for change in changes:
        action = partial(_make, ask, role) if change.kind == ROLE else partial(grant, ask, settings)
        yield ApiCommand(
            str(change),
            action,
            change=change,
            undo=Undo(
                "none", cannot=f"it can only read; DROP OWNED BY, DROP ROLE {role} removes it"
            ),
        )


def may_read(ask: databases.Query, settings: Settings) -> bool:
    """Whether the backup's role can read all of the metastore's tables, those to come too."""
    role, database = required(settings).role, settings.metastore.database
    if not ask(f"SELECT 1 FROM pg_database WHERE datname = '{database.name}' AND datallowconn"):
        return False
    answer = ask(
        f"""\\connect "{database.name}"
        SELECT has_database_privilege('{role}', current_database(), 'CONNECT')
        AND has_schema_privilege('{role}', 'public', 'USAGE')
        AND (SELECT coalesce(bool_and(CASE relkind
               WHEN 'S' THEN has_sequence_privilege('{role}', oid, 'SELECT')
               ELSE has_table_privilege('{role}', oid, 'SELECT') END), true)
             FROM pg_class WHERE relkind IN ('r', 'p', 'S', 'v')
             AND relnamespace = 'public'::regnamespace)
        AND (SELECT count(DISTINCT d.defaclobjtype) = 2 FROM pg_default_acl d,
             aclexplode(d.defaclacl) a
             WHERE d.defaclrole = '{database.role}'::regrole AND a.grantee = '{role}'::regrole
             AND d.defaclobjtype IN ('r', 'S') AND a.privilege_type = 'SELECT')"""
    )
    return answer == ["t"]


def grant(ask: databases.Query, settings: Settings) -> str:
    """Let the backup's role read the metastore's database."""
    role, database = required(settings).role, settings.metastore.database
    ask(
        f"""\\connect "{database.name}"
        BEGIN;
        GRANT CONNECT ON DATABASE "{database.name}" TO "{role}";
        GRANT USAGE ON SCHEMA public TO "{role}";
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO "{role}";
        GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO "{role}";
        ALTER DEFAULT PRIVILEGES FOR ROLE "{database.role}" IN SCHEMA public
          GRANT SELECT ON TABLES TO "{role}";
        ALTER DEFAULT PRIVILEGES FOR ROLE "{database.role}" IN SCHEMA public
          GRANT SELECT ON SEQUENCES TO "{role}";
        COMMIT;"""
    )
    return f"role {role} can read database {database.name}"


@operation
def drill(settings: Settings) -> Iterator[Command]:
    """Prove that a backup can be restored, unless one of the last days has proved it.

    Backs up, restores into a fresh database, starts a metastore on it, compares every table's metadata
    location, reads each table, and removes all of it but the backup. Runs on the workstation.

    + settings: all of them

    **Example:**

    .. code:: python

        backup.drill(name="Restore a backup", settings=Settings.of(host))
    """
    cluster, section = api(host), required(settings)
    name = f"database {settings.metastore.database.name}"
    change = Change(DRILL, name, "create", why="none has passed yet")
    bucket = store(cluster, settings)
    if bucket is None:
        yield later(owner_section(settings).user.secret, change)
        return
    try:
        why = plan.due(bucket.drills(), section.drill_days, datetime.now(UTC))
    except LakesteadError as error:
        if not is_wrong_key(error):
            raise
        yield later(owner_section(settings).user.secret, change, because=error)
        return
    if current.drill:
        why = "it was asked for"
    if not why:
        show(host, [Change(DRILL, name, "unchanged")])
        host.noop(f"a drill has passed in the last {section.drill_days} days")
        return
    cron = ObjectRef("batch/v1", "CronJob", section.name, settings.metastore.namespace)
    new = not state.is_executing and cluster.get(cron) is None
    show(host, [Change(DRILL, name, "known after apply" if new else "create", why=why)])
    kubectl = Program.find("kubectl", settings.flux.kubectl, "flux.kubectl").path
    drilling = Drill(cluster, settings, bucket, database_query(host), kubectl, progress(host))
    yield ApiCommand(
        "back up, restore and compare",
        drilling.run,
        change=Change(DRILL, name, "create", why=why),
        undo=Undo("none", cannot="its backup stays; everything else that it made is gone"),
    )


def database_query(host: Host) -> databases.Query:
    """psql on the host of group ``database``."""
    hosts = inventory.get_group("database") if "database" in inventory.groups else []
    if not hosts:
        raise LakesteadError(
            "The inventory has no group database",
            expected="the pod or host in which psql connects as superuser",
            do="see docs/phase-1-metastore.md, PostgreSQL",
        )
    return partial(query, next(iter(hosts)))


def _make(ask: databases.Query, role: str) -> str:
    # A dump has two connections, and a drill's may run beside the CronJob's.
    ask(
        f'CREATE ROLE "{role}" LOGIN CONNECTION LIMIT 5; '
        f'ALTER ROLE "{role}" SET default_transaction_read_only = on'
    )
    return f"role {role} is there"
