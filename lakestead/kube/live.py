"""The objects of a plan as they are now: one LIST per kind, each page looked at and let go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from typing import Any, TypeVar

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.status import Status, status

# Requests at a time: as many as one client may have under way at the API server without queuing.
PARALLEL = 16

T = TypeVar("T")
Object = dict[str, Any]
Look = Callable[[Object, Object], T]


def look_at(
    api: Api, objects: Sequence[Object], look: Look[T], *, list_from: int = 2
) -> dict[ObjectRef, T]:
    """What ``look(manifest, live object)`` answers for each of ``objects`` that is there.

    + look: keep of the live object only what is needed: 5,000 of them do not fit into little memory
    + list_from: from so many of a kind on one LIST is made, for fewer a GET each
    """
    kinds = [list(group) for _, group in groupby(sorted(objects, key=_kind), _kind)]
    with ThreadPoolExecutor(PARALLEL) as pool:
        parts = list(pool.map(lambda group: _look_at_kind(api, group, look, list_from), kinds))
    return {ref: answer for part in parts for ref, answer in part.items()}


def read_status(api: Api, refs: Sequence[ObjectRef]) -> dict[ObjectRef, Status]:
    """The state of each object; what is not there is ``not found``."""
    stubs = [
        {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {"name": ref.name, "namespace": ref.namespace},
        }
        for ref in refs
    ]
    found = look_at(api, stubs, lambda _, live: status(live), list_from=8)
    return {ref: found.get(ref) or status(None) for ref in refs}


def _kind(obj: Object) -> tuple[str, str]:
    return obj["apiVersion"], obj["kind"]


def _look_at_kind(
    api: Api, objects: list[Object], look: Look[T], list_from: int
) -> dict[ObjectRef, T]:
    first = objects[0]
    resource = api.served(*_kind(first))
    if resource is None:
        return {}
    if resource.namespaced:
        _check_namespaces(objects)
    if len(objects) < list_from:
        got = [(obj, api.get(ObjectRef.of(obj))) for obj in objects]
        return {ObjectRef.of(obj): look(obj, live) for obj, live in got if live is not None}
    namespaces = {obj["metadata"].get("namespace") for obj in objects}
    if len(namespaces) == 1:
        return _list(api, objects, namespaces.pop(), look)
    try:
        return _list(api, objects, None, look)
    except ApiError as error:
        if error.status != 403:
            raise
    found: dict[ObjectRef, T] = {}
    for namespace in sorted(map(str, namespaces)):
        inside = [obj for obj in objects if obj["metadata"].get("namespace") == namespace]
        found |= _list(api, inside, namespace, look)
    return found


def _list(
    api: Api, objects: Sequence[Object], namespace: str | None, look: Look[T]
) -> dict[ObjectRef, T]:
    wanted = {_place(obj): obj for obj in objects}
    found = {}
    for page in api.pages(*_kind(objects[0]), namespace):
        for live in page:
            obj = wanted.get(_place(live))
            if obj is not None:
                found[ObjectRef.of(obj)] = look(obj, live)
    return found


def _place(obj: Mapping[str, Any]) -> tuple[Any, Any]:
    metadata = obj["metadata"]
    return metadata.get("namespace"), metadata["name"]


def _check_namespaces(objects: Sequence[Object]) -> None:
    without = [obj for obj in objects if not obj["metadata"].get("namespace")]
    if without:
        raise LakesteadError(
            f"{ObjectRef.of(without[0])} says no namespace",
            expected="metadata.namespace: objects of this kind are in one",
        )
