"""Plain words that Kubernetes' tools and YAML 1.1 read differently."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.helm.manifests import documents, objects


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"),
        ("2026-11-21", "2026-11-21"),
        ("0644", 420),
        ("0o644", 420),
        ("0x1F", 31),
        ("1_000", 1000),
        ("-7", -7),
        ("08", 8),
        ("1e3", 1000),
        ("1.5", 1.5),
        ("2.0", 2),
        (".5", 0.5),
        ("1.2.3", "1.2.3"),
        ("200m", "200m"),
        ("=", "="),
        ("true", True),
        ("~", None),
    ],
)
def test_plain_words(text: str, value: Any) -> None:
    assert documents(f"a: {text}", "here") == [{"a": value}]


def test_lists_and_empty_documents_are_taken_apart() -> None:
    text = """
---
# nothing
---
{apiVersion: v1, kind: List, items: [{kind: A, metadata: {name: a}}, {kind: B, metadata: {name: b}}]}
---
{kind: C, metadata: {name: c}}
"""
    assert [obj["kind"] for obj in objects(text, "here")] == ["A", "B", "C"]


@pytest.mark.parametrize("text", ["a: [", "- a", "no object"])
def test_what_is_no_object_is_named_with_its_place(text: str) -> None:
    with pytest.raises(LakesteadError, match="here"):
        objects(text, "here")
