"""Parts of an object by who owns them: FieldsV1 of ``managedFields``, as server-side apply keeps it; pure.

``f:name`` is a field, ``k:{…}`` an item of a list by its key, ``v:…`` an item of a set, ``i:n`` one by its
place, ``.`` the thing itself; nothing below it: all of its value.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import reduce
from typing import Any

Fields = Mapping[str, Any]


def part(obj: Mapping[str, Any], fields: Fields) -> dict[str, Any]:
    """The manifest that holds of ``obj`` what ``fields`` name, and says which object it is."""
    found = _part(obj, fields)
    metadata = found.setdefault("metadata", {})
    metadata |= {
        key: obj["metadata"][key] for key in ("name", "namespace") if obj["metadata"].get(key)
    }
    return {**found, "apiVersion": obj["apiVersion"], "kind": obj["kind"]}


def fields_of(
    managed: Iterable[Mapping[str, Any]], manager: str, *, others: bool = False
) -> dict[str, Any]:
    """What ``manager`` has applied; with ``others``, what anybody else owns."""
    owned = [
        entry.get("fieldsV1") or {}
        for entry in managed
        if not entry.get("subresource") and _applied(entry, manager) is not others
    ]
    return reduce(union, owned, {})


def union(one: Fields, other: Fields) -> dict[str, Any]:
    """What either names."""
    both = {key: union(one[key], other[key]) for key in one.keys() & other.keys()}
    return {**one, **other, **both}


def common(one: Fields, other: Fields) -> dict[str, Any]:
    """What both name."""
    shared: dict[str, Any] = {}
    for key in one.keys() & other.keys():
        if not one[key] or not other[key]:
            shared[key] = {}
        elif below := common(one[key], other[key]):
            shared[key] = below
    return shared


def without(one: Fields, other: Fields) -> dict[str, Any]:
    """What ``one`` names and ``other`` does not."""
    left = {}
    for key, below in one.items():
        if key not in other:
            left[key] = below
        elif below and other[key] and (rest := without(below, other[key])):
            left[key] = rest
    return left


def _applied(entry: Mapping[str, Any], manager: str) -> bool:
    return entry.get("manager") == manager and entry.get("operation") == "Apply"


def _part(value: Any, fields: Fields) -> Any:
    below = {key: rest for key, rest in fields.items() if key != "."}
    if isinstance(value, Mapping):
        return {
            key[2:]: _part(value[key[2:]], rest) if rest else value[key[2:]]
            for key, rest in below.items()
            if key.startswith("f:") and key[2:] in value
        }
    if isinstance(value, list):
        items = []
        for place, item in enumerate(value):
            for key, rest in below.items():
                if _names(key, item, place):
                    items.append(_item(key, item, rest))
                    break
        return items
    return value


def _names(key: str, item: Any, place: int) -> bool:
    kind, _, text = key.partition(":")
    if kind == "i":
        return int(text) == place
    wanted = json.loads(text)
    if kind == "k":
        return isinstance(item, Mapping) and all(
            item.get(name) == value for name, value in wanted.items()
        )
    return bool(item == wanted)


def _item(key: str, item: Any, rest: Fields) -> Any:
    if not rest or not isinstance(item, Mapping):
        return item
    found = _part(item, rest)
    if key.startswith("k:"):
        found = {name: item[name] for name in json.loads(key[2:]) if name in item} | found
    return found
