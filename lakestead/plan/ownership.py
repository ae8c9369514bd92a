"""Proof, without asking the server, that server-side apply of an object would change nothing.

Server-side apply keeps in ``metadata.managedFields`` which fields an applier has set. Applying again
does nothing if and only if the fields of the manifest are exactly those that are kept for its manager,
and each has the value that is there (``Updater.Apply`` of sigs.k8s.io/structured-merge-diff). What is
kept, FieldsV1, also tells what no schema is needed for then: a field without children was set as one
(a scalar, an atomic map or list), one with children was merged, list items by the key that is kept.

Where a value is spelled otherwise than the server keeps it (``lakestead.plan.spelling``), it is proven
only for Kubernetes' own kinds at the places that are known. All else is a suspect, whom the server
is asked about: this may say False too often, but never True where something would change.

What it cannot see: an admission webhook that would change an object even though nothing is asked of
it, and a CRD that was changed from granular to atomic since (the values are equal then, too).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from lakestead.plan.spelling import ABSENT, Path, Spelling

MANAGER = "lakestead"
# The server keeps these for nobody (k8s.io/apimachinery/pkg/util/managedfields, stripMetaManager).
IDENTITY = ("name", "namespace")
NOBODYS = ("apiVersion", "kind", "metadata")
SERVERS = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")


def proves_unchanged(
    desired: Mapping[str, Any], live: Mapping[str, Any], manager: str = MANAGER
) -> bool:
    """Whether applying ``desired`` as ``manager`` certainly leaves ``live`` as it is.

    + desired: a manifest as it is sent
    + live: the object in the manifest's apiVersion, with its managedFields
    """
    entries = live.get("metadata", {}).get("managedFields") or []
    own = [entry for entry in entries if _is_of(entry, manager)]
    if len(own) > 1 or not _same_object(desired, live):
        return False
    if not entries and not _is_bare(live):
        return False  # the server would first note, for "before-first-apply", all that is there
    if own and own[0].get("apiVersion") != desired["apiVersion"]:
        return False
    if len({_identity(entry) for entry in entries}) < len(entries):
        return False  # one of them would be dropped
    spelling = Spelling(desired)
    owned = own[0].get("fieldsV1") or {} if own else {}
    if not _Walk(spelling).root(desired, owned, live):
        return False
    if not spelling.differs:
        return True
    # The server compares before it spells: who else has set such a field would be in conflict.
    others = (entry.get("fieldsV1") or {} for entry in entries if entry is not (own or [None])[0])
    return not any(_mentions(fields, spelling.differs) for fields in others)


def _is_of(entry: Mapping[str, Any], manager: str) -> bool:
    return (
        entry.get("manager") == manager
        and entry.get("operation") == "Apply"
        and not entry.get("subresource")
    )


def _identity(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What the server tells entries apart by."""
    return tuple(entry.get(key) for key in ("manager", "operation", "apiVersion", "subresource"))


