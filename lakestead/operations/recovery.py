"""Recover the metastore's database from a backup."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

from pyinfra import host, state

from lakestead.backup import databases
from lakestead.backup.choice import choose, utc_now, wanted
from lakestead.backup.lost import lost, roots
from lakestead.backup.recovery import Recovery
from lakestead.backup.request import current
from lakestead.backup.settings import owner_section
from lakestead.backup.store import store
from lakestead.errors import LakesteadError, Refused
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.session import api
from lakestead.metastore.deployment import deployment
from lakestead.operations.backup import database_query, grant
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import progress, say_once, show
from lakestead.plan.backup import Manifest, age_text
from lakestead.plan.change import Change
from lakestead.plan.roll_forward import Lost
from lakestead.s3.session import user_s3
from lakestead.settings import Settings

DATABASE = "PostgreSQL database"


@operation
def recover(settings: Settings) -> Iterator[Command]:
    """Put the newest good backup, or the one that was asked for, in the place of the metastore's database.

    It is restored beside, compared with its manifest, and only then given the name; a database that is
    there is kept under another one. Runs on the workstation.

    + settings: all of them

    **Example:**

    .. code:: python

        recovery.recover(name="Recover the metastore", settings=Settings.of(host))
    """
    cluster, say = api(host), progress(host)
    name = settings.metastore.database.name
    if cluster.get(deployment(settings.metastore)) is None:
        raise Refused(
            "There is no metastore that a recovered database would be of use to. Nothing was changed",
            where=str(deployment(settings.metastore)),
            found="it is not there",
            do="run phase 1, which also makes an empty database; then recover",
        )
    ask = database_query(host)
    bucket = store(cluster, settings)
    if bucket is None:
        raise Refused(
            "The backups cannot be read. Nothing was changed",
            where=f"Secret {owner_section(settings).user.secret}",
            found="it is not there",
            do="run phase 1: it makes the Secret with the key of the bucket's owner",
        )
    found = databases.look(ask, name)
    want = wanted(cluster, settings, current.cluster, current.max_age_hours)
    stored = choose(bucket, want, current.backup or found.unfinished, utc_now())
    manifest = stored.manifest
    assert manifest is not None
    current.backup = manifest.id
    goes_on = found.unfinished == manifest.id and not found.closed
    if found.alive and not goes_on and current.overwrite != name:
        raise _alive(name, found)
    more = _lost(settings, manifest)
    aside = f"{name}_before_{utc_now():%Y%m%d_%H%M%S}"
    shown = _changes(settings, found, goes_on, more)
    say_once(
        host,
        f"Backup {manifest.id}, {age_text(utc_now() - manifest.taken)} old, {manifest.tables} tables, "
        f"SHA-256 compared",
    )
    show(host, shown)
    work = Recovery(
        cluster,
        settings,
        ask,
        manifest,
        more,
        current.roll_forward,
        say,
    )
    began = time.monotonic()
    stays = Undo("none", cannot="data are never deleted by a rollback; recover another backup")
    if not goes_on:
        yield ApiCommand("restore beside the database", work.restore, undo=NOTHING)
        kept = f"what was there is in database {aside}" if found.alive else "nothing was there"
        yield ApiCommand(
            f"give it the name {name}",
            lambda: work.swap(found, aside),
            change=shown[0],
            undo=Undo("none", cannot=kept),
        )
    # Also where a run was killed after the swap: the restored database knows no rights of others.
    yield ApiCommand("let backups read it", partial(grant, ask, settings), undo=NOTHING)
    yield ApiCommand("restart the metastores", work.restart, change=shown[1], undo=NOTHING)
    yield ApiCommand("ask for every table", work.verify, change=shown[2], undo=stays)
    yield ApiCommand("report", lambda: _report(work, began, found, aside), undo=NOTHING)


def _report(work: Recovery, began: float, found: databases.Found, aside: str) -> str:
    current.report[:] = work.report(time.monotonic() - began)
    if found.alive and not found.unfinished:
        current.report.append(f"What was there before is database {aside}; drop it when you like.")
    if work.unread:
        raise LakesteadError(
            f"The database is recovered, and {len(work.unread)} tables cannot be read",
            found="\n".join(f"{name}: {why}" for name, why in sorted(work.unread.items())),
            do="where commits after the backup are in S3: --roll-forward; "
            "else see what became of the tables' files",
        )
    return f"recovered from backup {work.manifest.id}"


def _changes(
    settings: Settings, found: databases.Found, goes_on: bool, more: list[Lost]
) -> list[Change]:
    name = settings.metastore.database.name
    if goes_on:
        first = Change(DATABASE, name, "unchanged", why="recovered by a run that did not end")
    elif not found.there:
        first = Change(DATABASE, name, "create", why=f"it is not there; backup {current.backup}")
    else:
        what = f"{found.tables} tables, kept under another name" if found.alive else "it is empty"
        first = Change(DATABASE, name, "update", why=f"{what}; backup {current.backup}")
    deployment = f"{settings.metastore.namespace}/{settings.metastore.release}"
    changes = [
        first,
        Change("Deployment", deployment, "update", why="restarted"),
        Change("Iceberg catalog", settings.iceberg.thrift, "update", why="every table is read"),
    ]
    for item in more:
        taken = bool(current.roll_forward and item.newest)
        why = f"{item}; {'is taken over' if taken else 'stays lost'}"
        changes.append(
            Change("Iceberg table", item.table, "update" if taken else "unchanged", why=why)
        )
        if not taken and not state.is_executing:
            say_once(host, f"Iceberg table {item.table}: {why}")
    return changes


def _lost(settings: Settings, manifest: Manifest) -> list[Lost]:
    user = user_s3(api(host), settings.object_storage)
    if user is None:
        return []
    folders = roots([settings.metastore.warehouse.external, settings.iceberg.warehouse])
    return lost(user[0], manifest, folders)


def _alive(name: str, found: databases.Found) -> Refused:
    saw = f"tables: {found.tables}; databases beside default: {found.databases}"
    if found.closed:
        saw = "it is closed to connections: a recovery was broken off, or somebody closed it"
    return Refused(
        f"Database {name} is there and not empty. Nothing was changed",
        where="the PostgreSQL of group database",
        found=saw,
        expected="no such database, or an empty one",
        do=f"if it is to be replaced all the same: --overwrite {name}. It is kept under another name",
    )
