"""Apply objects to the cluster."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pyinfra import host, state

from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.dry_run import plan_objects
from lakestead.kube.prune import plan_prune
from lakestead.kube.readiness import wait_ready
from lakestead.kube.session import api
from lakestead.kube.status import has_status
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.kube_prune import prune as delete
from lakestead.operations.kube_stage import all_of, stages
from lakestead.operations.show import progress, say_once, show
from lakestead.plan.apply_set import ApplySet


@operation
def apply(
    objects: Sequence[Mapping[str, Any]],
    wait: bool = True,
    timeout: float = 120,
    take_over: Sequence[str] = (),
    prune: str = "",
) -> Iterator[Command]:
    """Server-side apply objects as field manager ``lakestead``, and wait until they are ready.

    What would not change is not written. Namespaces go first, then CRDs, then what others use (RBAC,
    configuration, storage), then the rest, and last what rules others (webhooks).

    + objects: manifests
    + wait: until each is ready; one that was applied before but is not ready is waited for too
    + timeout: seconds for each wait
    + take_over: fields that another field manager has set to another value, to take over from it, as
      its conflict names them: ``("Deployment demo/web: .spec.replicas",)``
    + prune: name of the set that ``objects`` are: what was applied under that name and is not among
      them any more is deleted, unless it is annotated ``lakestead.io/prune: "false"``; volumes,
      namespaces and definitions only if they are annotated ``"true"``

    **Example:**

    .. code:: python

        kube.apply(
            name="Make the namespace",
            objects=[{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "lab"}}],
        )
    """
    yield from applied(objects, wait, timeout, take_over, prune)


def applied(
    objects: Sequence[Mapping[str, Any]],
    wait: bool = True,
    timeout: float = 120,
    take_over: Sequence[str] = (),
    prune: str = "",
) -> Iterator[Command]:
    """The commands of ``apply``, for operations that apply objects among other things.

    Raises LakesteadError, where ``apply`` would fail.
    """
    cluster = api(host)
    members = ApplySet(prune) if prune else None
    pruned = plan_prune(cluster, members, objects, wait=wait) if members else None
    if members and pruned:
        objects = [*map(members.member, objects), pruned.parent]
    planned = plan_objects(
        cluster, objects, take_over=take_over, wait=wait, validate=not state.is_executing
    )
    errors = [item.error for item in planned if item.error is not None]
    if errors:
        raise errors[0] if len(errors) == 1 else all_of(errors)
    left = pruned.left if pruned else []
    show(host, [*(item.change for item in planned), *(item.change for item in left)])
    for item in left:
        if not item.change.pending:
            say_once(host, f"{item.ref} left the set {prune} and is {item.change.why}")
    pending = [item for item in planned if item.change.pending]
    if not pending and not any(item.change.pending for item in left):
        host.noop(f"{len(planned)} objects are as they should be")
        return
    say = progress(host)
    written = [item for item in pending if item.change.action != "wait"]
    parent = [item for item in written if pruned and item.obj == pruned.parent]
    if pruned and parent:
        yield from stages(cluster, [replace(parent[0], obj=pruned.meanwhile)], timeout, say)
    yield from stages(cluster, [item for item in written if item not in parent], timeout, say)
    waited = [item.ref for item in pending if has_status(item.obj)]
    if wait and waited:
        yield _wait(cluster, waited, timeout)
    if pruned:
        yield from delete(cluster, left, wait, timeout, say)
    if pruned and parent and pruned.meanwhile != pruned.parent:
        yield from stages(cluster, parent, timeout, say)


def _wait(cluster: Api, refs: list[ObjectRef], timeout: float) -> ApiCommand:
    def action() -> str:
        wait_ready(cluster, refs, timeout)
        return f"{len(refs)} objects are ready"

    return ApiCommand(f"wait for {len(refs)} objects", action, undo=NOTHING)
