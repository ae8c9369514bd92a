"""YAML as Kubernetes' own tools read it, which differs from YAML 1.1 in what a plain word is."""

from __future__ import annotations

import re
from typing import Any

import yaml

from lakestead.errors import LakesteadError

_INT = "tag:yaml.org,2002:int"
_FLOAT = "tag:yaml.org,2002:float"
# No times (12:30 would be 750) and no dates: both are text for Kubernetes.
_NOT_HERE = (_INT, _FLOAT, "tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value")


class _Loader(yaml.CSafeLoader):
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in _NOT_HERE]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _INT,
    re.compile(r"^[-+]?(0b[01_]+|0o[0-7_]+|0[0-7_]*|[1-9][0-9_]*|0x[0-9a-fA-F_]+)$"),
    list("-+0123456789"),
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(
        r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$"  # 08 is 8, since it is not octal
    ),
    list("-+0123456789."),
)


def _integer(loader: Any, node: yaml.ScalarNode) -> int:
    text = node.value.replace("_", "")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("-+")
    if digits.startswith("0o"):
        return sign * int(digits[2:], 8)
    if digits[:2] in ("0b", "0x"):
        return sign * int(digits, 0)
    return sign * int(digits, 8 if len(digits) > 1 and digits.startswith("0") else 10)


def _number(loader: Any, node: yaml.ScalarNode) -> int | float:
    """A number as Go writes it as JSON: a whole one without a fraction."""
    value = float(node.value)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


_Loader.add_constructor(_INT, _integer)
_Loader.add_constructor(_FLOAT, _number)


def documents(text: str, where: str) -> list[Any]:
    """All documents of a YAML text, empty ones left out.

    + where: what it is, for the message

    Raises LakesteadError for what is no YAML.
    """
    try:
        found = list(yaml.load_all(text, Loader=_Loader))
    except (yaml.YAMLError, ValueError) as error:
        raise LakesteadError("It is no valid YAML", where=where, found=str(error)) from None
    return [document for document in found if document is not None]


def objects(text: str, where: str) -> list[dict[str, Any]]:
    """The Kubernetes objects of a YAML text, those inside of a List each by itself.

    Raises LakesteadError for a document that is no object.
    """
    result: list[dict[str, Any]] = []
    for document in documents(text, where):
        if not isinstance(document, dict) or not document.get("kind"):
            raise LakesteadError(
                "A document is no Kubernetes object", where=where, found=repr(document)[:80]
            )
        inside = document.get("items")
        result += inside if document["kind"] == "List" and inside else [document]
    return [obj for obj in result if isinstance(obj.get("metadata"), dict)]
