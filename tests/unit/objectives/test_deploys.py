"""The objectives of a phase do together what the phase does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from lakestead.objectives.catalogue import Catalogue
from tests.unit.objectives.conftest import PROJECT


def deploys(file: Path) -> set[str]:
    """The functions of tasks that a file calls."""
    return {
        ast.unparse(node.func)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr not in ("items", "drill")
    }


@pytest.mark.parametrize("phase", ["1", "2", "3"])
def test_a_phase_is_its_objectives(catalogue: Catalogue, phase: str) -> None:
    files = [PROJECT / item.deploy for item in catalogue.phase(phase).objectives if item.deploy]

    assert set().union(*map(deploys, files)) == deploys(PROJECT / f"deploys/phase{phase}.py")


def test_there_are_fourteen_and_some_can_be_executed(catalogue: Catalogue) -> None:
    assert len(list(catalogue)) == 14
    assert [item.id for item in catalogue if item.available] == [
        "1.1",
        "1.2",
        "1.3",
        "1.4",
        "2.1",
        "2.2",
        "2.3",
        "3.1",
        "3.2",
        "3.3",
    ]
