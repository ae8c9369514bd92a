"""Where in the group data files a setting is written."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyinfra.api.host import Host


@dataclass(frozen=True)
class Sources:
    """The group data files of one host, the one that wins first.

    + given: names that ``--data`` gave on the command line
    """

    files: tuple[Path, ...] = ()
    given: frozenset[str] = frozenset()

    @classmethod
    def of(cls, host: Host) -> Sources:
        """The files that pyinfra read for ``host``.

        pyinfra reads ``group_data`` beside the inventory and in the folder it is started in, a file
        a group; of several groups the last defined wins.
        """
        folder = Path(host.state.cwd or ".")
        places = [folder / "inventories" / "group_data", folder / "group_data"]
        groups = [*reversed(host.groups), "all"]
        files = (place / f"{group}.py" for group in groups for place in places)
        given = frozenset(host.inventory.override_data or {})
        return cls(tuple(dict.fromkeys(file for file in files if file.is_file())), given)

    def find(self, path: Sequence[str | int]) -> str:
        """``file line N`` of a key, or of the nearest thing around it that is written down."""
        if path and path[0] in self.given:
            return "--data"
        for file, names in self._assignments:
            if path and path[0] in names:
                line = _line(names[str(path[0])], path[1:])
                return f"{_short(file)} line {line}"
        return ", ".join(_short(file) for file in self.files) or "group data"

    @cached_property
    def _assignments(self) -> list[tuple[Path, dict[str, ast.expr]]]:
        return [(file, dict(_assigned(file))) for file in self.files]


def _assigned(file: Path) -> Iterable[tuple[str, ast.expr]]:
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def _line(node: ast.expr, path: Sequence[str | int]) -> int:
    line = node.lineno
    for part in path:
        inner: ast.expr | None = None
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == part:
                    line, inner = key.lineno, value
        elif isinstance(node, ast.List | ast.Tuple) and isinstance(part, int):
            inner = node.elts[part] if part < len(node.elts) else None
            line = inner.lineno if inner else line
        if inner is None:
            return line
        node = inner
    return line


def _short(file: Path) -> str:
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)
