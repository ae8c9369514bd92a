"""How far Flux has got: one YAML file a case, with an object as Flux 2 writes it and the answer."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.flux.progress import applied, progress

CASES = sorted((Path(__file__).parent / "progress").glob("*.yaml"))


@pytest.mark.parametrize("file", CASES, ids=lambda path: path.stem)
def test_case(file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    answer = progress(case["object"], case["wanted"], case.get("chart"))
    assert answer.state == case["state"]
    assert case["reason"] in answer.reason
    if "applied" in case:
        assert applied(case["object"], case["wanted"]) is case["applied"]


def test_an_object_that_is_not_there() -> None:
    assert progress(None, "main@sha1:1").state == "not found"
