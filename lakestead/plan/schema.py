"""Whether a custom resource fits its CustomResourceDefinition, where the server cannot say yet.

A structural schema (OpenAPI v3 as Kubernetes takes it): types, enums, required fields, numbers, lengths,
patterns and unknown fields. CEL rules and formats are left to the server.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
# What every object has, checked by the server alike for all kinds.
EVERY = frozenset(["apiVersion", "kind", "metadata"])


def definitions(objects: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Schema]:
    """The schemas of the CustomResourceDefinitions among ``objects``, by apiVersion and kind."""
    found = {}
    for obj in objects:
        if obj["kind"] != "CustomResourceDefinition":
            continue
        spec = obj.get("spec") or {}
        for version in spec.get("versions") or []:
            schema = (version.get("schema") or {}).get("openAPIV3Schema")
            kind = (spec.get("names") or {}).get("kind")
            if schema and kind and version.get("served"):
                found[f"{spec.get('group')}/{version.get('name')}", str(kind)] = schema
    return found


def violations(obj: Mapping[str, Any], schema: Schema) -> list[str]:
    """What is wrong with a manifest, one line each: ``.spec.replicas: "2" is no integer``."""
    return list(_check(obj, schema, ""))


def _check(value: Any, schema: Schema, path: str) -> Iterator[str]:
    if value is None and (schema.get("nullable") or "default" in schema):
        return
    if schema.get("x-kubernetes-int-or-string"):
        if type(value) not in (int, str):
            yield f"{path}: {_said(value)} is neither an integer nor a string"
        return
    wanted = schema.get("type")
    if wanted and not _is(value, str(wanted)):
        yield f"{path or '.'}: {_said(value)} is no {wanted}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: {_said(value)} is none of {', '.join(map(str, schema['enum']))}"
    match value:
        case dict():
            yield from _check_map(value, schema, path)
        case list():
            yield from _check_list(value, schema, path)
        case str():
            yield from _check_text(value, schema, path)
        case int() | float():
            yield from _check_number(value, schema, path)


def _is(value: Any, wanted: str) -> bool:
    types: dict[str, tuple[type, ...]] = {
        "array": (list,),
        "boolean": (bool,),
        "integer": (int,),
        "number": (int, float),
        "object": (dict,),
        "string": (str,),
    }
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, types.get(wanted, (object,)))


def _check_map(value: Mapping[str, Any], schema: Schema, path: str) -> Iterator[str]:
    properties = schema.get("properties") or {}
    for name in schema.get("required") or []:
        if name not in value and "default" not in (properties.get(name) or {}):
            yield f"{path}.{name}: is missing"
    others = schema.get("additionalProperties")
    for name, item in value.items():
        if name in EVERY and (not path or schema.get("x-kubernetes-embedded-resource")):
            continue
        if name in properties:
            yield from _check(item, properties[name], f"{path}.{name}")
        elif isinstance(others, Mapping):
            yield from _check(item, others, f"{path}.{name}")
        elif not others and not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{path}.{name}: there is no such field"
    yield from _check_length(len(value), "Properties", "fields", schema, path)


def _check_list(value: list[Any], schema: Schema, path: str) -> Iterator[str]:
    for number, item in enumerate(value):
        yield from _check(item, schema.get("items") or {}, f"{path}[{number}]")
    yield from _check_length(len(value), "Items", "items", schema, path)


def _check_text(value: str, schema: Schema, path: str) -> Iterator[str]:
    yield from _check_length(len(value), "Length", "characters", schema, path)
    pattern = schema.get("pattern")
    try:
        fits = not pattern or re.search(pattern, value)
    except re.error:
        fits = True  # Go's expressions are not all Python's
    if not fits:
        yield f"{path}: {_said(value)} does not match {pattern}"


def _check_length(length: int, what: str, things: str, schema: Schema, path: str) -> Iterator[str]:
    least, most = schema.get(f"min{what}"), schema.get(f"max{what}")
    if least is not None and length < least:
        yield f"{path}: has {length} {things}, at least {least} are wanted"
    if most is not None and length > most:
        yield f"{path}: has {length} {things}, at most {most} are wanted"


def _check_number(value: float, schema: Schema, path: str) -> Iterator[str]:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is not None and (
        value < least or (value == least and schema.get("exclusiveMinimum") is True)
    ):
        yield f"{path}: {value} is less than {least}"
    if most is not None and (
        value > most or (value == most and schema.get("exclusiveMaximum") is True)
    ):
        yield f"{path}: {value} is more than {most}"


def _said(value: Any) -> str:
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) < 60 else text[:60] + "…"
