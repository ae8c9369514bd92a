"""Kubernetes quantities, as the API server reads them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.plan.quantity import millicores, parse, show_bytes, show_cores, whole_bytes

CASES = yaml.safe_load(Path(__file__).with_name("quantities.yaml").read_text())


@pytest.mark.parametrize(("text", "number"), CASES["bytes"].items())
def test_bytes(text: str, number: int) -> None:
    assert whole_bytes(text) == number


@pytest.mark.parametrize(("text", "number"), CASES["millicores"].items())
def test_millicores(text: str, number: int) -> None:
    assert millicores(text) == number


@pytest.mark.parametrize("text", CASES["refused"])
def test_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|unit"):
        parse(text)


def test_shown_for_a_person() -> None:
    assert [show_bytes(count) for count in (768 * 2**20, 4 * 2**30, -(3 * 2**29))] == [
        "768Mi",
        "4.0Gi",
        "-1.5Gi",
    ]
    assert [show_cores(count) for count in (200, 2000, 1500)] == ["200m", "2", "1500m"]
