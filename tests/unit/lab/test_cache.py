"""What was built is trusted only while it is complete and unaltered."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.lab.cache import Cache, Entry


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    return Cache(tmp_path).entry("tool", "v1", b"recipe")


def build(folder: Path) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "tool").write_text("built")


def test_built_once_and_then_kept(entry: Entry) -> None:
    assert entry.ensure(build) is True
    assert entry.ensure(lambda _: pytest.fail("built twice")) is False
    assert (entry.path / "bin" / "tool").read_text() == "built"


def test_interrupted_build_is_done_again(entry: Entry) -> None:
    def interrupted(folder: Path) -> None:
        (folder / "half").write_text("ha")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        entry.ensure(interrupted)
    assert not entry.is_complete()
    assert entry.ensure(build) is True
    assert not (entry.path / "half").exists()


@pytest.mark.parametrize("damage", ["altered", "removed"])
def test_damaged_entry_is_built_again(entry: Entry, damage: str) -> None:
    entry.ensure(build)
    tool = entry.path / "bin" / "tool"
    tool.write_text("bui1t") if damage == "altered" else tool.unlink()
    assert not entry.is_complete()
    assert entry.ensure(build) is True
    assert tool.read_text() == "built"


def test_another_recipe_is_another_entry(tmp_path: Path, entry: Entry) -> None:
    entry.ensure(build)
    assert not Cache(tmp_path).entry("tool", "v1", b"other recipe").is_complete()
