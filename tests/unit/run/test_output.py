"""What a run leaves for programs: events, JUnit, the plan as JSON; each is what its schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest

from lakestead.errors import LakesteadError
from lakestead.plan.document import Document
from lakestead.report.schemas import AnyEvent, schemas
from lakestead.run import commands
from lakestead.run.commands import Output
from tests.unit.run.conftest import Project

SCHEMAS = Path(__file__).parents[3] / "schemas"


def events(path: Path) -> list[dict[str, Any]]:
    lines = path.read_text().splitlines()
    for line in lines:
        AnyEvent.model_validate_json(line)
    return [json.loads(line) for line in lines]


def test_a_run_that_fails(project: Project) -> None:
    project.want(a="new", b="fails", c="new")
    output = Output(events=str(project.root / "events"), junit=str(project.root / "junit.xml"))

    with pytest.raises(LakesteadError, match="The disk is full"):
        commands.apply_deploy(project.target, output, yes=True)

    told = events(project.root / "events")
    assert [(event["event"], event.get("result", "")) for event in told] == [
        ("run-begins", ""),
        *[("planned", "")] * 3,
        ("plan-made", ""),
        ("operation-begins", ""),
        ("operation-ends", "done"),
        ("operation-begins", ""),
        ("operation-ends", "failed"),
        ("run-ends", "failed"),
    ]
    assert told[-1]["exit_code"] == 1
    assert told[-2]["error"].startswith("The disk is full")

    suite = xml.parse(project.root / "junit.xml").getroot()[0]
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "errors": "0",
        "skipped": "1",
    }
    assert suite.find("testcase[@name='Keep b']/failure").get("message") == "The disk is full"  # type: ignore[union-attr]
    assert suite.find("testcase[@name='Keep c']/skipped") is not None


def test_events_on_standard_output(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.want(a="new")

    project.plan(Output(events="-"))

    out, err = capsys.readouterr()
    kinds = [json.loads(line)["event"] for line in out.splitlines()]
    assert kinds == ["run-begins", "planned", "plan-made", "run-ends"]
    assert "Plan: 1 to create" in err


def test_the_plan_as_json(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    project.want(a="new")

    project.plan(Output(json=True))

    document = capsys.readouterr().out
    assert Document.model_validate_json(document).summary.create == 1
    assert json.loads(document)["plan"]["operations"][0]["operation"] == "Keep a"


@pytest.mark.parametrize("file", sorted(schemas()))
def test_schemas(file: str) -> None:
    shipped = json.loads((SCHEMAS / file).read_text())

    assert shipped == schemas()[file], "write it anew: python -m lakestead.report.schemas"
