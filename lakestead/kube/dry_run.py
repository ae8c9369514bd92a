"""What server-side apply would do with a set of objects, asked of the server itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.status import status
from lakestead.plan.change import Change
from lakestead.plan.diff import object_diff

# Requests at a time. The API server's fair queuing gives one client about this much.
PARALLEL = 8
# From this many objects of one kind and namespace on, one LIST is cheaper than so many GETs.
LIST_FROM = 4
# What other objects need goes first.
FIRST = ("Namespace", "CustomResourceDefinition")


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One object, what apply would do with it, and what is there now.

    + error: why apply would fail
    """

    obj: dict[str, Any]
    change: Change
    live: dict[str, Any] | None = None
    error: LakesteadError | None = None

    @property
    def ref(self) -> ObjectRef:
        """The object's address."""
        return ObjectRef.of(self.obj)


def plan_objects(
    api: Api, objects: Iterable[Mapping[str, Any]], *, force: bool = False, wait: bool = False
) -> list[PlannedObject]:
    """Plan server-side apply of ``objects`` by dry runs, in the order to apply them in.

    An object whose namespace or kind is not there yet is ``known after apply``.

    + force: take fields over from other field managers
    + wait: count an unchanged object that is not ready as ``wait``
    """
    ordered = [prepared(obj) for obj in objects]
    ordered.sort(key=lambda obj: FIRST.index(obj["kind"]) if obj["kind"] in FIRST else len(FIRST))
    live = live_objects(api, [ObjectRef.of(obj) for obj in ordered])

    def plan(obj: dict[str, Any]) -> PlannedObject:
        return _plan(api, obj, live[ObjectRef.of(obj)], force=force, wait=wait)

    with ThreadPoolExecutor(PARALLEL) as pool:
        return list(pool.map(plan, ordered))


def prepared(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as it is sent: without status, a Secret's ``stringData`` as ``data``."""
    copy: dict[str, Any] = deepcopy(dict(obj))
    copy.pop("status", None)
    metadata = copy.get("metadata")
    if not isinstance(metadata, dict) or not metadata.get("name") or not copy.get("kind"):
        raise LakesteadError(
            "A manifest names no object",
            found=f"kind {copy.get('kind')!r}, metadata {sorted(metadata or {})}",
            expected="apiVersion, kind and metadata.name",
        )
    metadata.pop("creationTimestamp", None)
    if copy["kind"] == "Secret" and "stringData" in copy:
        values = copy.pop("stringData") or {}
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}
        copy["data"] = {**(copy.get("data") or {}), **encoded}
    return copy


def live_objects(api: Api, refs: Sequence[ObjectRef]) -> dict[ObjectRef, dict[str, Any] | None]:
    """The objects as they are now: one LIST for several of a kind, else a GET each."""
    groups: dict[tuple[str, str, str | None], list[ObjectRef]] = {}
    for ref in refs:
        groups.setdefault((ref.api_version, ref.kind, ref.namespace), []).append(ref)

    def read(group: list[ObjectRef]) -> dict[ObjectRef, dict[str, Any] | None]:
        if len(group) < LIST_FROM:
            return {ref: api.get(ref) for ref in group}
        first = group[0]
        listed = api.list(first.api_version, first.kind, first.namespace)
        found = {item["metadata"]["name"]: item for item in listed}
        return {ref: found.get(ref.name) for ref in group}

    with ThreadPoolExecutor(PARALLEL) as pool:
        return {ref: obj for part in pool.map(read, groups.values()) for ref, obj in part.items()}


def _plan(
    api: Api, obj: dict[str, Any], live: dict[str, Any] | None, *, force: bool, wait: bool
) -> PlannedObject:
    ref = ObjectRef.of(obj)
    try:
        result = api.apply(obj, dry_run=True, force=force)
    except ApiError as error:
        if error.status == 404:
            why = "its kind" if error.reason == "KindNotServed" else "its namespace"
            later = Change(
                ref.kind, ref.full_name, "known after apply", why=f"{why} is not there yet"
            )
            return PlannedObject(obj, later)
        failed = apply_error(ref, error)
        return PlannedObject(obj, Change(ref.kind, ref.full_name, "update"), live, failed)
    diff = object_diff(live, result)
    if live is None:
        return PlannedObject(obj, Change(ref.kind, ref.full_name, "create", diff))
    if diff:
        return PlannedObject(obj, Change(ref.kind, ref.full_name, "update", diff), live)
    state = status(live)
    if wait and not state.ready:
        waiting = Change(ref.kind, ref.full_name, "wait", why=f"not ready: {state.reason}")
        return PlannedObject(obj, waiting, live)
    return PlannedObject(obj, Change(ref.kind, ref.full_name, "unchanged"), live)


def apply_error(ref: ObjectRef, error: ApiError) -> LakesteadError:
    """The API's refusal of an apply in words; conflicts with each field and its owner."""
    causes = (error.body.get("details") or {}).get("causes") or []
    conflicts = [cause for cause in causes if cause.get("reason") == "FieldManagerConflict"]
    if error.status == 409 and conflicts:
        return LakesteadError(
            f"{ref} is managed by somebody else too",
            where=error.where,
            found="\n".join(f"{cause.get('field')}: {cause.get('message')}" for cause in conflicts),
            expected="fields that nobody else has set to another value",
            do="take the field out of one of the two, or apply with force=True to take it over",
        )
    if error.status == 422:
        return LakesteadError(
            f"{ref} is not accepted: {error.body.get('message') or error.what}",
            where=error.where,
            do="correct the manifest; a field that cannot be changed needs the object made anew",
        )
    return error
