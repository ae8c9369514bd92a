"""One homelab in small a test; see world.py."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pyinfra
import pytest

from lakestead.journal import session as journal
from lakestead.lab.golang import go_program
from tests.api_server import ApiServer
from tests.objectives.stack import build
from tests.objectives.world import World
from tests.unit.git_server.conftest import Server, start  # noqa: F401

_numbers = itertools.count()


@pytest.fixture(scope="package")
def api_server() -> Iterator[ApiServer]:
    """A server of this folder's own: a review tells what others have left there."""
    go_program("kubectl").ensure()
    with ApiServer.running() as server:
        yield server


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


@pytest.fixture
def shop(world: World) -> World:
    """The world with a stack of two objectives."""
    build(world)
    return world
