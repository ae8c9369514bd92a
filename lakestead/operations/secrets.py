"""Secrets and their namespaces that operations write one by one: their commands and how they are undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.journal import session
from lakestead.journal.marks import facts
from lakestead.journal.object_undo import object_undo
from lakestead.journal.undo import Undo
from lakestead.kube.client import Api, ObjectRef
from lakestead.operations.command import ApiCommand
from lakestead.plan.change import Change


def make_namespace(cluster: Api, change: Change) -> ApiCommand:
    """The command that makes the namespace of ``change``."""
    ref = ObjectRef("v1", "Namespace", change.name)

    def action() -> str:
        manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ref.name}}
        written(cluster.apply(manifest))
        return f"{ref} is there"

    return ApiCommand(f"make {ref}", action, change=change, undo=object_undo(ref, None))


def secret_undo(ref: ObjectRef, change: Change) -> Undo:
    """How a Secret is taken back: one that is created is deleted, another's values are not kept."""
    if change.action == "create":
        return object_undo(ref, None)
    return object_undo(ref, {"kind": "Secret", "metadata": {}})


def written(answer: Mapping[str, Any]) -> None:
    """Journal what identifies an object that was written just now.

    + answer: the object as the API answered the write
    """
    session.note(**facts(answer))
