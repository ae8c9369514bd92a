"""Keep values of Secrets out of what a preview shows, wherever a template has put them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from lakestead.plan.diff import object_diff

Object = Mapping[str, Any]
Path = tuple[str | int, ...]

# A shorter text may stand anywhere by chance; it is masked only where it is all of a value.
LONG = 6


class Secrets:
    """Texts that must not be shown."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = {text for text in texts if text}

    def diff(self, before: Object | None, after: Object | None) -> str:
        """``object_diff`` with every value masked that has a secret in it before or after."""
        if not self._texts:
            return object_diff(before, after)
        old, new = deepcopy(before), deepcopy(after)
        for path in {*self._places(before), *self._places(after)}:
            first, second = _at(old, path), _at(new, path)
            changed = first is not None and second is not None and first != second
            _put(old, path, "*** (before)" if changed else "***")
            _put(new, path, "*** (after)" if changed else "***")
        return object_diff(old, new)

    def hide(self, text: str) -> str:
        """A message without the secrets."""
        for secret in sorted(self._texts, key=len, reverse=True):
            if len(secret) >= LONG:
                text = text.replace(secret, "***")
            elif re.search(rf"(?<!\w){re.escape(secret)}(?!\w)", text):
                return "not shown: it may quote a value of a Secret"
        return text

    def _places(self, value: Any, path: Path = ()) -> Iterator[Path]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from self._places(item, (*path, key))
        elif isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._places(item, (*path, number))
        elif value is not None and not isinstance(value, bool) and self._has(str(value)):
            yield path

    def _has(self, text: str) -> bool:
        return text in self._texts or any(
            len(secret) >= LONG and secret in text for secret in self._texts
        )


def _at(value: Any, path: Path) -> Any:
    for key in path:
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _put(value: Any, path: Path, text: str) -> None:
    parent = _at(value, path[:-1])
    if parent is not None and _at(parent, path[-1:]) is not None:
        parent[path[-1]] = text
