"""A manifest as it is sent to server-side apply."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.reference import ObjectRef


def prepared(obj: Mapping[str, Any]) -> dict[str, Any]:
    """A manifest as it is sent: without status, a Secret's ``stringData`` as ``data``."""
    copy = dict(obj)
    copy.pop("status", None)
    metadata = copy.get("metadata")
    if (
        not isinstance(metadata, dict)
        or not metadata.get("name")
        or not copy.get("kind")
        or not copy.get("apiVersion")
    ):
        raise LakesteadError(
            "A manifest names no object",
            found=f"kind {copy.get('kind')!r}, metadata {sorted(metadata or {})}",
            expected="apiVersion, kind and metadata.name",
        )
    copy["metadata"] = {k: v for k, v in metadata.items() if k != "creationTimestamp"}
    if copy["kind"] == "Secret":
        _encode_string_data(copy)
    return copy


def _encode_string_data(secret: dict[str, Any]) -> None:
    """``stringData`` as ``data``, as the server keeps it; what is no text is left for it to judge."""
    texts, data = secret.get("stringData") or {}, secret.get("data") or {}
    if not isinstance(texts, dict) or not isinstance(data, dict):
        return
    if all(isinstance(text, str) for text in texts.values()) and "stringData" in secret:
        del secret["stringData"]
        encoded = {key: base64.b64encode(text.encode()).decode() for key, text in texts.items()}
        secret["data"] = {**data, **encoded}


def all_prepared(objects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Several manifests; raises LakesteadError where two are for one object."""
    made = [prepared(obj) for obj in objects]
    seen: set[ObjectRef] = set()
    for obj in made:
        ref = ObjectRef.of(obj)
        if ref in seen:
            raise LakesteadError(
                f"Two manifests are for {ref}",
                expected="one manifest for each object",
                do="take one of them out",
            )
        seen.add(ref)
    return made


def digest(obj: Mapping[str, Any]) -> str:
    """What tells one manifest from another.

    Raises LakesteadError where it holds what JSON cannot say, as a date without quotes in YAML.
    """
    try:
        text = json.dumps(obj, sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise LakesteadError(
            f"{ObjectRef.of(obj)} holds a value that JSON has no word for",
            found=str(error),
            do="quote it: YAML reads 2026-01-01 as a date",
        ) from None
    return hashlib.sha256(text.encode()).hexdigest()
