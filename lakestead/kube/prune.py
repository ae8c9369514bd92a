"""Objects that an earlier apply of a set left behind and that are wanted no more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.live import PARALLEL
from lakestead.plan.apply_set import NAMESPACE, PART_OF, ApplySet, group_kind, kinds_of, why_kept
from lakestead.plan.change import Change
from lakestead.plan.diff import object_diff
from lakestead.plan.fingerprint import fingerprint, last_changed_by

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Left:
    """An object that left its set."""

    live: Object
    change: Change

    @property
    def ref(self) -> ObjectRef:
        """The object's address."""
        return ObjectRef.of(self.live)


@dataclass(frozen=True, slots=True)
class Prune:
    """What apply has to do for a set beside applying its members.

    + parent: what the set's parent says in the end
    + meanwhile: what it says while objects are applied and deleted: all kinds, so that a run that is
      killed leaves nothing that the next one would not find
    + left: what is to be deleted, and (unchanged) what is kept
    """

    parent: Object
    meanwhile: Object
    left: Sequence[Left]


def plan_prune(
    api: Api, members: ApplySet, objects: Iterable[Mapping[str, Any]], *, wait: bool
) -> Prune:
    """Find what carries the set's label and is not among ``objects``: one GET, and a LIST per kind.

    + wait: whether it is waited for until what is deleted is gone
    """
    wanted = list(objects)
    ref = ObjectRef("v1", "ConfigMap", members.parent_name, NAMESPACE)
    recorded = kinds_of(api.get(ref))
    now = {group_kind(obj) for obj in wanted}
    places = {_place(obj) for obj in wanted}
    with ThreadPoolExecutor(PARALLEL) as pool:
        lists = list(pool.map(lambda kind: _members(api, members, kind), sorted(recorded)))
    left = [
        _left(members, live, wait)
        for found in lists
        for live in found
        if _place(live) not in places
    ]
    kept = {group_kind(item.live) for item in left if not item.change.pending}
    return Prune(members.parent(now | kept), members.parent(now | recorded), left)


def _members(api: Api, members: ApplySet, kind: tuple[str, str]) -> list[Object]:
    api_version = api.preferred(*kind)
    if api_version is None:
        return []  # its definition is gone, and all objects with it
    return api.list(api_version, kind[1], label_selector=f"{PART_OF}={members.id}")


def _place(obj: Mapping[str, Any]) -> tuple[tuple[str, str], str | None, str]:
    metadata = obj["metadata"]
    return group_kind(obj), metadata.get("namespace"), metadata["name"]


def _left(members: ApplySet, live: Object, wait: bool) -> Left:
    ref = ObjectRef.of(live)
    why = why_kept(live)
    if why:
        return Left(live, Change(ref.kind, ref.full_name, "unchanged", why=f"kept: {why}"))
    change = Change(
        ref.kind,
        ref.full_name,
        "delete",
        object_diff(live, None),
        f"it left the set {members.name}",
        "gone" if wait else "",
        fingerprint(live),
        last_changed_by(live),
    )
    return Left(live, change)


def gone(api: Api, item: Left) -> tuple[bool, str]:
    """Whether a deleted object is gone, and else what keeps it."""
    try:
        found = api.get(item.ref)
    except ApiError as error:
        return False, error.what
    if found is None or found["metadata"]["uid"] != item.live["metadata"]["uid"]:
        return True, ""
    finalizers = ", ".join(found["metadata"].get("finalizers") or [])
    return False, f"held by {finalizers}" if finalizers else "being deleted"
