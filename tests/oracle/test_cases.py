"""What the oracle has found once, or what was thought of: each file in cases/ again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lakestead.kube.client import Api
from tests.oracle.case import FOLDER, Case
from tests.oracle.server import asked, disagreement, proven


@pytest.fixture
def every_definition(request: pytest.FixtureRequest) -> None:
    """In a full run, kinds of other projects are served, too."""
    if "ORACLE_CASES" in os.environ:
        request.getfixturevalue("definitions")


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_case(file: Path, api: Api, own_definitions: None, every_definition: None) -> None:
    case = Case.read(file)
    if api.served(case.next["apiVersion"], case.next["kind"]) is None:
        pytest.skip("of a kind that only make oracle serves")
    with case.played(api) as (scene, following):
        live = scene.live(following["apiVersion"])
        assert live is not None
        answer, said = asked(api, following, live), proven(following, live)
        wrong = disagreement(api, following, live, answer)
    assert answer == case.server
    if case.proven is not None:
        assert said == case.proven
    assert not said or answer == "unchanged"
    assert not wrong
