"""Places in a manifest: tuples of keys and indexes."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

Path = tuple[str | int, ...]
# What makes the object that object, and what only the server writes.
FIXED = {
    ("apiVersion",), ("kind",), ("status",), ("metadata",), ("spec", "group"),
    *(("metadata", name) for name in (
        "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp",
        "managedFields", "generateName", "deletionTimestamp",
    )),
}  # fmt: skip


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in ``value`` below its root, parents first, but for those of FIXED."""
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    else:
        return
    for key, below in items:
        here = (*path, key)
        if here in FIXED and here != ("metadata",):
            continue
        if here != ("metadata",):
            yield here
        yield from places(below, here)


def get(value: Any, path: Path) -> Any:
    """What is there."""
    for key in path:
        value = value[key]
    return value


def has(value: Any, path: Path) -> bool:
    """Whether there is something."""
    try:
        get(value, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def put(value: Any, path: Path, new: Any) -> Any:
    """A copy with ``new`` there; the parent must be."""
    copy = deepcopy(value)
    get(copy, path[:-1])[path[-1]] = new
    return copy


def without(value: Any, path: Path) -> Any:
    """A copy without what is there."""
    copy = deepcopy(value)
    del get(copy, path[:-1])[path[-1]]
    return copy


def merge_patch(before: Any, after: Any) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that makes ``before`` into ``after``."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        if name in before and type(before[name]) is type(value) and before[name] == value:
            continue
        if isinstance(value, dict) and isinstance(before.get(name), dict):
            patch[name] = merge_patch(before[name], value)
        else:
            patch[name] = value
    return patch
