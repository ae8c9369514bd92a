"""Items for lists of a file that is somebody else's: added or replaced, every other byte stays."""

from __future__ import annotations

import difflib

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.list_items import ListItems, with_items

ITEM = {"name": "lakestead", "value": "a=b&c"}
LINE = "- {name: lakestead, value: a=b&c}"


def edited(text: str, *at: str) -> list[str]:
    """The lines that differ."""
    after = with_items(text.encode(), [ListItems(at, [ITEM])], "f.yaml").decode()
    assert with_items(after.encode(), [ListItems(at, [ITEM])], "f.yaml").decode() == after
    lines = difflib.ndiff(text.splitlines(keepends=True), after.splitlines(keepends=True))
    changed = [line.replace("\n", "") for line in lines if line[0] in "+-"]
    return sorted(changed, key=lambda line: line[0] == "+")


@pytest.mark.parametrize(
    ("text", "lines"),
    {
        "after the last": (
            "a:\n  env:\n    # why\n    - name: x\n      value: |\n        two\n        lines\n    # end\n  z: 1\n",
            [f"+     {LINE}"],
        ),
        "its own indentation": ("a:\n  env:\n  - name: x # why\n  z: 1\n", [f"+   {LINE}"]),
        "no line end": (
            "a:\n  env:\n  - name: x",
            ["-   - name: x", "+   - name: x", f"+   {LINE}"],
        ),
        "no list": ("a:\n  z: {b: 1} # why\n\nlast: 1\n", ["+   env:", f"+     {LINE}"]),
        "nothing around it": ("z: 1\n", ["+ a:", "+   env:", f"+     {LINE}"]),
        "empty": (
            "a:\n  env: [] # why\n",
            ["-   env: [] # why", "+   env:", f"+     {LINE} # why"],
        ),
        "in one line": (
            "a:\n  env: [{name: x}] # why\n",
            ["-   env: [{name: x}] # why", f"+   env: [{{name: x}}, {LINE[2:]}] # why"],
        ),
        "replaced": (
            "a:\n  env:\n    - name: lakestead # ours\n      value: old\n    - name: y\n",
            ["-     - name: lakestead # ours", "-       value: old", f"+     {LINE}"],
        ),
        "there": ("a:\n  env:\n    - value: a=b&c\n      name: lakestead\n", []),
    }.values(),
)
def test_a_list(text: str, lines: list[str]) -> None:
    assert edited(text, "a", "env") == lines


def test_windows_line_ends_stay() -> None:
    after = with_items(b"a:\r\n  z: 1\r\n", [ListItems(("a", "env"), [ITEM])], "f")
    assert after == f"a:\r\n  z: 1\r\n  env:\r\n    {LINE}\r\n".encode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "not in the homelab repo"),
        (b"a: {z: 1}\n", "in one line with braces"),
        (b"a:\n  env: text\n", "is no list"),
        (b"a: text\n", "is no mapping"),
        (b"a:\n", "without a value"),
        (b"a: 1\n---\nb: 2\n", "no valid YAML of one document"),
        (b"x: &x {env: []}\na:\n  <<: *x\n", "without changing the rest"),
    ],
)
def test_a_file_that_cannot_be_edited_is_named(content: bytes | None, says: str) -> None:
    with pytest.raises(LakesteadError, match=r"cannot add to f\.yaml") as caught:
        with_items(content, [ListItems(("a", "env"), [ITEM])], "f.yaml")
    assert says in str(caught.value)
