"""``${var}`` in manifests, as kustomize-controller replaces it after the build.

The language is that of github.com/fluxcd/pkg/envsubst. Of its functions those on patterns and
positions (``${a#b}``, ``${a%b}``, ``${a/b/c}``, ``${a:1:2}``) are not here: they are refused, so that
nothing is shown that Flux would not do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from lakestead.errors import LakesteadError

NAME = re.compile(r"[^\W]+")
MARK = re.compile(r"[$}]")
VARIABLE = re.compile(r"^[_A-Za-z][_A-Za-z0-9]*$")
CASES: dict[str, Callable[[str], str]] = {
    "^^": str.upper,
    ",,": str.lower,
    "^": lambda text: text[:1].upper() + text[1:],
    ",": lambda text: text[:1].lower() + text[1:],
}


class NotKnownHere(LakesteadError):
    """Flux may well build it, but what it makes of it cannot be told from here."""


def substitute(text: str, variables: Mapping[str, str]) -> str:
    """``text`` with its variables replaced; one that is not known is empty.

    ``$${a}`` stands for ``${a}`` itself. Raises LakesteadError for what is no substitution, or one
    that is not known here.
    """
    for name in variables:
        if not VARIABLE.match(name):
            raise LakesteadError(f"{name!r} is no name of a variable (postBuild)")
    result, end = _until(text, 0, variables, inside=False)
    return result + text[end:]


def _until(text: str, start: int, variables: Mapping[str, str], *, inside: bool) -> tuple[str, int]:
    """Replaced text from ``start`` to the end, or to the ``}`` that closes a substitution."""
    parts: list[str] = []
    at = start
    while at < len(text):
        if text.startswith("$$", at) and not inside:
            parts.append("$")
            at += 2
        elif text.startswith("${", at):
            part, at = _expand(text, at + 2, variables)
            parts.append(part)
        elif inside and text[at] == "}":
            return "".join(parts), at
        else:
            following = MARK.search(text, at + 1)
            end = following.start() if following else len(text)
            parts.append(text[at:end])
            at = end
    if inside:
        raise LakesteadError("a substitution is not closed: a } is missing (postBuild)")
    return "".join(parts), at


def _expand(text: str, at: int, variables: Mapping[str, str]) -> tuple[str, int]:
    """The value of what follows ``${``, and where the text goes on."""
    length = text.startswith("#", at)
    found = NAME.match(text, at + length)
    if found is None:
        raise _unknown(text, at)
    value, at = variables.get(found[0], ""), found.end()
    if length:
        value = str(len(value.encode()))
    if text.startswith("}", at):
        return value, at + 1
    if length:
        raise _unknown(text, at)
    for sign, change in CASES.items():
        if text.startswith(sign + "}", at):
            return change(value), at + len(sign) + 1
    default = re.compile(r":[-=?+]|=").match(text, at)
    if default is None:
        raise _unknown(text, found.start())
    other, end = _until(text, default.end(), variables, inside=True)
    return value or other, end + 1


def _unknown(text: str, at: int) -> NotKnownHere:
    line = text[max(0, text.rfind("\n", 0, at)) : at + 40].strip().splitlines()[0]
    return NotKnownHere(f"a substitution that is not known here: {line[:80]} (postBuild)")
