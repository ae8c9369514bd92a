"""goals.json without a repository, for the rules alone; test_tracking.py has the real Git."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pyinfra
import pytest

from lakestead.journal import session as journal
from lakestead.objectives.catalogue import Catalogue, load
from lakestead.objectives.progress import fresh
from tests.api_server import ApiServer
from tests.unit.git_server.conftest import Server, start  # noqa: F401
from tests.unit.objectives.world import World

_numbers = itertools.count()
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


@pytest.fixture(scope="package")
def api_server() -> Iterator[ApiServer]:
    """A server of this folder's own: a review tells what others have left there."""
    with ApiServer.running() as server:
        yield server


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(PROJECT / "objectives")


@pytest.fixture
def untouched(catalogue: Catalogue) -> str:
    return fresh(catalogue)


@pytest.fixture
def world(
    tmp_path: Path,
    api_server: ApiServer,
    start: Callable[[], Server],  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """The project's folder is the current one; nothing of the machine's own is used."""
    folder = tmp_path / f"{next(_numbers)}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(pyinfra, "is_cli", False)  # a run sets it; it is put back afterwards
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("LAKESTEAD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("USER", "ann")
    yield World(folder, api_server, start())
    journal.finish("interrupted")
