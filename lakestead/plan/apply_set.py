"""Which objects belong to one desired state, so that what leaves it can be found again: an ApplySet.

KEP-3659: members carry a label with the set's id; the set's parent, here a ConfigMap, says which kinds
there are, so that not every kind has to be searched.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.errors import WrongUsage

NAMESPACE = "kube-system"
ID = "applyset.kubernetes.io/id"
PART_OF = "applyset.kubernetes.io/part-of"
KINDS = "applyset.kubernetes.io/contains-group-kinds"
TOOLING = "applyset.kubernetes.io/tooling"
PROTECTION = "lakestead.io/prune"
# What is gone with them is gone: only an annotation lets them go.
KEEPERS = frozenset(
    ["CustomResourceDefinition", "Namespace", "PersistentVolume", "PersistentVolumeClaim"]
)

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ApplySet:
    """A desired state by name.

    + name: lower case letters, digits and dashes, at most 40
    """

    name: str

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise WrongUsage(
                f"{self.name!r} cannot name a set of objects",
                expected="at most 40 lower case letters, digits and dashes, as metastore",
            )

    @property
    def parent_name(self) -> str:
        """The name of the ConfigMap that stands for the set."""
        return f"lakestead-set-{self.name}"

    @property
    def id(self) -> str:
        """The value of the members' label."""
        text = f"{self.parent_name}.{NAMESPACE}.ConfigMap."
        code = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
        return f"applyset-{code.decode().rstrip('=')}-v1"

    def member(self, obj: Mapping[str, Any]) -> Object:
        """A manifest with the set's label."""
        metadata = dict(obj["metadata"])
        metadata["labels"] = {**(metadata.get("labels") or {}), PART_OF: self.id}
        return {**obj, "metadata": metadata}

    def parent(self, kinds: Iterable[tuple[str, str]]) -> Object:
        """The ConfigMap that says of which kinds (group, kind) the set has objects."""
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": self.parent_name,
                "namespace": NAMESPACE,
                "labels": {ID: self.id},
                "annotations": {
                    TOOLING: "lakestead/v1",
                    KINDS: ",".join(sorted(f"{kind}.{group}".rstrip(".") for group, kind in kinds)),
                },
            },
        }


def kinds_of(parent: Mapping[str, Any] | None) -> set[tuple[str, str]]:
    """(group, kind) of a set's members, as its parent says."""
    annotations = ((parent or {}).get("metadata") or {}).get("annotations") or {}
    found = set()
    for text in str(annotations.get(KINDS) or "").split(","):
        kind, _, group = text.strip().partition(".")
        if kind:
            found.add((group, kind))
    return found


def group_kind(obj: Mapping[str, Any]) -> tuple[str, str]:
    """(group, kind) of an object."""
    group, slash, _ = str(obj["apiVersion"]).partition("/")
    return (group if slash else "", str(obj["kind"]))


def why_kept(live: Mapping[str, Any]) -> str:
    """Why an object that left the set stays nevertheless; empty where it is deleted."""
    wish = (live["metadata"].get("annotations") or {}).get(PROTECTION)
    if wish == "false":
        return f'it is annotated {PROTECTION}: "false"'
    if live["kind"] in KEEPERS and wish != "true":
        return f'what is in it would be gone; to let it go, annotate it {PROTECTION}: "true"'
    return ""
