"""The base of every settings section, and the one error that says what is wrong with the settings.

pyinfra's group data are plain Python files without types. ``lakestead.settings.Settings`` checks
what they hold; each section of it is one pydantic model in a file of its own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError

from lakestead.errors import LakesteadError, WrongUsage
from lakestead.settings.source import Sources

# What may be a secret that somebody wrote where a reference belongs.
_SECRETS = (
    re.compile(r"password|passwd|secret|token|credential|private|access_key", re.IGNORECASE),
    # A URL with a user's name or password in it.
    re.compile(r"://[^/]*@"),
)


class Section(BaseModel):
    """One section of the settings: immutable, with no key that is not declared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        # A "1" for 1 is a mistake: group data are Python, not text.
        strict=True,
        hide_input_in_errors=True,
        # Sections that a run does not read cost it nothing.
        defer_build=True,
    )


Model = TypeVar("Model", bound=Section)


class Mistake(BaseModel):
    """One thing that is wrong: its key as a path, and what to say about it."""

    path: tuple[str | int, ...]
    text: str


def check(model: type[Model], data: Mapping[str, Any], sources: Sources) -> Model:
    """``data`` as ``model``.

    + sources: the files that the data came from, to say where a mistake is

    Raises LakesteadError naming every mistake with file, line, key, value and what is accepted.
    """
    try:
        return model.model_validate(dict(data))
    except ValidationError as error:
        mistakes = [_mistake(model, data, item) for item in error.errors(include_url=False)]
        raise refuse(mistakes, sources) from None


def check_given(model: type[Section], data: Mapping[str, Any], sources: Sources) -> None:
    """Refuse what is wrong in the sections that ``data`` have; one that is missing is no mistake here."""
    try:
        model.model_validate(dict(data))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        wrong = [item for item in errors if item["type"] != "missing" or len(item["loc"]) > 1]
        if wrong:
            raise refuse([_mistake(model, data, item) for item in wrong], sources) from None


def refuse(mistakes: Sequence[Mistake], sources: Sources) -> LakesteadError:
    """One error for all mistakes."""
    lines = []
    for mistake in mistakes:
        place = sources.find(mistake.path)
        lines.append(f"{place}: {dotted(mistake.path)} {mistake.text}")
    what = "There is a mistake" if len(lines) == 1 else f"There are {len(lines)} mistakes"
    return WrongUsage(f"{what} in the settings", found="\n".join(lines))


def unknown(name: str, known: Iterable[str]) -> str:
    """What to say about a key that is not known, with the one that is probably meant."""
    names = sorted(known)
    near = difflib.get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"is not known; did you mean {near[0]!r}? Accepted: {', '.join(names)}"
    return f"is not known; accepted: {', '.join(names)}"


def dotted(path: Sequence[str | int]) -> str:
    """``("buckets", "lake-1", 0)`` as ``buckets.lake-1[0]``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _mistake(model: type[Section], data: Mapping[str, Any], item: Any) -> Mistake:
    loc, kind = item["loc"], item["type"]
    path, value = _walk(data, loc)
    if kind == "missing":
        accepted = _accepted(_annotation_at(model, loc))
        return Mistake(path=(*path, loc[-1]), text=f"is missing; accepted: {accepted}")
    if kind == "extra_forbidden":
        holder = _annotation_at(model, loc[:-1])
        return Mistake(path=path, text=unknown(str(path[-1]), holder.model_fields))
    message = _message(item["msg"])
    if loc[-1] == "[key]":
        return Mistake(path=path, text=message)
    shown = repr(value) if _may_be_shown(path, value) else f"(a {type(value).__name__}, not shown)"
    if kind in ("model_type", "model_attributes_type"):
        message = f"accepted: {_accepted(_annotation_at(model, path))}"
    return Mistake(path=path, text=f"= {shown}: {message}")


def _message(text: str) -> str:
    """pydantic's message as a part of our sentence."""
    text = text.removeprefix("Value error, ")
    return text[0].lower() + text[1:] if text.startswith(("Input ", "String ")) else text


def _may_be_shown(path: Sequence[str | int], value: Any) -> bool:
    """Whether a value can be printed: no secret by its name or by the names inside it."""
    text = repr(value)
    return not any(found.search(dotted(path)) or found.search(text) for found in _SECRETS)


def _walk(data: Any, loc: Sequence[str | int]) -> tuple[tuple[str | int, ...], Any]:
    """Follow pydantic's location as far as the data go; it also names members of unions."""
    path: list[str | int] = []
    for part in loc:
        if not isinstance(data, Mapping | list | tuple):
            break
        try:
            data = data[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            continue
        path.append(part)
    return tuple(path), data


def _annotation_at(model: type[BaseModel], loc: Sequence[str | int]) -> Any:
    """The type that is declared at ``loc``, without ``| None`` where it is a section."""
    current: Any = model
    for part in loc:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            current = field.annotation if field else None
        else:
            # A key of a mapping, an index of a list: on to what it holds.
            current = (get_args(current) or (None,))[-1]
        current = _section_in(current)
    return current


def _section_in(annotation: Any) -> Any:
    if get_origin(annotation) in (dict, list, tuple):
        return annotation
    members = (annotation, *get_args(annotation))
    sections = [item for item in members if isinstance(item, type) and issubclass(item, BaseModel)]
    return sections[0] if sections else annotation


def _accepted(annotation: Any) -> str:
    """What can be written where ``annotation`` is declared."""
    for member in (annotation, *get_args(annotation)):
        if isinstance(member, type) and hasattr(member, "accepted"):
            return str(member.accepted)
        if isinstance(member, type) and issubclass(member, BaseModel):
            return "a table with " + ", ".join(member.model_fields)
    words = {str: "a text", int: "a whole number", bool: "True or False", dict: "a table"}
    plain = get_origin(annotation) or annotation
    return words.get(plain, "a list" if plain is list else "a value")
