"""Apply objects to the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyinfra import host

from lakestead.errors import LakesteadError
from lakestead.journal import session as journal
from lakestead.journal.marks import facts
from lakestead.journal.object_undo import object_undo
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import FIRST, PlannedObject, apply_error, plan_objects
from lakestead.kube.readiness import wait_ready
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.show import show


@operation
def apply(
    objects: Sequence[Mapping[str, Any]],
    wait: bool = True,
    timeout: float = 120,
    force: bool = False,
) -> Iterator[Command]:
    """Server-side apply objects as field manager ``lakestead``, and wait until they are ready.

    What the server says would not change is not written. Namespaces and CRDs go first.

    + objects: manifests
    + wait: until each is ready; one that was applied before but is not ready is waited for too
    + timeout: seconds for each wait
    + force: take over fields that another field manager has set to another value

    **Example:**

    .. code:: python

        kube.apply(
            name="Make the namespace",
            objects=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}],
        )
    """
    cluster = api(host)
    planned = plan_objects(cluster, objects, force=force, wait=wait)
    errors = [item.error for item in planned if item.error is not None]
    if errors:
        raise errors[0] if len(errors) == 1 else _all(errors)
    show(host, [item.change for item in planned])
    pending = [item for item in planned if item.change.pending]
    if not pending:
        host.noop(f"{len(planned)} objects are as they should be")
        return
    for item in pending:
        if item.change.action != "wait":
            yield _apply(cluster, item, force, timeout)
    if wait:
        yield _wait(cluster, [item.ref for item in pending], timeout)


def _apply(cluster: Api, item: PlannedObject, force: bool, timeout: float) -> ApiCommand:
    def action() -> str:
        try:
            journal.note(**facts(cluster.apply(item.obj, force=force)))
        except ApiError as error:
            raise apply_error(item.ref, error) from error
        if item.ref.kind in FIRST:
            # The next objects need it served.
            wait_ready(cluster, [item.ref], timeout, interval=0.1)
        return str(item.change)

    undo = object_undo(item.ref, item.live)
    return ApiCommand(f"apply {item.ref}", action, change=item.change, undo=undo)


def _wait(cluster: Api, refs: list[ObjectRef], timeout: float) -> ApiCommand:
    def action() -> str:
        wait_ready(cluster, refs, timeout)
        return f"{len(refs)} objects are ready"

    return ApiCommand(f"wait for {len(refs)} objects", action, undo=NOTHING)


def _all(errors: Sequence[LakesteadError]) -> LakesteadError:
    return LakesteadError(
        f"{len(errors)} objects cannot be applied", found="\n".join(str(error) for error in errors)
    )
