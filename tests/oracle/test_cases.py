"""What the oracle has found once, or what was thought of: each file in cases/ again."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.kube.client import Api
from tests.oracle.case import FOLDER, Case
from tests.oracle.server import asked, proven


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.yaml")), ids=lambda file: file.stem)
def test_case(file: Path, api: Api, own_definitions: None) -> None:
    case = Case.read(file)
    with case.played(api) as (scene, following):
        live = scene.live(following["apiVersion"])
        assert live is not None
        answer, said = asked(api, following, live), proven(following, live)
    assert answer == case.server
    if case.proven is not None:
        assert said == case.proven
    assert not said or answer == "unchanged"
