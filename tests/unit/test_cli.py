"""The command line as a process: what it imports, prints and answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyinfra
import pytest

from lakestead.cli import main

LAKESTEAD = str(Path(sys.executable).with_name("lakestead"))
PYINFRA = str(Path(sys.executable).with_name("pyinfra"))

DEPLOY = """
from lakestead.journal.undo import NOTHING
from lakestead.operations.command import ApiCommand, operation
from lakestead.operations.show import show
from lakestead.plan.change import Change
from lakestead.run.plain import last_line
from pyinfra import host

last_line(host.state)  # a connector of Lakestead's does it for its hosts


@operation
def thing():
    show(host, [Change("Thing", "a", "create", "+a"), Change("Thing", "b", "unchanged")])
    yield ApiCommand("make a", lambda: "made", undo=NOTHING)


thing(name="Make a")
"""
LINE = "Plan: 1 to create, 0 to update, 0 to delete, 1 unchanged"


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "deploy.py").write_text(DEPLOY)
    (tmp_path / "inventory.py").write_text('machine = ["@local"]\n')
    return tmp_path


def test_help_waits_for_nothing() -> None:
    code = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from lakestead.cli import cli\n"
        "for command in ([], ['plan'], ['apply']):\n"
        "    assert CliRunner().invoke(cli, [*command, '--help']).exit_code == 0\n"
        "print({'pyinfra', 'gevent', 'pydantic', 'kubernetes'} & sys.modules.keys())"
    )

    assert run(sys.executable, "-c", code, cwd=Path.cwd()).stdout == "set()\n"


def test_plan_and_apply(project: Path) -> None:
    planned = run(LAKESTEAD, "plan", "deploy.py", "-i", "inventory.py", cwd=project)
    assert planned.returncode == 3
    assert planned.stdout.splitlines()[-1] == LINE
    assert "\x1b" not in planned.stdout + planned.stderr

    applied = run(LAKESTEAD, "apply", "deploy.py", "-i", "inventory.py", "--yes", cwd=project)
    assert applied.returncode == 0

    asked = run(LAKESTEAD, "apply", "deploy.py", "-i", "inventory.py", cwd=project)
    assert asked.returncode == 4
    assert "there is no terminal" in asked.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["plan", "deploy.py"],
        ["plan", "nowhere.py", "-i", "inventory.py"],
        ["plan", "deploy.py", "-i", "inventory.py", "--limit", "nobody"],
        ["plan", "deploy.py", "-i", "no-such-host"],
        ["apply", "nowhere.json"],
        ["apply", "plan.json", "-i", "inventory.py"],
    ],
    ids=" ".join,
)
def test_wrong_command_lines(
    project: Path,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project)
    monkeypatch.setattr(pyinfra, "is_cli", False)
    monkeypatch.setattr(sys, "argv", ["lakestead", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_pyinfras_dry_run_says_the_same(project: Path) -> None:
    answer = run(PYINFRA, "inventory.py", "deploy.py", "--dry", "--diff", cwd=project)

    assert answer.returncode == 0
    assert answer.stderr.splitlines()[-1] == LINE
    assert "+ create    Thing a" in answer.stderr
    assert "    +a" in answer.stderr


def test_the_exit_code_of_a_command_is_the_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKESTEAD_LAB_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["lakestead", "lab", "status"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1  # there is no lab
