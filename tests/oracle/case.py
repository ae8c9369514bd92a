"""A case: what was done to an object, what is applied next, and what the server says to that.

One YAML file each in ``cases/``; the oracle writes one for each disagreement that it finds::

    steps:                      # in order; by lakestead where nobody is named
    - apply: {manifest}         # server-side apply, force: true or false
    - by: kubectl-create
      create: {manifest}
    - by: kubectl-edit
      patch: {merge patch}      # subresource: status or scale
    next: {manifest}
    server: changed             # unchanged, changed, conflict or refused
    proven: false               # only where the shortcut must see it, or must not
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from lakestead.kube.client import Api, ObjectRef
from tests.oracle.corpus import named
from tests.oracle.server import Answer, Scene, Step

Object = dict[str, Any]
FOLDER = Path(__file__).parent / "cases"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Case:
    """See the module."""

    steps: list[Step]
    next: Object
    server: Answer
    proven: bool | None = None
    why: str = ""

    @classmethod
    def read(cls, file: Path) -> Case:
        """The case in a file."""
        return cls(**yaml.safe_load(file.read_text()))

    def write(self, name: str, suffix: str) -> Path:
        """Keep the case as a file, without the suffix that its names have."""
        content: Object = {"why": self.why, "steps": self.steps, "next": self.next}
        text = yaml.dump(
            {**content, "server": self.server, "proven": self.proven},
            Dumper=_Plain,
            sort_keys=False,
            default_flow_style=None,
            width=100,
        )
        file = FOLDER / f"{name}.yaml"
        FOLDER.mkdir(exist_ok=True)
        file.write_text(text.replace(f"-{suffix}", "").replace(f"{suffix}.", ""))
        return file

    @contextmanager
    def played(self, api: Api) -> Iterator[tuple[Scene, Object]]:
        """Do the steps with an object of its own; yields the scene and what to apply next."""
        suffix = new_suffix()
        ref = ObjectRef.of(named(self.next, suffix))
        scene = Scene(api, ref)
        try:
            for step in self.steps:
                scene.play(
                    {
                        key: named(value, suffix) if key in ("apply", "create") else value
                        for key, value in step.items()
                    }
                )
            yield scene, named(self.next, suffix)
        finally:
            scene.remove()


def new_suffix() -> str:
    """Something that no name had so far."""
    return f"o{next(_numbers)}"


class _Plain(yaml.SafeDumper):
    """Anchors would only confuse."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
