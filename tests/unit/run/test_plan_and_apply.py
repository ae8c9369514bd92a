"""What is planned is applied, or refused."""

from __future__ import annotations

import json
import stat

import pytest

from lakestead.errors import DONE, PENDING, LakesteadError, Refused
from lakestead.run import commands
from lakestead.run.commands import Output
from tests.unit.run.conftest import Project


def test_a_plan_is_applied_once(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.want(a="new", b="same", c="other")
    project.has(b="same", c="old")

    assert project.plan() == PENDING
    assert project.things == {"b": "same", "c": "old"}
    line = capsys.readouterr().out.splitlines()[-1]
    assert line == "Plan: 1 to create, 1 to update, 0 to delete, 1 unchanged"
    assert stat.S_IMODE(project.plan_file.stat().st_mode) == 0o600

    assert project.apply() == DONE
    assert project.things == {"a": "new", "b": "same", "c": "other"}
    assert project.plan(keep=False) == DONE

    with pytest.raises(Refused, match="has been applied already"):
        project.apply()


def test_a_stale_plan_is_refused(project: Project) -> None:
    project.want(a="new", b="other")
    project.has(b="old")
    project.plan()
    project.has(b="changed meanwhile")

    with pytest.raises(Refused, match="stale") as refused:
        project.apply()

    assert refused.value.found == (
        "Thing b: to update, but it has been changed since; last changed by nobody else"
    )
    assert project.things == {"b": "changed meanwhile"}


def test_what_was_not_planned_is_not_done(project: Project) -> None:
    project.want(a="new", b="same")
    project.has(b="same")
    project.meddle("a", b="changed while a was written")
    project.plan()

    with pytest.raises(Refused, match="Keep b: not done") as refused:
        project.apply()

    assert refused.value.found.startswith("Thing b: planned to be left as it is, now to update")
    assert project.things == {"a": "new", "b": "changed while a was written"}


def test_pyinfras_own_operations_are_held_to_the_plan(project: Project) -> None:
    project.want(a="new")
    project.has(touched="")
    (project.root / "touch").touch()
    project.meddle("a", touched="gone")
    project.plan()
    [_, touch] = json.loads(project.plan_file.read_text())["plan"]["operations"]
    assert touch["changes"] == [
        {"kind": "pyinfra operation", "name": "Touch", "action": "unchanged"}
    ]

    with pytest.raises(Refused, match="Touch: not done"):
        project.apply()

    assert project.things == {"a": "new"}


def test_nobody_to_ask(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "has_terminal", lambda: False)
    project.want(a="new")

    with pytest.raises(Refused, match="there is no terminal"):
        commands.apply_deploy(project.target, Output(), yes=False)

    assert project.things == {}


def test_nothing_to_do_asks_nobody(project: Project) -> None:
    project.want(a="same")
    project.has(a="same")

    assert commands.apply_deploy(project.target, Output(), yes=False) == DONE


def test_a_failure_says_where_and_stops(project: Project) -> None:
    project.want(a="new", b="fails", c="new")

    with pytest.raises(LakesteadError, match=r"Keep b \(@local\): The disk is full") as failed:
        commands.apply_deploy(project.target, Output(), yes=True)

    assert "make room" in str(failed.value)
    assert not isinstance(failed.value, Refused)
    assert project.things == {"a": "new"}


def test_a_mistake_in_the_deploy_file(project: Project) -> None:
    project.want()
    (project.root / "deploy.py").write_text("import json\njson.nothing()\n")

    with pytest.raises(LakesteadError, match="cannot be run") as mistake:
        project.plan()

    assert mistake.value.where == f"{project.root}/deploy.py, line 2"


def test_what_is_not_there(project: Project) -> None:
    target = project.target.model_copy(update={"inventory": "inventories/nowhere.py"})

    with pytest.raises(LakesteadError, match="no inventory inventories/nowhere"):
        commands.plan(target, Output(), "")