def _same_object(desired: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    if desired["apiVersion"] != live.get("apiVersion") or desired["kind"] != live.get("kind"):
        return False
    wanted, found = desired["metadata"], live["metadata"]
    if "namespace" in wanted and wanted["namespace"] != found.get("namespace", wanted["namespace"]):
        return False  # where the live object has none, it is in none, and the server ignores one
    return bool(wanted["name"] == found["name"])


def _is_bare(live: Mapping[str, Any]) -> bool:
    """Whether the object has no field that could be anybody's."""
    return set(live) <= {*NOBODYS} and set(live["metadata"]) <= {*IDENTITY, *SERVERS}


def _mentions(fields: Mapping[str, Any], keys: set[str]) -> bool:
    return any(key in keys or (rest and _mentions(rest, keys)) for key, rest in fields.items())


class _Walk:
    """Walks a manifest, what is kept of it, and the object side by side."""

    __slots__ = ("spelling",)

    def __init__(self, spelling: Spelling) -> None:
        self.spelling = spelling

    def root(
        self, desired: Mapping[str, Any], owned: Mapping[str, Any], live: Mapping[str, Any]
    ) -> bool:
        metadata = {
            key: value
            for key, value in desired["metadata"].items()
            if key not in IDENTITY and not (key == "creationTimestamp" and value is None)
        }
        rest = {key: value for key, value in desired.items() if key not in NOBODYS}
        kept = {key: value for key, value in owned.items() if key != "f:metadata"}
        return self.merged_map(
            metadata, owned.get("f:metadata") or {}, live["metadata"], ("", "metadata")
        ) and self.merged_map(rest, kept, live, ("", ""))

    def field(self, value: Any, owned: Mapping[str, Any], live: Any, path: Path, name: str) -> bool:
        if not owned:
            # Nothing kept below a map with content: it is atomic, or granular and was applied empty.
            if type(value) is dict and value and not self.spelling.is_atomic(name):
                return False
            if type(live) is dict and self.spelling.asks_nothing(value, name):
                return True
            return self.spelling.is_kept_as(value, live, path, name)
        if type(value) is dict and value:
            return type(live) is dict and self.merged_map(value, owned, live, (path[1], name))
        if type(value) is list and value:
            return type(live) is list and self.merged_list(value, owned, live, (path[1], name))
        return False

    def merged_map(
        self,
        desired: Mapping[str, Any],
        owned: Mapping[str, Any],
        live: Mapping[str, Any],
        path: Path,
    ) -> bool:
        seen = 1 if "." in owned else 0
        for key, value in desired.items():
            kept = owned.get(f"f:{key}")
            if kept is None:
                # An empty list of mergeable items sets nothing.
                if value == [] and self.spelling.is_mergeable_list(path, key):
                    continue
                return False
            if not self.field(value, kept, live.get(key, ABSENT), path, key):
                return False
            seen += 1
        return seen == len(owned)

    def merged_list(
        self, desired: list[Any], owned: Mapping[str, Any], live: list[Any], path: Path
    ) -> bool:
        entries = [key for key in owned if key != "."]
        if len(entries) != len(desired):
            return False
        kinds = {key[:2] for key in entries}
        if kinds == {"k:"}:
            return self.keyed_list(desired, owned, entries, live, path)
        if kinds == {"v:"}:
            return self.set_of_scalars(desired, entries, live)
        return False

    def keyed_list(
        self,
        desired: list[Any],
        owned: Mapping[str, Any],
        entries: Iterable[str],
        live: list[Any],
        path: Path,
    ) -> bool:
        """Items that are merged by key fields; a key field may be left out where it has a default."""
        kept = {key: _key(key) for key in entries}
        names = next(iter(kept.values()))[0]
        if any(fields != names for fields, _ in kept.values()):
            return False
        there: dict[Any, tuple[int, Any]] = {}
        for position, item in enumerate(live):
            values = _values(item, names)
            if values is None or values in there:
                return False
            there[values] = (position, item)
        by_values = {values: key for key, (_, values) in kept.items()}
        last = -1
        for item in desired:
            if type(item) is not dict:
                return False
            key = by_values.pop(_values(item, names), None) or _defaulted(item, names, by_values)
            if key is None:
                return False
            by_values.pop(kept[key][1], None)
            position, found = there.get(kept[key][1], (-1, None))
            if position <= last or not self.item(item, owned[key], found, path):
                return False
            if any(field not in item and f"f:{field}" in owned[key] for field in names):
                return False
            last = position
        return True

    def item(self, value: Any, owned: Mapping[str, Any], live: Any, path: Path) -> bool:
        if not owned:  # nothing kept below it, not even its key: the item is atomic
            return self.spelling.is_kept_as(value, live, (path[0], ""), path[1])
        return self.merged_map(value, owned, live, path)

    @staticmethod
    def set_of_scalars(desired: list[Any], entries: Iterable[str], live: list[Any]) -> bool:
        kept = {_scalar(key) for key in entries}
        wanted = [_typed(value) for value in desired]
        there = [_typed(value) for value in live]
        shared = [value for value in there if value in kept]
        return set(wanted) == kept and wanted == shared


def _typed(value: Any) -> Any:
    """Something hashable that tells 1, 1.0 and true apart, which Python thinks equal."""
    return (type(value), value if isinstance(value, str | int | float | bool) else repr(value))


def _values(item: Any, names: tuple[str, ...]) -> Any:
    """The values of an item's key fields; None where one is missing."""
    if type(item) is not dict:
        return None
    values = tuple(_typed(item.get(name)) for name in names)
    return None if any(kind is type(None) for kind, _ in values) else values


def _defaulted(item: Mapping[str, Any], names: tuple[str, ...], left: Mapping[Any, str]) -> Any:
    """The one kept item that has the key fields that are given; the others are the default then."""
    given = [
        (place, _typed(item[name]))
        for place, name in enumerate(names)
        if item.get(name) is not None
    ]
    fits = [key for values, key in left.items() if all(values[i] == value for i, value in given)]
    return fits[0] if len(fits) == 1 else None


@lru_cache(maxsize=4096)
def _key(key: str) -> tuple[tuple[str, ...], Any]:
    fields = json.loads(key[2:])
    return tuple(fields), tuple(_typed(value) for value in fields.values())


@lru_cache(maxsize=4096)
def _scalar(key: str) -> Any:
    return _typed(json.loads(key[2:]))
