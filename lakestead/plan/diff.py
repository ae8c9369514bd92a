"""What differs between two objects or texts, as a unified diff a person can read."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import yaml

# What the API server writes itself: it changes without anybody's wish.
SERVER_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def without_noise(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``obj`` without its status and without what the API server keeps in metadata."""
    clean: dict[str, Any] = deepcopy(dict(obj))
    clean.pop("status", None)
    metadata = clean.get("metadata")
    if isinstance(metadata, dict):
        for key in SERVER_METADATA:
            metadata.pop(key, None)
        annotations = metadata.get("annotations")
        if isinstance(annotations, dict):
            annotations.pop(LAST_APPLIED, None)
            if not annotations:
                del metadata["annotations"]
    return clean


def object_diff(before: Mapping[str, Any] | None, after: Mapping[str, Any] | None) -> str:
    """A unified diff of two states of one object as YAML; empty where they are the same.

    Values of a Secret are masked: a changed one reads ``*** (before)`` and ``*** (after)``.

    + before: None where the object will be created
    + after: None where it will be deleted
    """
    old = None if before is None else without_noise(before)
    new = None if after is None else without_noise(after)
    if _json(old) == _json(new):
        return ""
    mask_secrets(old, new)
    sample = after or before or {}
    metadata = sample.get("metadata") or {}
    place = f"{metadata['namespace']}/" if metadata.get("namespace") else ""
    return text_diff(
        _yaml(old), _yaml(new), f"{sample.get('kind', 'object')} {place}{metadata.get('name', '')}"
    )


def mask_secrets(before: dict[str, Any] | None, after: dict[str, Any] | None) -> None:
    """Replace the values of Secrets in place, so that only whether one changed can be seen."""
    for obj in (before, after):
        if obj is not None and obj.get("kind") != "Secret":
            return
    for field in ("data", "stringData"):
        old = (before or {}).get(field) or {}
        new = (after or {}).get(field) or {}
        for key in old.keys() | new.keys():
            same = old.get(key) == new.get(key)
            if key in old:
                masked_old = "***" if same or key not in new else "*** (before)"
            if key in new:
                new[key] = "***" if same or key not in old else "*** (after)"
            if key in old:
                old[key] = masked_old


def text_diff(before: str | None, after: str | None, label: str) -> str:
    """A unified diff of two texts; empty where they are the same.

    + before: None where there is nothing yet
    + after: None where there will be nothing
    + label: what it is, for the head: a file's path, an object's name
    """
    if before == after:
        return ""
    if before is None and after is not None:
        new = after.splitlines()
        place = f"@@ -0,0 +1{f',{len(new)}' * (len(new) != 1)} @@"
        return "\n".join(
            ["--- nothing", f"+++ after: {label}", place, *(f"+{line}" for line in new)]
        )
    lines = difflib.unified_diff(
        (before or "").splitlines(),
        (after or "").splitlines(),
        "nothing" if before is None else f"before: {label}",
        "nothing" if after is None else f"after: {label}",
        lineterm="",
    )
    return "\n".join(lines)


# libyaml's emitter, ten times as fast as the one in Python: most of a large plan's time.
_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):
    pass


def _text(dumper: yaml.SafeDumper, value: str) -> Any:
    """Multi-line text as a block, so that a diff shows the line that changed."""
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def _json(obj: dict[str, Any] | None) -> str:
    """What tells 1 from true, which Python thinks equal."""
    return json.dumps(obj, sort_keys=True, default=str)


def _yaml(obj: dict[str, Any] | None) -> str | None:
    if obj is None:
        return None
    text: str = yaml.dump(obj, Dumper=_Dumper, sort_keys=True, width=1000)
    return text
