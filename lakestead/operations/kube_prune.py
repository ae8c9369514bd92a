"""Delete what left a set of objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from lakestead.errors import LakesteadError, Refused
from lakestead.journal import session
from lakestead.journal.object_undo import object_undo
from lakestead.journal.run import Write
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ApiError
from lakestead.kube.live import PARALLEL
from lakestead.kube.prune import Left, gone
from lakestead.kube.wait import wait_for
from lakestead.operations.command import ApiCommand
from lakestead.operations.kube_stage import LOT, Say, all_of
from lakestead.plan.stages import stage


def prune(
    cluster: Api, left: Sequence[Left], wait: bool, timeout: float, say: Say
) -> Iterator[ApiCommand]:
    """One command per stage, in the opposite order of applying.

    + wait: until the objects of a stage are gone, before those of the next one are deleted
    + timeout: seconds for each stage
    """
    pending = [item for item in left if item.change.pending]
    for number in sorted({stage(item.live) for item in pending}, reverse=True):
        items = [item for item in pending if stage(item.live) == number]
        yield _command(cluster, items, timeout if wait else 0, say)


def _command(cluster: Api, items: Sequence[Left], timeout: float, say: Say) -> ApiCommand:
    def action() -> str:
        for start in range(0, len(items), LOT):
            _delete_lot(cluster, items[start : start + LOT], say)
        if timeout:
            for item in items:
                wait_for(f"{item.ref} to be gone", partial(gone, cluster, item), timeout)
        return "\n".join(str(item.change) for item in items)

    label = str(items[0].ref) if len(items) == 1 else f"{len(items)} objects that left the set"
    return ApiCommand(f"delete {label}", action, undo=NOTHING)


def _delete_lot(cluster: Api, items: Sequence[Left], say: Say) -> None:
    entries = [
        session.item_of("", item.change, object_undo(item.ref, item.live, deletes=True))
        for item in items
    ]
    writes = session.begin(cluster, entries, say)

    def delete(item: Left, entry: Write) -> LakesteadError | None:
        try:
            _delete(cluster, item)
        except LakesteadError as error:
            entry.failed(str(error))
            return error
        entry.done()
        return None

    with ThreadPoolExecutor(PARALLEL) as pool:
        errors = [error for error in pool.map(delete, items, writes) if error]
    if errors:
        raise errors[0] if len(errors) == 1 else all_of(errors)


def _delete(cluster: Api, item: Left) -> None:
    metadata = item.live["metadata"]
    exact = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
    try:
        cluster.delete(item.ref, preconditions=exact)
    except ApiError as error:
        if error.status != 409:
            raise
        raise Refused(
            f"{item.ref} was changed while it was about to be deleted",
            where=error.where,
            do="look at it and run again",
        ) from error
