"""The page of all keys is the one that the models make."""

from __future__ import annotations

from pathlib import Path

from lakestead.settings.reference import DOCUMENT, reference

PROJECT = Path(__file__).parents[3]


def test_the_page_is_as_the_models_are() -> None:
    shipped = (PROJECT / DOCUMENT).read_text(encoding="utf-8")
    assert shipped == reference(), "write it anew: python -m lakestead.settings.reference"
