"""goals.json without a repository, for the rules alone; test_tracking.py has the real Git."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from lakestead.objectives.catalogue import Catalogue, load
from lakestead.objectives.progress import fresh

PROJECT = Path(__file__).parents[3]


class Kept:
    """A Tracking in memory."""

    def __init__(self, text: str | None) -> None:
        self.text = text

    def read(self) -> str | None:
        return self.text

    def update(self, edit, message: str, files: Mapping[str, str] | None = None) -> str:  # type: ignore[no-untyped-def]
        self.text = edit(self.text)
        return "0" * 40

    def where(self) -> str:
        return "goals.json"

    def advice(self) -> str:
        return ""


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(PROJECT / "objectives")


@pytest.fixture
def untouched(catalogue: Catalogue) -> str:
    return fresh(catalogue)
