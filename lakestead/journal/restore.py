"""Take back what was done to one Kubernetes object.

One that was made is deleted. One that was changed gets its values back: those that Lakestead had applied
before are applied again, which also gives up what it took; values of others that it took over are
written as ``lakestead-rollback``, so that what their owners have beside them stays theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.journal import session
from lakestead.journal.flux_owned import finalized, goes_with, is_kustomization, is_released_by
from lakestead.journal.marks import RESTORER, changed_since, facts, made_by_us
from lakestead.journal.object_undo import object_undo, target_ref
from lakestead.journal.owned import common, fields_of, part, without
from lakestead.journal.steps import Step, as_before, cannot, take_back
from lakestead.journal.steps import changed_since as changed
from lakestead.journal.undo import Undo
from lakestead.kube.client import FIELD_MANAGER, Api, ApiError, ObjectRef
from lakestead.kube.contents import instances, namespace_contents
from lakestead.kube.wait import wait_for
from lakestead.plan.diff import object_diff

# Seconds until an object with finalizers is gone.
TIMEOUT = 300.0


def plan_object(
    api: Api, undo: Undo, noted: Mapping[str, Any], certain: bool, going: frozenset[ObjectRef]
) -> Step:
    """What to do so that an object is as it was.

    + noted: what the journal noted after the write (``marks.facts``)
    + certain: whether the journal says that the write was done
    + going: objects that are deleted by the same rollback
    """
    ref = target_ref(undo)
    live = api.get(ref)
    if undo.cannot:
        return cannot(ref.kind, ref.full_name, undo.cannot)
    if undo.before is None:
        return _plan_delete(api, ref, live, noted, certain, going)
    if live is None:
        return _plan_create(api, ref, undo)
    return _plan_update(api, ref, undo, live, noted)


def _plan_delete(
    api: Api,
    ref: ObjectRef,
    live: dict[str, Any] | None,
    noted: Mapping[str, Any],
    certain: bool,
    going: frozenset[ObjectRef],
) -> Step:
    kind, name = ref.kind, ref.full_name
    if live is None:
        return as_before(kind, name, "it is not there")
    if not certain and not noted and not made_by_us(live):
        return cannot(kind, name, "the run was killed before it knew whether it had made it")
    if who := changed_since(live, noted, None):
        return changed(kind, name, ", ".join(who))
    left = _left_inside(api, ref, live, going)
    if left:
        return cannot(kind, name, f"it holds {left}")

    along = goes_with(api, live) if is_kustomization(ref) else []

    def do() -> str:
        _delete(api, ref, noted)
        for other in finalized(along):
            wait_for(f"{other} to be gone", partial(_gone, api, other), TIMEOUT)
        return f"{ref} is gone"

    undo = object_undo(ref, live, deletes=True)
    diff = object_diff(live, None)
    why = "the run had made it"
    if along:
        why += f"; Flux deletes {len(along)} objects with it"
    return take_back(kind, name, "delete", do, undo, diff=diff, why=why, along=along)


def _delete(api: Api, ref: ObjectRef, noted: Mapping[str, Any]) -> None:
    for attempt in range(5):
        live = api.get(ref)
        if live is None:
            return
        if who := changed_since(live, noted, None):
            raise LakesteadError(f"{ref} was changed meanwhile", found=", ".join(who))
        metadata = live["metadata"]
        seen = {"uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"]}
        try:
            api.delete(ref, preconditions=seen)
            break
        except ApiError as error:
            if error.status != 409 or attempt == 4:
                raise
    wait_for(f"{ref} to be gone", partial(_gone, api, ref, seen["uid"]), TIMEOUT)


def _gone(api: Api, ref: ObjectRef, uid: str = "") -> tuple[bool, str]:
    live = api.get(ref)
    if live is None or uid not in ("", live["metadata"]["uid"]):
        return True, ""
    return False, "finalizers " + ", ".join(live["metadata"].get("finalizers") or ["of its kind"])


def _plan_create(api: Api, ref: ObjectRef, undo: Undo) -> Step:
    before: Any = undo.before
    own = part(before, fields_of(undo.managed, FIELD_MANAGER))

    def do() -> str:
        if others := fields_of(undo.managed, FIELD_MANAGER, others=True):
            api.apply(part(before, others), force=True, field_manager=RESTORER)
        session.note(**facts(api.apply(own, force=True)))
        return f"{ref} is there again"

    diff = object_diff(None, before)
    why = "the run had deleted it"
    return take_back(
        ref.kind, ref.full_name, "create", do, object_undo(ref, None), diff=diff, why=why
    )


def _plan_update(
    api: Api, ref: ObjectRef, undo: Undo, live: dict[str, Any], noted: Mapping[str, Any]
) -> Step:
    before: Any = undo.before
    managed = live["metadata"].get("managedFields") or []
    ours, ours_before = fields_of(managed, FIELD_MANAGER), fields_of(undo.managed, FIELD_MANAGER)
    own = part(before, ours_before)
    taken = common(without(ours, ours_before), fields_of(undo.managed, FIELD_MANAGER, others=True))
    lost = part(before, taken)
    give_back = bool(taken) and lost != part(live, taken)
    if ours == ours_before and own == part(live, ours) and not give_back:
        return as_before(ref.kind, ref.full_name)
    if who := changed_since(live, noted, undo.managed):
        return changed(ref.kind, ref.full_name, ", ".join(who))

    def do() -> str:
        if give_back:
            api.apply(lost, force=True, field_manager=RESTORER)
        session.note(**facts(api.apply(own, force=True)))
        return f"{ref} is as it was"

    # With two writes the server can only be asked about the first.
    after = before if give_back else api.apply(own, force=True, dry_run=True)
    return take_back(
        ref.kind,
        ref.full_name,
        "update",
        do,
        object_undo(ref, live),
        diff=object_diff(live, after),
        why="its state before",
    )


def _left_inside(
    api: Api, ref: ObjectRef, live: Mapping[str, Any], going: frozenset[ObjectRef]
) -> str:
    """What would go with a namespace or a CRD and is not this run's."""
    if ref.kind == "Namespace":
        inside = namespace_contents(api, ref.name)
    elif ref.kind == "CustomResourceDefinition":
        inside = instances(api, live)
    else:
        return ""
    # The API may prefer another version of a kind than the one that was applied.
    known = {_versionless(item) for item in going}
    left = [
        str(held.ref)
        for held in inside
        if _versionless(held.ref) not in known and not is_released_by(held, known)
    ]
    return f"{len(left)} other objects: {', '.join(left[:3])}" if left else ""


def _versionless(ref: ObjectRef) -> tuple[str, str, str]:
    return ref.api_version.rpartition("/")[0], ref.kind, ref.full_name
