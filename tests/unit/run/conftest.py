"""A project of its own for each test: things are files in a folder, and an operation keeps them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyinfra
import pytest

from lakestead.plan.document import Target
from lakestead.run import commands
from lakestead.run.commands import Output

DEPLOY = '''
from pathlib import Path
import json

from pyinfra import host
from pyinfra.operations import files

from lakestead.errors import LakesteadError
from lakestead.journal.undo import NOTHING
from lakestead.operations.command import ApiCommand, operation
from lakestead.operations.show import show
from lakestead.plan.change import Change

ROOT = Path(__file__).parent


@operation
def things(wanted):
    """Files in ``things``, and what the meddlesome one among them does to others."""
    folder, changes = ROOT / "things", []
    for name, text in wanted.items():
        path = folder / name
        found = path.read_text() if path.exists() else None
        action = "create" if found is None else "unchanged" if found == text else "update"
        diff = "" if found == text else f"-{found}\\n+{text}"
        changes.append(Change("Thing", name, action, diff, before=found or "", by="nobody else"))
    show(host, changes)
    for change in changes:
        if change.pending:
            yield ApiCommand(f"write {change.name}", lambda name=change.name: write(name), undo=NOTHING)


def write(name):
    text = ALL[name]
    if text == "fails":
        raise LakesteadError("The disk is full", do="make room")
    (ROOT / "things" / name).write_text(text)
    for path in (ROOT / "meddle" / name).glob("*"):
        there = ROOT / "things" / path.name
        there.write_text(path.read_text()) if path.read_text() != "gone" else there.unlink()


ALL = json.loads((ROOT / "wanted.json").read_text())
for at, (name, text) in enumerate(ALL.items()):
    things(name=f"Keep {name}", wanted={name: text})
if (ROOT / "touch").exists():
    files.file(name="Touch", path=str(ROOT / "things" / "touched"))
'''


class Project:
    """A folder with deploy.py, and the things that it keeps."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "things").mkdir()
        (root / "deploy.py").write_text(DEPLOY)
        (root / "inventory.py").write_text('machine = ["@local"]\n')
        self.plan_file = root / "plan.json"

    @property
    def target(self) -> Target:
        return Target(
            deploy=str(self.root / "deploy.py"), inventory=str(self.root / "inventory.py")
        )

    def want(self, **things: str) -> None:
        (self.root / "wanted.json").write_text(json.dumps(things))

    def has(self, **things: str) -> None:
        for name, text in things.items():
            (self.root / "things" / name).write_text(text)

    def meddle(self, when: str, **things: str) -> None:
        """Let the write of thing ``when`` change others behind the plan's back; "gone" deletes."""
        folder = self.root / "meddle" / when
        folder.mkdir(parents=True)
        for name, text in things.items():
            (folder / name).write_text(text)

    @property
    def things(self) -> Mapping[str, str]:
        return {path.name: path.read_text() for path in sorted((self.root / "things").iterdir())}

    def plan(self, output: Output | None = None, *, keep: bool = True) -> int:
        return commands.plan(self.target, output or Output(), str(self.plan_file) if keep else "")

    def apply(self, output: Output | None = None) -> int:
        return commands.apply_plan(str(self.plan_file), output or Output())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setattr(pyinfra, "is_cli", False)  # a run sets it; it is put back afterwards
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path)
