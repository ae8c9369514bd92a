"""Lakestead's own Git plumbing against the lab's Git server: credentials and who sees them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.git import Credential
from lakestead.gitops.repository import HomelabRepo


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that gets the arguments of every git that is started."""
    written = tmp_path / "commands"
    shim = tmp_path / "bin/git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$@" >> {written}\nexec {shutil.which("git")} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
    return written


def test_push_and_fetch_show_the_password_nowhere(server, tmp_path, commands) -> None:
    cache = tmp_path / "cache"
    repo = HomelabRepo(server.url, "main", cache, Credential("lakestead", server.password))
    commit = repo.publish(repo.fetch(), {"a": b"1"}, "m")
    other = HomelabRepo(
        server.url, "main", tmp_path / "other", Credential("lakestead", server.password)
    )
    assert other.fetch().commit == commit
    assert " push " in commands.read_text()
    seen = [commands, *(path for path in cache.rglob("*") if path.is_file())]
    assert [path for path in seen if server.password.encode() in path.read_bytes()] == []


@pytest.mark.parametrize("credential", [Credential("lakestead", "guess"), None])
def test_refused_credentials(server, tmp_path, monkeypatch, credential) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # no helper of this machine's user
    repo = HomelabRepo(server.url, "main", tmp_path / "cache", credential)
    with pytest.raises(LakesteadError) as caught:
        repo.fetch()
    assert "refused the credentials: Lakestead could not read the homelab repo" in str(caught.value)
    assert "guess" not in str(caught.value)


def test_a_server_that_went_away(server, tmp_path) -> None:
    repo = HomelabRepo(
        server.url, "main", tmp_path / "cache", Credential("lakestead", server.password)
    )
    snapshot = repo.fetch()
    server.stop()
    with pytest.raises(LakesteadError, match="does not answer: Lakestead could not push to"):
        repo.publish(snapshot, {"a": b"1"}, "m")
