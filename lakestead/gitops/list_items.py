"""Items added to lists of a YAML file that somebody else wrote: a text edit, every other byte stays."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import yaml

from lakestead.errors import LakesteadError
from lakestead.gitops.mapping import mapping

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ListItems:
    """Items that a list must have; each is known by its ``name``.

    + at: keys from the top of the file to the list: ``("spec", "values", "env")``
    + items: mappings with a ``name``
    """

    at: tuple[str, ...]
    items: Sequence[Item]


def with_items(content: bytes | None, wanted: Sequence[ListItems], path: str) -> bytes:
    """``content`` with the items in its lists; comments, order, spelling and the rest stay.

    One of the same name is replaced; a list that is not there is made, with the mappings around it.

    + content: of the file; None where it is not there
    + path: of the file, for messages

    Raises LakesteadError where the file is not there, or cannot be edited without changing the rest.
    """
    if content is None:
        raise _unfit(path, "it is not in the homelab repo")
    for entry in wanted:
        for item in entry.items:
            content = _with_one(content, entry.at, item, path)
    return content


def _with_one(content: bytes, at: tuple[str, ...], item: Item, path: str) -> bytes:
    text, data, node = _parse(content, path)
    expected = _expected(data, at, item, path)
    if expected == data:
        return content
    edited = _edit(text, node, at, item, path).encode()
    try:
        fits = yaml.safe_load(edited) == expected
    except yaml.YAMLError:  # an alias, whose text is elsewhere
        fits = False
    if not fits:
        raise _unfit(path, f"{'.'.join(at)} cannot be edited without changing the rest")
    return edited


def _expected(data: dict[str, Any], at: tuple[str, ...], item: Item, path: str) -> dict[str, Any]:
    """What the file must come to."""
    whole = copy.deepcopy(data)
    place: Any = whole
    for key in at[:-1]:
        if place.get(key) is None:
            place[key] = {}
        place = place[key]
        if not isinstance(place, dict):
            raise _unfit(path, f"{key} is no mapping, on the way to {'.'.join(at)}")
    items = place.get(at[-1]) or []
    if not isinstance(items, list):
        raise _unfit(path, f"{'.'.join(at)} is no list")
    names = [each.get("name") if isinstance(each, dict) else None for each in items]
    if item["name"] in names:
        items = [dict(item) if n == item["name"] else e for n, e in zip(names, items, strict=True)]
    else:
        items = [*items, dict(item)]
    place[at[-1]] = items
    return whole


def _edit(text: str, node: yaml.MappingNode, at: tuple[str, ...], item: Item, path: str) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    indent = 0
    for depth, key in enumerate(at):
        if node.flow_style:
            raise _unfit(path, f"{'.'.join(at[:depth])} is written in one line with braces")
        indent = node.value[0][0].start_mark.column if node.value else indent
        found = next((value for name, value in node.value if name.value == key), None)
        if found is None or (found.tag.endswith(":null") and depth < len(at) - 1):
            if found is not None:
                raise _unfit(path, f"{'.'.join(at[: depth + 1])} is there without a value")
            return _insert_line(
                text, _end(node), _block(at[depth:], indent, item, newline), newline
            )
        if depth < len(at) - 1:
            if not isinstance(found, yaml.MappingNode):
                raise _unfit(path, f"{'.'.join(at[: depth + 1])} is no mapping")
            node = found
    return _into_list(text, found, indent, item, newline)


def _into_list(text: str, found: yaml.Node, indent: int, item: Item, newline: str) -> str:
    line = _flow(item)
    if not isinstance(found, yaml.SequenceNode) or not found.value:  # nothing, null or []
        start, end = found.start_mark.index, found.end_mark.index
        return text[:start].rstrip(" ") + f"{newline}{' ' * (indent + 2)}- {line}" + text[end:]
    same = [each for each in found.value if _name(each) == item["name"]]
    if same:
        return text[: same[0].start_mark.index] + line + text[_end(same[0]) :]
    if found.flow_style:
        end = _end(found.value[-1])
        return f"{text[:end]}, {line}{text[end:]}"
    dash = text.rindex("-", 0, found.value[-1].start_mark.index)
    margin = text[text.rindex("\n", 0, dash) + 1 : dash]
    return _insert_line(text, _end(found), f"{margin}- {line}", newline)


def _insert_line(text: str, end: int, line: str, newline: str) -> str:
    """``line`` after the one in which ``end`` is."""
    if end and text[end - 1] == "\n":  # a block of text ends with its last line
        return f"{text[:end]}{line}{newline}{text[end:]}"
    stop = text.find("\n", end)
    if stop < 0:
        return f"{text}{newline}{line}{newline}"
    return f"{text[: stop + 1]}{line}{newline}{text[stop + 1 :]}"


def _block(keys: tuple[str, ...], indent: int, item: Item, newline: str) -> str:
    lines = [f"{' ' * (indent + 2 * depth)}{key}:" for depth, key in enumerate(keys)]
    return newline.join([*lines, f"{' ' * (indent + 2 * len(keys))}- {_flow(item)}"])


def _flow(item: Item) -> str:
    return str(
        yaml.safe_dump(dict(item), default_flow_style=True, sort_keys=False, width=10_000)
    ).strip()


def _name(node: yaml.Node) -> str:
    if not isinstance(node, yaml.MappingNode):
        return ""
    return next((str(value.value) for key, value in node.value if key.value == "name"), "")


def _end(node: yaml.Node) -> int:
    """Where a node's text ends; a block's own mark is where the next thing begins."""
    if isinstance(node, yaml.CollectionNode) and node.value and not node.flow_style:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _parse(content: bytes, path: str) -> tuple[str, dict[str, Any], yaml.MappingNode]:
    return mapping(content, partial(_unfit, path))


def _unfit(path: str, found: str) -> LakesteadError:
    return LakesteadError(
        f"Lakestead cannot add to {path} of the homelab repo",
        where=path,
        found=found,
        expected="a YAML file of one document, with block mappings down to the list",
        do="see airflow.file and docs/phase-2-airflow.md; or add the items by hand",
    )
