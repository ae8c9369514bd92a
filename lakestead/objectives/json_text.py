"""Change values in a JSON text and leave every other character as its author wrote it; pure.

``json.loads`` and ``dumps`` would lose indentation, spacing and the order that a person gave a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Path = Sequence[str | int]
_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = json.JSONDecoder(strict=False)


@dataclass(slots=True)
class Node:
    """A value's place in a text: ``text[start:end]``.

    + members: of an object, key → (place of the key, value)
    + items: of an array
    """

    start: int
    end: int = 0
    members: dict[str, tuple[int, Node]] | None = None
    items: list[Node] = field(default_factory=list)


class Mistake(ValueError):
    """The text is not what it should be.

    + at: character where that is seen
    """

    def __init__(self, text: str, at: int) -> None:
        super().__init__(text)
        self.at = at


def load(text: str) -> tuple[Any, Node]:
    """What a JSON text says, and where it says it.

    Raises Mistake with the place; also for a key that is there twice and for NaN.
    """
    if text.startswith("\ufeff"):
        raise Mistake("it begins with a byte order mark", 0)
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        before = text[: error.pos].rstrip()
        if before.endswith(",") and text[error.pos : error.pos + 1] in ("", "}", "]"):
            raise Mistake("a comma that nothing follows", len(before) - 1) from None
        raise Mistake(error.msg[0].lower() + error.msg[1:], error.pos) from None
    except RecursionError:
        raise Mistake("it is nested too deeply", 0) from None
    return value, _value(text, _skip(text, 0))


def line(text: str, at: int) -> int:
    """The number of the line that a place is on."""
    return text.count("\n", 0, at) + 1


def place(node: Node, path: Path) -> int:
    """Where ``path`` is, or the nearest thing around it that is there."""
    for step in path:
        if isinstance(step, str) and node.members and step in node.members:
            node = node.members[step][1]
        elif isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node.start


def put(text: str, path: Path, value: Any) -> str:
    """``text`` with ``value`` at ``path``; what is missing on the way there is made.

    A value that says the same already is left as it is spelled. An index at an array's end appends.
    """
    told, root = load(text)
    node = root
    for depth, step in enumerate(path):
        if isinstance(step, str) and node.members is not None:
            if step not in node.members:
                return _add(text, node, step, _nested(path[depth + 1 :], value))
            node = node.members[step][1]
        elif isinstance(step, int) and node.members is None:
            if step >= len(node.items):
                return _add(text, node, None, _nested(path[depth + 1 :], value))
            node = node.items[step]
        else:
            raise Mistake(f"there is no {step!r} in it", node.start)
        told = told[step]
    if told == value and type(told) is type(value):
        return text
    return text[: node.start] + _written(text, node.start, value) + text[node.end :]


def drop(text: str, path: Path) -> str:
    """``text`` without the member of an object at ``path``; the same where there is none."""
    _, node = load(text)
    for step in path[:-1]:
        if not isinstance(step, str) or node.members is None or step not in node.members:
            if isinstance(step, int) and step < len(node.items):
                node = node.items[step]
                continue
            return text
        node = node.members[step][1]
    members = node.members or {}
    if path[-1] not in members:
        return text
    keys = list(members)
    at = keys.index(str(path[-1]))
    if len(keys) == 1:
        return text[: node.start] + "{}" + text[node.end :]
    if at + 1 < len(keys):  # up to the next key
        return text[: members[keys[at]][0]] + text[members[keys[at + 1]][0] :]
    return text[: members[keys[at - 1]][1].end] + text[members[keys[at]][1].end :]


def _add(text: str, node: Node, key: str | None, value: Any) -> str:
    """A member or item after the last one, laid out as that one is."""
    starts = [at for at, _ in (node.members or {}).values()] or [item.start for item in node.items]
    newline = "\r\n" if "\r\n" in text else "\n"
    head = "" if key is None else json.dumps(key, ensure_ascii=False) + _colon(text, node)
    if not starts:
        indent = _indent_at(text, node.start)
        inner = newline + indent + _step(text)
        made = head + _dump(value, indent + _step(text), _step(text), newline)
        opening, closing = text[node.start], text[node.end - 1]
        new = opening + inner + made + newline + indent + closing
        return text[: node.start] + new + text[node.end :]
    last = starts[-1]
    before = text[: starts[0]]
    gap = before[len(before.rstrip(" \t\r\n")) :] if len(starts) == 1 else _gap(text, last)
    end = list((node.members or {}).values())[-1][1].end if node.members else node.items[-1].end
    made = head + _dump(value, _indent_at(text, last), _step(text), newline)
    return text[:end] + "," + (gap or " ") + made + text[end:]


def _written(text: str, at: int, value: Any) -> str:
    newline = "\r\n" if "\r\n" in text else "\n"
    return _dump(value, _indent_at(text, at), _step(text), newline)


def _dump(value: Any, indent: str, step: str, newline: str) -> str:
    made = json.dumps(value, indent=step, ensure_ascii=False)
    return made.replace("\n", newline + indent)


def _gap(text: str, at: int) -> str:
    """The space between a comma and what begins at ``at``."""
    return text[len(text[:at].rstrip(" \t\r\n")) : at]


def _indent_at(text: str, at: int) -> str:
    start = text.rfind("\n", 0, at) + 1
    found = re.match(r"[ \t]*", text[start:])
    return found[0] if found else ""


def _step(text: str) -> str:
    """What one level is indented by in this file."""
    found = re.search(r"[\[{]\r?\n([ \t]+)", text)
    return found[1] if found else "  "


def _colon(text: str, node: Node) -> str:
    for at, value in (node.members or {}).values():
        found = re.search(r"\s*:\s*$", text[at : value.start])
        if found and "\n" not in found[0]:
            return found[0]
    return ": "


def _nested(path: Path, value: Any) -> Any:
    for step in reversed(path):
        value = {step: value} if isinstance(step, str) else [value]
    return value


def _no_constant(name: str) -> None:
    raise Mistake(f"{name} is no JSON", 0)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> Node:
    """The node at ``at``; ``json.loads`` has seen that the text is JSON."""
    node = Node(at)
    if text[at] == "{":
        node.members = {}
        at = _skip(text, at + 1)
        while text[at] != "}":
            key, end = _SCALAR.raw_decode(text, at)
            if key in node.members:
                raise Mistake(f"key {json.dumps(key)} is there twice", at)
            value = _value(text, _skip(text, _skip(text, end) + 1))
            node.members[key] = (at, value)
            at = _after(text, value.end)
        node.end = at + 1
    elif text[at] == "[":
        at = _skip(text, at + 1)
        while text[at] != "]":
            node.items.append(_value(text, at))
            at = _after(text, node.items[-1].end)
        node.end = at + 1
    else:
        node.end = _SCALAR.raw_decode(text, at)[1]
    return node


def _after(text: str, at: int) -> int:
    """After a value: on to the next one, or to the bracket."""
    at = _skip(text, at)
    return _skip(text, at + 1) if text[at] == "," else at
