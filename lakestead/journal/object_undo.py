"""How the write of one Kubernetes object is taken back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.journal.undo import Undo
from lakestead.kube.reference import ObjectRef
from lakestead.plan.diff import without_noise

# Kinds whose objects hold data that nobody can bring back.
DATA = ("PersistentVolumeClaim", "PersistentVolume")


def object_undo(ref: ObjectRef, live: Mapping[str, Any] | None, *, deletes: bool = False) -> Undo:
    """How to take back what is about to be done with ``ref``.

    + live: the object as it is now, with its ``managedFields``; None where it is not there
    + deletes: it will be deleted, and not applied

    A Secret's state is never kept: a created one can be deleted, nothing else.
    """
    target = {"apiVersion": ref.api_version, "kind": ref.kind, "name": ref.name}
    if ref.namespace:
        target["namespace"] = ref.namespace
    if live is None:
        cannot = "its data would be lost" if ref.kind in DATA else ""
        return Undo("object", target, None, cannot)
    if ref.kind == "Secret":
        return Undo("object", target, None, "values of a Secret are not kept")
    if deletes and ref.kind in (*DATA, "Namespace", "CustomResourceDefinition"):
        return Undo("object", target, None, "what was in it is gone with it")
    managed = [
        entry
        for entry in live["metadata"].get("managedFields") or ()
        if not entry.get("subresource")
    ]
    return Undo("object", target, without_noise(live), "", managed)


def target_ref(undo: Undo) -> ObjectRef:
    """The object that an Undo of kind ``object`` is about."""
    target = undo.target
    return ObjectRef(target["apiVersion"], target["kind"], target["name"], target.get("namespace"))
