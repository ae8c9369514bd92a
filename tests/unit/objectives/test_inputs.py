"""Inputs that are refused and inputs that are taken: one file a case.

A case says how its goals.json differs from a fresh one (``set``: dotted path → value, ``drop``: paths,
``text``: another text altogether), or which objectives are declared (``toml``); which command is typed
(``status``, ``reset ID``, ``execute [ID]``); and what must come of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.errors import LakesteadError
from lakestead.objectives import catalogue as declared
from lakestead.objectives import json_text
from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.choose import NothingToDo, choose, unmet_needs
from lakestead.objectives.goals import PATH
from lakestead.objectives.reset import reset
from lakestead.objectives.status import render
from lakestead.objectives.tracking import read_goals
from tests.unit.objectives.conftest import Kept

HERE = Path(__file__).parent


def cases(folder: str) -> list[Path]:
    return sorted((HERE / folder).glob("*.yaml"))


def path(dotted: str) -> list[str | int]:
    return [int(part) if part.isdigit() else part for part in dotted.split(".")]


def run(case: dict[str, Any], catalogue: Catalogue, untouched: str, folder: Path) -> str:
    """What the command of a case prints, or is about."""
    for name, toml in case.get("toml", {}).items():
        (folder / f"{name}.toml").write_text(toml)
    if "toml" in case:
        catalogue = declared.load(folder)
    text = case.get("text", untouched)
    for dotted, value in case.get("set", {}).items():
        text = json_text.put(text, path(dotted), value)
    for dotted in case.get("drop", []):
        text = json_text.drop(text, path(dotted))
    tracking = Kept(text)
    command, *objective = str(case["command"]).split(" ", 1)
    match command:
        case "status":
            return render(catalogue, read_goals(tracking, catalogue))
        case "reset":
            reset(tracking, catalogue, objective[0], yes=case.get("yes", True))
            return str(tracking.text)
        case "execute":
            goals = read_goals(tracking, catalogue)
            try:
                chosen = choose(catalogue, goals, objective[0] if objective else None)
            except NothingToDo:
                return "nothing to do"
            return "\n".join([str(chosen), *unmet_needs(chosen, goals)])
    raise AssertionError(command)


@pytest.mark.parametrize("file", cases("invalid"), ids=lambda file: file.stem)
def test_invalid(file: Path, catalogue: Catalogue, untouched: str, tmp_path: Path) -> None:
    case = yaml.safe_load(file.read_text())

    with pytest.raises(LakesteadError) as caught:
        run(case, catalogue, untouched, tmp_path)

    message = str(caught.value)
    for part in case["expect"]:
        assert part in message
    assert caught.value.exit_code == case["exit"]


@pytest.mark.parametrize("file", cases("valid"), ids=lambda file: file.stem)
def test_valid(file: Path, catalogue: Catalogue, untouched: str, tmp_path: Path) -> None:
    case = yaml.safe_load(file.read_text())

    answer = run(case, catalogue, untouched, tmp_path)

    for part in case["expect"]:
        assert part in answer


def test_the_model_reads_what_is_written(untouched: str) -> None:
    assert PATH.endswith("goals.json")
    assert json_text.load(untouched)[0]["current_status"]["next_pending_objective"] == "1.1"
