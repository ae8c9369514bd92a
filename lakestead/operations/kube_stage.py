"""Write the objects of one stage side by side, each journaled before and after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Event

from lakestead.errors import LakesteadError
from lakestead.journal import session
from lakestead.journal.marks import facts
from lakestead.journal.object_undo import object_undo
from lakestead.journal.run import Write
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ApiError
from lakestead.kube.conflict import apply_error, webhook_of
from lakestead.kube.dry_run import PlannedObject
from lakestead.kube.live import PARALLEL
from lakestead.kube.readiness import wait_ready
from lakestead.operations.command import ApiCommand
from lakestead.plan.stages import stage, stage_name

# Writes that are announced to the journal with one flush to the disk. Before each lot it is looked
# whether this run still has the cluster's lock.
LOT = 64
# What the next stage needs to be there, and served.
NEEDED = ("Namespace", "CustomResourceDefinition")
# Seconds from which on a definition that is established must be served.
SERVED_WITHIN = 10.0
Say = Callable[[str], None]


def stages(
    cluster: Api, planned: Sequence[PlannedObject], timeout: float, say: Say
) -> Iterator[ApiCommand]:
    """One command per stage that has something to write.

    + planned: what is to be written, in any order
    + timeout: seconds for what a stage has to wait for: definitions to be established, webhooks to answer
    """
    for number in sorted({stage(item.obj) for item in planned}):
        yield _command(
            cluster, [item for item in planned if stage(item.obj) == number], timeout, say
        )


def _command(cluster: Api, items: Sequence[PlannedObject], timeout: float, say: Say) -> ApiCommand:
    def action() -> str:
        deadline = time.monotonic() + timeout
        for start in range(0, len(items), LOT):
            _write_lot(cluster, items[start : start + LOT], deadline, say)
        needed = [item.ref for item in items if item.ref.kind in NEEDED]
        if needed:
            wait_ready(cluster, needed, timeout, interval=0.1)
        return "\n".join(str(item.change) for item in items)

    first = items[0]
    name = stage_name(stage(first.obj))
    label = str(first.ref) if len(items) == 1 else f"{len(items)} objects: {name}"
    return ApiCommand(f"apply {label}", action, undo=NOTHING)


def _write_lot(cluster: Api, items: Sequence[PlannedObject], deadline: float, say: Say) -> None:
    undone = [object_undo(item.ref, item.live) for item in items]
    entries = [
        session.item_of("", item.change, undo) for item, undo in zip(items, undone, strict=True)
    ]
    writes = session.begin(cluster, entries, say)
    stop = Event()

    def write(item: PlannedObject, entry: Write) -> LakesteadError | None:
        if stop.is_set():
            entry.failed("not tried: another object of this stage was refused")
            return None
        try:
            entry.done(**facts(_apply(cluster, item, deadline)))
        except LakesteadError as error:
            stop.set()
            entry.failed(str(error))
            return error
        return None

    with ThreadPoolExecutor(PARALLEL) as pool:
        errors = [error for error in pool.map(write, items, writes) if error]
    if errors:
        raise errors[0] if len(errors) == 1 else all_of(errors)


def _apply(cluster: Api, item: PlannedObject, deadline: float) -> dict[str, object]:
    soon = min(deadline, time.monotonic() + SERVED_WITHIN)
    obj = item.obj
    if item.takes_over and item.live is not None:
        # Only what was shown is taken over: whoever writes now is not overwritten.
        version = item.live["metadata"]["resourceVersion"]
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
    while True:
        try:
            return cluster.apply(obj, force=item.takes_over, strict=True)
        except ApiError as error:
            until = deadline if webhook_of(error) else soon if _comes(item, error) else 0.0
            if time.monotonic() > until:
                raise apply_error(item.ref, error) from error
        time.sleep(0.2)


def _comes(item: PlannedObject, error: ApiError) -> bool:
    """Whether what refused the object is its kind or namespace, which were made a moment ago."""
    return error.status == 404 and item.change.action == "known after apply"


def all_of(errors: Sequence[LakesteadError]) -> LakesteadError:
    """Several refusals as one; of their kind where they are all of one."""
    found = "\n".join(str(error) for error in errors)
    what = f"{len(errors)} objects cannot be applied"
    kinds = {type(error) for error in errors if not isinstance(error, ApiError)}
    made = kinds.pop() if len(kinds) == 1 else LakesteadError
    return made(what, found=found)
