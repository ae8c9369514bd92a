"""What tells one state of an object from another, and who brought the object into it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from lakestead.plan.diff import without_noise


def fingerprint(live: Mapping[str, Any] | None) -> str:
    """The state of an object as a short text: ``Change.before``; empty where it is not there.

    A Secret's is its uid and resourceVersion: a hash of short values could be guessed.
    """
    if live is None:
        return ""
    if live.get("kind") == "Secret":
        metadata = live["metadata"]
        return f"{metadata.get('uid', '')}/{metadata.get('resourceVersion', '')}"
    text = json.dumps(without_noise(live), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def last_changed_by(live: Mapping[str, Any] | None) -> str:
    """Who changed an object last and when, its status aside: ``kubectl-edit, 2026-11-21T14:00:00Z``."""
    entries = [] if live is None else live["metadata"].get("managedFields") or []
    dated = [
        (entry["time"], entry.get("manager", "somebody"))
        for entry in entries
        if entry.get("time") and entry.get("subresource") != "status"
    ]
    return "{1}, {0}".format(*max(dated)) if dated else ""
