"""Values change, and nothing else does."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lakestead.objectives import json_text

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
LAYOUTS = [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {"indent": 4}]


@pytest.mark.parametrize(
    ("text", "path", "value", "expected"),
    [
        ('{"a": 1 ,"b":2}', ["a"], 3, '{"a": 3 ,"b":2}'),
        ('{\n\t"a":1\n}', ["b"], 2, '{\n\t"a":1,\n\t"b":2\n}'),
        ('{"a": {}}\n', ["a", "b"], 1, '{"a": {\n  "b": 1\n}}\n'),
        ('{\r\n  "a": []\r\n}', ["a", 0], "x", '{\r\n  "a": [\r\n    "x"\r\n  ]\r\n}'),
        ('{"a": [1, 2]}', ["a", 2], 3, '{"a": [1, 2, 3]}'),
        ('{"a": 1.50}', ["a"], 1.5, '{"a": 1.50}'),
        ('{"a": true}', ["a"], 1, '{"a": 1}'),
        ('{"ü": "\\u00fc"}', ["ü"], "ü", '{"ü": "\\u00fc"}'),
    ],
)
def test_put(text: str, path: list[str | int], value: Any, expected: str) -> None:
    assert json_text.put(text, path, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        ('{"a": 1,  "b":2}', ["a"], '{"b":2}'),
        ('{"a": 1,  "b":2 }', ["b"], '{"a": 1 }'),
        ('{\n  "a": 1\n}', ["a"], "{}"),
        ('{"a": [{"b": 1, "c": 2}]}', ["a", 0, "b"], '{"a": [{"c": 2}]}'),
        ('{"a": 1}', ["x", "y"], '{"a": 1}'),
    ],
)
def test_drop(text: str, path: list[str | int], expected: str) -> None:
    assert json_text.drop(text, path) == expected


@settings(max_examples=200, deadline=None)
@given(
    st.dictionaries(st.text(max_size=3), VALUES, max_size=4),
    st.text(max_size=3),
    VALUES,
    st.sampled_from(LAYOUTS),
)
def test_as_if_it_were_parsed(
    data: dict[str, Any], key: str, value: Any, layout: dict[str, Any]
) -> None:
    text = json.dumps(data, ensure_ascii=False, **layout)
    wanted = copy.deepcopy(data) | {key: value}

    assert json.loads(json_text.put(text, [key], value)) == wanted
    del wanted[key]
    assert json.loads(json_text.drop(json_text.put(text, [key], value), [key])) == wanted
