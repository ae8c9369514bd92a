"""Entries added to a kustomization.yaml that somebody else may write too: a text edit, not a rewrite."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import partial
from posixpath import normpath
from typing import Any

import yaml

from lakestead.errors import LakesteadError
from lakestead.gitops.mapping import mapping

NEW = "---\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n"


def with_resources(content: bytes | None, entries: Sequence[str], path: str) -> bytes:
    """``content`` with ``entries`` among its ``resources``; comments, order and the rest stay.

    + content: of a kustomization.yaml; None makes a new one
    + entries: paths relative to the file: ``./hive-metastore/ks.yaml``
    + path: of the file, for messages

    Raises LakesteadError where the file is not a YAML mapping whose ``resources`` is a list.
    """
    if content is None:
        return (NEW + "".join(f"  - {entry}\n" for entry in entries)).encode()
    for entry in entries:
        content = _with_one(content, entry, path)
    return content


def without_added(before: bytes, after: bytes, now: bytes, path: str) -> bytes | None:
    """``now`` without the entries by which ``before`` became ``after``; those of others stay.

    None where more than entries of ``resources`` was changed, or they cannot be taken out alone.

    Raises LakesteadError where one of the three is no Kustomization whose ``resources`` is a list.
    """
    (_, old, _), (_, new, _) = _parse(before, path), _parse(after, path)
    had, has = old.get("resources") or [], new.get("resources") or []
    added = [entry for entry in has if entry not in had]
    if {**old, "resources": [*had, *added]} != {**new, "resources": has}:
        return None
    text, data, _ = _parse(now, path)
    present = data.get("resources") or []
    for entry in added:
        line = re.compile(
            rf"^[ \t]*-[ \t]+(['\"]?){re.escape(entry)}\1[ \t]*(#.*)?\r?\n?", re.MULTILINE
        )
        if entry in present:
            text = line.sub("", text, count=1)
    _, result, _ = _parse(text.encode(), path)
    left = [entry for entry in present if entry not in added]
    same = {**result, "resources": result.get("resources") or []} == {**data, "resources": left}
    return text.encode() if same else None


def _with_one(content: bytes, entry: str, path: str) -> bytes:
    text, data, node = _parse(content, path)
    present = data.get("resources") or []
    if normpath(entry) in [normpath(str(item)) for item in present]:
        return content
    edited = _insert(text, node, entry).encode()
    _, result, _ = _parse(edited, path)
    if result != {**data, "resources": [*present, entry]}:
        raise _unfit(path, f"an entry could not be added without changing the rest: {entry}")
    return edited


def _insert(text: str, mapping: yaml.MappingNode, entry: str) -> str:
    node = next((value for key, value in mapping.value if key.value == "resources"), None)
    if node is None:
        return text.rstrip("\n") + f"\nresources:\n  - {entry}\n"
    if not isinstance(node, yaml.SequenceNode) or node.flow_style:  # nothing at all, [] or [a, b]
        items = [text[item.start_mark.index : item.end_mark.index] for item in node.value or ()]
        block = "".join(f"\n  - {item}" for item in [*items, entry])
        start, end = node.start_mark.index, node.end_mark.index
        return text[:start].rstrip(" ") + block + text[end:]
    last = node.value[-1]
    dash = text.rindex("-", 0, last.start_mark.index)
    indent = text[text.rindex("\n", 0, dash) + 1 : dash]
    line_end = text.find("\n", last.end_mark.index)
    newline = "\r\n" if "\r\n" in text else "\n"
    if line_end < 0:
        return f"{text}{newline}{indent}- {entry}{newline}"
    return f"{text[: line_end + 1]}{indent}- {entry}{newline}{text[line_end + 1 :]}"


def _parse(content: bytes, path: str) -> tuple[str, dict[str, Any], yaml.MappingNode]:
    text, data, node = mapping(content, partial(_unfit, path))
    if not isinstance(data.get("resources") or [], list):
        raise _unfit(path, f"resources: {data['resources']!r}")
    return text, data, node


def _unfit(path: str, found: str) -> LakesteadError:
    return LakesteadError(
        f"Lakestead cannot add to {path} of the homelab repo",
        where=path,
        found=found,
        expected="a Kustomization whose resources are a list",
    )
