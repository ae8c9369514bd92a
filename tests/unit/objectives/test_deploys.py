"""The objectives of phase 1 do together what the phase does."""

from __future__ import annotations

import ast
from pathlib import Path

from lakestead.objectives.catalogue import Catalogue
from tests.unit.objectives.conftest import PROJECT


def deploys(file: Path) -> set[str]:
    """The tasks whose ``deploy`` a file calls."""
    return {
        ast.unparse(node.func.value)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "deploy"
    }


def test_a_phase_is_its_objectives(catalogue: Catalogue) -> None:
    files = [PROJECT / item.deploy for item in catalogue.phase("1").objectives if item.deploy]

    assert set().union(*map(deploys, files)) == deploys(PROJECT / "deploys/phase1.py")


def test_there_are_fourteen_and_those_of_phase_1_can_be_executed(catalogue: Catalogue) -> None:
    assert len(list(catalogue)) == 14
    assert [item.id for item in catalogue if item.available] == ["1.1", "1.2", "1.3", "1.4"]
