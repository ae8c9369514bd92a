"""Values that a chart does not have: Helm ignores them in silence, unless the chart has a schema."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

REFUSED = "specifications of the schema(s) in the following chart(s):"
"""What Helm says where the chart's own schema refuses them."""


def unknown(chart: Path, values: Mapping[str, Any]) -> list[str]:
    """The values that no template can have asked for, each with the nearest one that there is.

    A mapping whose own values are all plain may have keys of anybody's choice, as labels have; so may
    one that is empty. What a template names anywhere counts as known, and so do sub-charts.

    + chart: its folder
    + values: merged, as the release gives them
    """
    file = chart / "values.yaml"
    known = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else None
    if not isinstance(known, Mapping) or any(chart.glob("charts/*")):
        return []
    templates = "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted((chart / "templates").rglob("*"))
        if path.is_file()
    )
    words = set(re.findall(r"\w+", templates)) | {"global"}
    return [
        f"{path}" + (f" (is it {near}?)" if near else "")
        for path, near in _unknown(known, values, words, "")
    ]


def _unknown(
    known: Mapping[str, Any], values: Mapping[str, Any], words: set[str], path: str
) -> Iterator[tuple[str, str]]:
    for key, value in values.items():
        name = f"{path}{key}"
        if key not in known:
            if not set(re.findall(r"\w+", str(key))) <= words:
                near = difflib.get_close_matches(str(key), map(str, known), n=1)
                yield name, f"{path}{near[0]}" if near else ""
            continue
        below = known[key]
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        if nested and any(isinstance(item, Mapping) for item in below.values()):
            yield from _unknown(below, value, words, f"{name}.")
