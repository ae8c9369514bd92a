"""The inverse of a run: what it did, taken back from the last write to the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from lakestead.gitops.repository import HomelabRepo
from lakestead.journal.database import Query, plan_database, plan_role
from lakestead.journal.object_undo import target_ref
from lakestead.journal.record import RecordedRun, RecordedWrite
from lakestead.journal.restore import plan_object
from lakestead.journal.revert import plan_revert
from lakestead.journal.steps import Step, cannot
from lakestead.journal.storage import plan_bucket, plan_user
from lakestead.kube.client import Api, ObjectRef
from lakestead.rgw.client import AdminOps
from lakestead.s3.client import S3


@dataclass(frozen=True, slots=True)
class Means:
    """What a rollback talks to; what the inventory does not have is None, and asked for when needed.

    + homelab: the homelab repo
    + storage: the object gateway at an endpoint
    + postgresql: psql on the host of a name
    """

    api: Api
    homelab: Callable[[str, str], HomelabRepo | None] = lambda url, branch: None
    storage: Callable[[str], tuple[AdminOps | None, S3 | None]] = lambda endpoint: (None, None)
    postgresql: Callable[[str], Query | None] = lambda host: None


@dataclass(slots=True)
class _Going:
    """What the steps so far will have deleted."""

    objects: set[ObjectRef] = field(default_factory=set)
    buckets: set[str] = field(default_factory=set)
    databases: set[str] = field(default_factory=set)


def plan(run: RecordedRun, means: Means) -> list[Step]:
    """What taking ``run`` back means now, in the order in which it is done."""
    commits = [
        str(write.facts["commit"])
        for write in run.writes
        if write.undo.kind == "git" and "commit" in write.facts
    ]
    going = _Going()
    steps: list[Step] = []
    for write in _once_each(run.writes):
        steps += _plan(write, means, going, commits, run.run_id)
    return steps


def _once_each(writes: list[RecordedWrite]) -> Iterator[RecordedWrite]:
    """The last write first; of several to one thing the state before the first, as the last left it."""
    first: dict[object, RecordedWrite] = {}
    last: dict[object, RecordedWrite] = {}
    for write in writes:
        first.setdefault(_key(write), write)
        last[_key(write)] = write

    def place(key: object) -> int:
        # A thing goes where it came first, so that what was made in it later goes before it. All
        # commits are reverted at once, where the last of them was made.
        return (last if first[key].undo.kind == "git" else first)[key].number

    for key in sorted(first, key=place, reverse=True):
        yield replace(first[key], state=last[key].state, facts=last[key].facts)


def _key(write: RecordedWrite) -> object:
    undo = write.undo
    if undo.kind == "none":
        return write.number
    return (undo.kind, *sorted(undo.target.items()))


def _plan(
    write: RecordedWrite, means: Means, going: _Going, commits: list[str], run_id: str
) -> list[Step]:
    undo, target = write.undo, write.undo.target
    match undo.kind:
        case "object":
            certain = write.state == "done"
            ref = target_ref(undo)
            frozen = frozenset(going.objects)
            step = plan_object(means.api, undo, write.facts, certain, frozen)
            if step.change.action == "delete":
                going.objects |= {ref, *step.along}
            return [step]
        case "git":
            repo = means.homelab(target["url"], target["branch"])
            if repo is None:
                why = "the inventory names another homelab repo"
                return [cannot("Commit", f"{target['branch']} of {target['url']}", why)]
            return plan_revert(repo, commits, run_id)
        case "bucket":
            step = plan_bucket(*means.storage(target["endpoint"]), target["name"])
            if step.change.pending:
                going.buckets.add(target["name"])
            return [step]
        case "rgw-user":
            admin, _ = means.storage(target["endpoint"])
            return [plan_user(admin, target["uid"], frozenset(going.buckets))]
        case "database":
            step = plan_database(means.postgresql(target["host"]), target["name"])
            if step.change.pending:
                going.databases.add(target["name"])
            return [step]
        case "role":
            query = means.postgresql(target["host"])
            return [plan_role(query, target["name"], frozenset(going.databases))]
        case "none":
            return [_stays(write)] if undo.cannot and write.state == "done" else []


def _stays(write: RecordedWrite) -> Step:
    words: Mapping[bool, str] = {
        True: write.what.removeprefix(f"{write.action} "),
        False: write.what,
    }
    kind, _, name = words[bool(write.action)].rpartition(" ")
    return cannot(kind or "Write", name, write.undo.cannot)
