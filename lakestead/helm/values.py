"""The values of a HelmRelease: its references and its own, merged as helm-controller merges them.

Source: github.com/fluxcd/pkg/chartutil, ``ChartValuesFromReferences``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.helm.manifests import documents

Values = dict[str, Any]
Read = Callable[[str, str], Mapping[str, Any] | None]
"""``read(kind, name)`` answers a ConfigMap or Secret of the release's namespace, or None."""

# What Helm's --set would take apart, or put into a list.
_SYNTAX = re.compile(r"[,\[\]{}\\]")


def merged(
    values: Mapping[str, Any], refs: Sequence[Mapping[str, Any]], read: Read
) -> tuple[Values, list[str]]:
    """The values that the chart gets, and the texts in them that came from Secrets.

    + values: ``spec.values``
    + refs: ``spec.valuesFrom``

    Raises LakesteadError where a reference cannot be followed.
    """
    result: Values = {}
    secrets: list[str] = []
    placed: Values = {}
    for ref in refs:
        text = _text(ref, read)
        if text is None:
            continue
        secret = ref["kind"] == "Secret"
        if path := ref.get("targetPath"):
            value = _typed(text, path, literal=bool(ref.get("literal")))
            _put(placed, path, value)
            secrets += [text, str(value)] if secret else []
            continue
        try:
            found = documents(text, _words(ref)) or [{}]
        except LakesteadError as error:
            said = "" if secret else error.found
            raise LakesteadError(error.what, where=error.where, found=said) from None
        if not isinstance(found[0], dict):
            raise LakesteadError("Values are no mapping", where=_words(ref))
        secrets += leaves(found[0]) if secret else []
        result = merge(result, found[0])
    return merge(merge(result, values), placed), secrets


def merge(first: Mapping[str, Any], second: Mapping[str, Any]) -> Values:
    """Both; where both have a mapping it is merged, else the second's wins."""
    result = dict(first)
    for key, value in second.items():
        mine = result.get(key)
        both = isinstance(mine, Mapping) and isinstance(value, Mapping)
        result[key] = merge(mine, value) if both else deepcopy(value)  # type: ignore[arg-type]
    return result


def leaves(value: Any) -> list[str]:
    """All texts and numbers in ``value``."""
    return list(_leaves(value))


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def _text(ref: Mapping[str, Any], read: Read) -> str | None:
    """What a reference points at; None where it is optional and not there."""
    key = ref.get("valuesKey") or "values.yaml"
    found = read(ref["kind"], ref["name"])
    data = {} if found is None else found.get("data") or {}
    if key not in data:
        if ref.get("optional"):
            return None
        missing = "is not there" if found is None else f"has no key {key}"
        raise LakesteadError(f"{_words(ref)} {missing}")
    if ref["kind"] == "Secret":
        return base64.b64decode(data[key]).decode("utf-8", "replace")
    return str(data[key])


def _typed(text: str, path: str, *, literal: bool) -> Any:
    """A value as ``helm --set`` would take it."""
    if literal:
        return text
    for quote in "'\"":
        if len(text) > 1 and text.startswith(quote) and text.endswith(quote):
            return text.strip("'\"")
    if _SYNTAX.search(text):
        raise LakesteadError(
            f"the value for {path} has Helm's own syntax in it (literal: true helps)"
        )
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    return int(text) if re.fullmatch(r"0|-?[1-9][0-9]*", text) else text


def _put(values: Values, path: str, value: Any) -> None:
    parts = [part.replace("\\.", ".") for part in re.split(r"(?<!\\)\.", path)]
    if any("[" in part for part in parts):
        raise LakesteadError(f"targetPath {path} points into a list")
    for part in parts[:-1]:
        values = values.setdefault(part, {})
    values[parts[-1]] = value


def _words(ref: Mapping[str, Any]) -> str:
    return f"{ref['kind']} {ref['name']} of valuesFrom"
