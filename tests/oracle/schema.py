"""A custom resource made from its definition's OpenAPI schema.

As many optional fields as chance gives, so that each seed is another object. What a schema says in
rules (CEL) is not understood: the server refuses some, and another seed is tried.
"""

from __future__ import annotations

import random
import re
from typing import Any

Schema = dict[str, Any]
QUANTITIES = ("500m", "1", "1500m", "0.5", "1Gi", "1024Mi", "2G", "1e3", "100k")
FORMATS = {
    "date-time": "2026-03-01T10:00:00Z",
    "duration": "1m0s",
    "byte": "b3JhY2xl",
    "uri": "https://example.invalid/a",
    "int64": "1",
}
# What common patterns stand for; anything else is tried with WORDS.
WORDS = (
    "oracle", "a", "30s", "1h30m", "1m", "https://example.invalid/a", "oci://example.invalid/a/b",
    "v1.0.0", "1.0.0", "main", "/a/b", "./a", "A", "a@example.invalid", "example.invalid", "1", "10Gi",
    "sha256:" + "a" * 64, "a" * 40, "a/b:1", "ghcr.io/a/b", "user", "key-1", "AKIAIOSFODNN7EXAMPLE",
    "arn:aws:iam::123456789012:role/a", "ocid1.a", "*", "us-east-1", "12345678-1234-1234-1234-123456789012",
)  # fmt: skip


class Refused(Exception):
    """No example was found for a schema."""


def custom_resource(definition: Schema, version: Schema, seed: int) -> dict[str, Any]:
    """An object of ``version`` of a definition; the same for the same seed."""
    chance = random.Random(f"{definition['metadata']['name']} {version['name']} {seed}")
    schema = version["schema"]["openAPIV3Schema"]
    content = {
        name: property_
        for name, property_ in schema["properties"].items()
        if name not in ("apiVersion", "kind", "metadata", "status")
    }
    made = _object(
        {
            "properties": content,
            "required": [name for name in (*schema.get("required", []), "spec") if name in content],
        },
        chance,
        0,
        how_many=chance.choice((0.15, 0.3, 0.6)),
    )
    names = definition["spec"]
    metadata: Schema = {"name": names["names"]["singular"]}
    if names["scope"] == "Namespaced":
        metadata["namespace"] = "oracle"
    return {
        "apiVersion": f"{names['group']}/{version['name']}",
        "kind": names["names"]["kind"],
        "metadata": metadata,
        **made,
    }


def example(schema: Schema, chance: random.Random, depth: int) -> Any:
    """A value that fits ``schema`` as far as its types, enums, patterns and limits say."""
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema.get("x-kubernetes-int-or-string"):
        if "(m|[kMGTPE]" in schema.get("pattern", "") or "Ki" in schema.get("pattern", ""):
            return chance.choice(QUANTITIES)
        return chance.choice((80, "80", "25%", "http"))
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        return _object(schema, chance, depth)
    if kind == "array":
        return _array(schema, chance, depth)
    if kind == "boolean":
        return chance.random() < 0.5
    if kind in ("integer", "number"):
        low = schema.get("minimum", 0)
        return chance.randint(int(low), int(min(schema.get("maximum", low + 9), low + 9)))
    if kind == "string":
        return _string(schema, chance)
    return chance.choice(("text", 7, True, {"any": {"thing": [1, "2", None]}}, [1, {"a": "b"}], {}))


def _object(
    schema: Schema, chance: random.Random, depth: int, how_many: float | None = None
) -> Any:
    properties = schema.get("properties") or {}
    required = set(schema.get("required") or [])
    for one in schema.get("oneOf", ()) or schema.get("anyOf", ()):
        if "required" in one:
            required |= set(one["required"])
            break
    share = how_many if how_many is not None else chance.choice((0.1, 0.3, 0.6)) / max(depth, 1)
    optional = [name for name in properties if name not in required]
    chosen = [name for name in optional if chance.random() < share and depth < 7]
    most = schema.get("maxProperties")
    if most is not None:
        chosen = chosen[: max(0, most - len(required))]
    while len(required) + len(chosen) < schema.get("minProperties", 0) and optional:
        chosen = [*chosen, chance.choice(optional)]
    made = {}
    for name in sorted(required | set(chosen)):
        made[name] = example(properties.get(name, {"type": "string"}), chance, depth + 1)
    if not properties and "additionalProperties" in schema:
        of = schema["additionalProperties"]
        of = of if isinstance(of, dict) else {}
        for name in chance.sample(("a", "b.c/d", "e-f", "g"), chance.randint(0, 3)):
            made[name] = example(of, chance, depth + 1)
    elif not properties and schema.get("x-kubernetes-preserve-unknown-fields"):
        made.update(chance.choice(({}, {"a": 1}, {"a": {"b": [1, {"c": None}]}, "d": [], "e": {}})))
    return made


def _array(schema: Schema, chance: random.Random, depth: int) -> list[Any]:
    low = schema.get("minItems", 0)
    count = max(low, min(chance.choice((0, 1, 2, 3)), schema.get("maxItems", 3)))
    made: list[Any] = []
    keys = schema.get("x-kubernetes-list-map-keys")
    seen = set()
    for _ in range(count * 3):
        item = example(schema["items"], chance, depth + 1)
        if keys:
            for key in keys:
                if key not in item and "default" not in schema["items"]["properties"][key]:
                    item[key] = example(schema["items"]["properties"][key], chance, depth + 1)
        same = str([item.get(key) for key in keys]) if keys else str(item)
        if same not in seen and len(made) < count:
            seen.add(same)
            made.append(item)
    return made


def _string(schema: Schema, chance: random.Random) -> str:
    low, high = schema.get("minLength", 0), schema.get("maxLength", 1000)
    pattern = schema.get("pattern")
    if pattern is None and "format" in schema:
        return FORMATS.get(schema["format"], "oracle")
    words = [word for word in WORDS if low <= len(word) <= high]
    if pattern is not None:
        try:
            words = [word for word in words if re.search(pattern, word)]
        except re.error:
            raise Refused(pattern) from None
    else:
        words = words[:2] or ["x" * low]
    if not words:
        raise Refused(pattern)
    return chance.choice(words)
