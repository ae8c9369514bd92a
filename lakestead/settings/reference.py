"""docs/settings-reference.md: every key of the group data, from the models that check them.

Written anew by ``python -m lakestead.settings.reference``; a test says when that is due.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from lakestead.settings import Settings
from lakestead.settings.framework import Section

DOCUMENT = Path("docs", "settings-reference.md")
HEAD = """# Settings: every key

Made from the models that check the group data (`python -m lakestead.settings.reference`). [Settings](settings.md)
says what the sections are for; `group_data/anton.py` is an example with comments. A key without a default must
be given.
"""
NAMES = {"str": "text", "int": "number", "float": "number", "bool": "`True` or `False`"}


def reference() -> str:
    """The page, in Markdown."""
    parts = [HEAD]
    for name, field in Settings.model_fields.items():
        models = list(_models(field.annotation))
        if not models:
            continue
        parts.append(f"## {name}\n\n{_first(models[0])}\n")
        parts.append(_table(name + (".NAME" if _is_mapping(field.annotation) else ""), models))
    return "\n".join(parts)


def _table(prefix: str, models: list[type[BaseModel]]) -> str:
    lines = ["| key | value | default | what |", "| --- | --- | --- | --- |"]
    lines += _rows(prefix, models, seen=())
    return "\n".join(lines) + "\n"


def _rows(
    prefix: str, models: list[type[BaseModel]], seen: tuple[type[BaseModel], ...]
) -> Iterator[str]:
    told: set[str] = set()
    for model in models:
        texts = _fields(model)
        for name, field in model.model_fields.items():
            key = f"{prefix}.{name}"
            if key in told:
                continue
            told.add(key)
            inner = [one for one in _models(field.annotation) if one not in seen]
            if inner and not _is_reference(inner):
                if texts.get(name):
                    yield f"| `{key}` | section | {_default(field)} | {texts[name]} |"
                below = key + (".NAME" if _is_mapping(field.annotation) else "")
                below += "[]" if get_origin(_plain(field.annotation)) in (list, tuple) else ""
                yield from _rows(below, inner, (*seen, *inner))
                continue
            yield f"| `{key}` | {_kind(field.annotation)} | {_default(field)} | {texts.get(name, '')} |"


def _fields(model: type[BaseModel]) -> dict[str, str]:
    """What the docstring says of each field: ``+ name, name: text``, with lines that are indented below."""
    texts: dict[str, str] = {}
    doc = re.sub(r"\n +(?! *\+ )", " ", model.__doc__ or "")
    for names, text in re.findall(r"^ *\+ ([a-z_0-9, ]+): (.*)$", doc, re.MULTILINE):
        for name in names.split(", "):
            texts[name] = text.partition("  ")[0].replace("``", "`").replace("|", "\\|").strip()
    return texts


def _first(model: type[BaseModel]) -> str:
    paragraph = (model.__doc__ or "").strip().split("\n\n")[0]
    return re.sub(r"\s+", " ", paragraph.partition("\n    +")[0]).replace("``", "`")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The sections that a value of this type may be, or be made of."""
    annotation = _plain(annotation)
    if isinstance(annotation, type) and issubclass(annotation, Section):
        yield annotation
        return
    for argument in get_args(annotation):
        yield from _models(argument)


def _is_reference(models: list[type[BaseModel]]) -> bool:
    """Whether it is one of the ways to refer to a secret, of which docs/settings.md has a table."""
    return all(model.__module__ == "lakestead.settings.secret" for model in models)


def _is_mapping(annotation: Any) -> bool:
    return get_origin(_plain(annotation)) is dict


def _plain(annotation: Any) -> Any:
    """A type without ``Annotated`` and ``| None``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        if get_origin(annotation) in (Union, types.UnionType):
            left = [one for one in get_args(annotation) if one is not type(None)]
            if len(left) == 1:
                annotation = left[0]
                continue
        return annotation


def _kind(annotation: Any) -> str:
    annotation = _plain(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return ", ".join(f"`{value!r}`".replace("'", '"') for value in arguments)
    models = list(_models(annotation))
    if models and _is_reference(models):
        return "[a secret](settings.md#secrets)"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in arguments))
    if origin in (list, tuple, set, frozenset):
        return f"list of {_kind(arguments[0])}" if arguments else "list"
    if origin is dict:
        return f"{_kind(arguments[0])} → {_kind(arguments[1])}"
    name = getattr(annotation, "__name__", str(annotation))
    return NAMES.get(name, name.lower())


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if value is PydanticUndefined:
        return "–"
    if value is None:
        return "none"
    if isinstance(value, BaseModel):
        return "as below"
    return f"`{value!r}`".replace("'", '"')


if __name__ == "__main__":
    DOCUMENT.write_text(reference(), encoding="utf-8")
