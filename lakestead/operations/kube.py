"""Apply objects to the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyinfra import host, state

from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.dry_run import plan_objects
from lakestead.kube.readiness import wait_ready
from lakestead.kube.session import api
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.kube_stage import all_of, stages
from lakestead.operations.show import progress, show


@operation
def apply(
    objects: Sequence[Mapping[str, Any]],
    wait: bool = True,
    timeout: float = 120,
    take_over: Sequence[str] = (),
) -> Iterator[Command]:
    """Server-side apply objects as field manager ``lakestead``, and wait until they are ready.

    What would not change is not written. Namespaces go first, then CRDs, then what others use (RBAC,
    configuration, storage), then the rest, and last what rules others (webhooks).

    + objects: manifests
    + wait: until each is ready; one that was applied before but is not ready is waited for too
    + timeout: seconds for each wait
    + take_over: fields that another field manager has set to another value, to take over from it, as
      its conflict names them: ``("Deployment demo/web: .spec.replicas",)``

    **Example:**

    .. code:: python

        kube.apply(
            name="Make the namespace",
            objects=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}],
        )
    """
    cluster = api(host)
    planned = plan_objects(
        cluster, objects, take_over=take_over, wait=wait, validate=not state.is_executing
    )
    errors = [item.error for item in planned if item.error is not None]
    if errors:
        raise errors[0] if len(errors) == 1 else all_of(errors)
    show(host, [item.change for item in planned])
    pending = [item for item in planned if item.change.pending]
    if not pending:
        host.noop(f"{len(planned)} objects are as they should be")
        return
    written = [item for item in pending if item.change.action != "wait"]
    yield from stages(cluster, written, timeout, progress(host))
    if wait:
        yield _wait(cluster, [item.ref for item in pending], timeout)


def _wait(cluster: Api, refs: list[ObjectRef], timeout: float) -> ApiCommand:
    def action() -> str:
        wait_ready(cluster, refs, timeout)
        return f"{len(refs)} objects are ready"

    return ApiCommand(f"wait for {len(refs)} objects", action, undo=NOTHING)
