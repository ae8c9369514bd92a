"""Whether an object was changed since a run wrote it, by its ``managedFields``; pure.

A count of changes would not do: controllers write annotations, finalizers and status all the time. What
counts is somebody else who owns a field outside of ``metadata``, and anything of Lakestead's own.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakestead.journal.owned import fields_of, part
from lakestead.kube.client import FIELD_MANAGER
from lakestead.plan.fingerprint import last_changed_by

RESTORER = "lakestead-rollback"
"""Field manager of values that a rollback gave back to somebody else's fields."""

# Kubernetes' own: what they write follows from what somebody else wrote.
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kube-apiserver", "kubelet")


def facts(obj: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal keeps of an object right after it was written.

    + obj: as the API answered it
    """
    metadata = obj["metadata"]
    noted: dict[str, Any] = {
        "uid": metadata["uid"],
        "marks": dict(_marks(metadata.get("managedFields") or ())),
    }
    if obj.get("kind") == "Secret":
        noted["version"] = metadata["resourceVersion"]
    else:
        noted["state"] = _own_state(obj)
    return noted


def changed_since(
    live: Mapping[str, Any], noted: Mapping[str, Any], managed: Sequence[Mapping[str, Any]] | None
) -> list[str]:
    """Who changed ``live`` since it was written, and when; empty where nobody did.

    + noted: ``facts`` of it; empty where the run was killed before it knew them
    + managed: its ``managedFields`` before the write; None where it was not there
    """
    metadata = live["metadata"]
    entries: Sequence[Mapping[str, Any]] = metadata.get("managedFields") or ()
    if noted.get("uid", metadata["uid"]) != metadata["uid"]:
        return [f"deleted and made again at {metadata.get('creationTimestamp')}"]
    if noted:
        return _changed_since_noted(live, noted, entries)
    made = metadata.get("creationTimestamp")
    before = dict(_marks(managed or ()))
    return [
        _who(key, mark)
        for key, mark in _marks(entries)
        if not _is_ours(key)
        and (mark[0] != made if managed is None else before.get(key, ("", ""))[0] != mark[0])
    ]


def made_by_us(live: Mapping[str, Any]) -> bool:
    """Whether Lakestead has applied the object, or labelled it as its own.

    One in which nobody owns a field, as a bare ServiceAccount that was applied, counts as ours.
    """
    metadata = live["metadata"]
    labels = metadata.get("labels") or {}
    entries = metadata.get("managedFields") or ()
    if not entries or labels.get("app.kubernetes.io/managed-by") == "lakestead":
        return True
    return any(_is_ours(_key(entry)) for entry in entries)


def _marks(entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, tuple[str, str]]]:
    """``manager operation apiVersion`` → (time, hash of its fields), of those that count."""
    for entry in entries:
        fields = entry.get("fieldsV1") or {}
        key = _key(entry)
        if entry.get("subresource") or entry.get("manager") in CONTROLLERS:
            continue
        if not _is_ours(key) and not fields.keys() - {"f:metadata"}:
            continue
        yield key, (str(entry.get("time")), _hash(fields))


def _changed_since_noted(
    live: Mapping[str, Any], noted: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]
) -> list[str]:
    """Times are of whole seconds, so of what is ours values are compared; of a Secret its version."""
    if "version" in noted:
        unchanged = noted["version"] == live["metadata"]["resourceVersion"]
        return [] if unchanged else [last_changed_by(live) or "somebody"]
    changed = []
    for key, mark in _marks(entries):
        then = noted["marks"].get(key)
        if _is_ours(key):
            # What a later run changed and took back is as it was, at another time.
            same = then is not None and noted["state"] == _own_state(live)
        else:
            same = then is not None and list(then) == list(mark)
        if not same:
            changed.append(_who(key, mark))
    return changed


def _own_state(obj: Mapping[str, Any]) -> str:
    """A hash of the values that Lakestead has applied, and of their places."""
    owned = fields_of(obj["metadata"].get("managedFields") or (), FIELD_MANAGER)
    return _hash([owned, part(obj, owned)])


def _hash(content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _key(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('manager')} {entry.get('operation')} {entry.get('apiVersion')}"


def _is_ours(key: str) -> bool:
    return key.startswith(f"{FIELD_MANAGER} Apply ")


def _who(key: str, mark: Sequence[str]) -> str:
    return f"{key.split(' ')[0]} at {mark[0]}"
