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

    Only what is surely wrong is told. A mapping whose own values are all plain may have keys of anybody's
    choice, as labels have; so may one that is empty, and one that a template takes as a whole
    (``toYaml .Values.resources``, ``range .Values.hosts``). What a template names anywhere counts as
    known, and so do sub-charts.

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
    if _as_a_whole("Values", templates):
        return []
    return [
        path + (f" (is it {near}?)" if near else "")
        for path, near in _unknown(known, values, templates, "")
    ]


def _unknown(
    known: Mapping[str, Any], values: Mapping[str, Any], templates: str, path: str
) -> Iterator[tuple[str, str]]:
    words = set(re.findall(r"\w+", templates)) | {"global"}
    for key, value in values.items():
        name = f"{path}{key}"
        if key not in known:
            if not set(re.findall(r"\w+", str(key))) <= words:
                near = difflib.get_close_matches(str(key), map(str, known), n=1)
                yield name, f"{path}{near[0]}" if near else ""
            continue
        below = known[key]
        nested = isinstance(value, Mapping) and isinstance(below, Mapping)
        if not nested or _as_a_whole(str(key), templates):
            continue
        if any(isinstance(item, Mapping) for item in below.values()):
            yield from _unknown(below, value, templates, f"{name}.")


def _as_a_whole(key: str, templates: str) -> bool:
    """Whether a template takes what is below the key without naming its keys."""
    used = rf"\.{re.escape(key)}\b(?![.\w-])"
    if key == "Values":  # handed on to other templates, which name what they take
        used = rf"\b(toYaml|range|index|merge\w*|pick|omit)\b[^}}]*{used}"
    return bool(re.search(used, templates)) or f'"{key}"' in templates
