"""The backup to recover from, and the gate on the newest one's age."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lakestead.backup.settings import required
from lakestead.backup.store import Store
from lakestead.errors import LakesteadError, Refused
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api
from lakestead.kube.identity import cluster_uid
from lakestead.plan.backup import Stored, Wanted, age_text, faults, newest_first, refused
from lakestead.settings import Settings

MAKE_ONE = "lakestead drill makes one and proves it; see docs/backup.md for a metastore without any"


def wanted(
    api: Api, settings: Settings, cluster: str = "", max_age_hours: float | None = None
) -> Wanted:
    """What a backup of this cluster's metastore must be.

    + cluster: in the place of this one
    + max_age_hours: in the place of the settings'
    """
    hours = required(settings).max_age_hours if max_age_hours is None else max_age_hours
    return Wanted(
        cluster or cluster_uid(api), settings.metastore.database.name, timedelta(hours=hours)
    )


def choose(store: Store, want: Wanted, backup: str, now: datetime) -> Stored:
    """The newest good backup, or ``backup`` if it is good; its dump has been read and compared.

    Raises Refused with what is wrong with each.
    """
    backups = store.backups()
    if not backups:
        raise Refused(
            "There is no backup to recover from",
            where=str(store),
            found="no object below metastore/",
            expected="dumps with manifests",
            do=MAKE_ONE,
        )
    if backup:
        return _named(store, want, backup, backups, now)
    found, known = store.newest_good(want, now, backups)
    if found is None:
        raise Refused(
            "There is no good backup to recover from. Nothing was changed",
            where=str(store),
            found=refused(known, want, now),
            expected="one that is whole, of this cluster and database, and young enough",
            do="of another cluster: --from-cluster UID; an old one: --max-age 90d; "
            "see docs/backup.md for what each word means",
        )
    return found


def newest_gate(
    store: Store | None, want: Wanted, now: datetime, missing: str
) -> tuple[Gate, list[Stored]]:
    """Whether the newest good backup is young enough, unknown where that cannot be read; and all of them.

    + missing: the Secret that is not there where ``store`` is None
    """
    limit = age_text(want.max_age) if want.max_age else "any"
    name, look = "The newest backup is whole and young enough", f"a good one, at most {limit} old"
    do = "kubectl -n data-platform get cronjobs,jobs; lakestead drill makes one now"
    if store is None:
        return Gate(name, "unknown", f"Secret {missing}", "it is not there", look, do), []
    try:
        backups = store.backups()
        found, known = store.newest_good(want, now, backups)
    except LakesteadError as error:
        saw = "; ".join(filter(None, (error.what, error.found)))
        return Gate(name, "unknown", str(store), saw, look, do), []
    if found is None:
        saw = refused(known, want, now) or "no backup at all"
        return Gate(name, "fail", str(store), saw, look, do), known
    assert found.manifest is not None
    age = age_text(now - found.manifest.taken)
    saw = f"backup {found.id}, {age} old, SHA-256 compared, {found.manifest.tables} tables"
    return Gate(name, "pass", str(store), saw, look), known


def _named(store: Store, want: Wanted, backup: str, backups: list[Stored], now: datetime) -> Stored:
    named = [item for item in backups if item.id == backup]
    if not named:
        newest = ", ".join(item.id for item in newest_first(backups)[:5])
        raise Refused(
            f"There is no backup {backup}",
            where=str(store),
            found=f"the newest are {newest}",
            do="lakestead backups lists them",
        )
    stored = named[0]
    if not faults(stored, want, now):
        stored = store.verified(stored)
    if wrong := faults(stored, want, now):
        raise Refused(
            f"Backup {backup} is not recovered from. Nothing was changed",
            where=str(store),
            found="\n".join(wrong),
            expected="one that is whole, of this cluster and database, and young enough",
            do="lakestead backups lists the others; an old one: --max-age 90d; "
            "of another cluster: --from-cluster UID",
        )
    return stored


def utc_now() -> datetime:
    """Now."""
    return datetime.now(UTC)
