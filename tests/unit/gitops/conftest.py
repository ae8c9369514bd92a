"""A bare repository that plays the Git server's part, and a person who works in a clone of it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from lakestead.gitops.repository import HomelabRepo


class Person:
    """Somebody with a clone, who commits and pushes as people do."""

    def __init__(self, clone: Path, remote: Path) -> None:
        self.clone = clone
        self.git("init", "-q", "-b", "main", str(clone), where=clone.parent)
        self.git("remote", "add", "origin", str(remote))

    def git(self, *arguments: str, where: Path | None = None) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_AUTHOR_NAME": "Ada",
            "GIT_AUTHOR_EMAIL": "ada@example.org",
            "GIT_COMMITTER_NAME": "Ada",
            "GIT_COMMITTER_EMAIL": "ada@example.org",
        }
        command = ["git", "-C", str(where or self.clone), *arguments]
        return subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment
        ).stdout

    def pull(self) -> None:
        self.git("fetch", "-q", "origin")
        self.git("reset", "-q", "--hard", "origin/main")

    def write(self, path: str, text: str, subject: str = "by hand") -> None:
        """Commit one file and push it."""
        file = self.clone / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        self.push(subject)

    def push(self, subject: str) -> None:
        """Commit everything in the clone and push it."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", subject)
        self.git("push", "-q", "origin", "HEAD:main")

    def log(self) -> list[str]:
        """Subjects on the server's branch, newest first."""
        self.git("fetch", "-q", "origin")
        return self.git("log", "--format=%an: %s", "origin/main").splitlines()


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    path = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(path)], check=True)
    return path


@pytest.fixture
def ada(tmp_path: Path, remote: Path) -> Person:
    return Person(tmp_path / "ada", remote)


@pytest.fixture
def repo(tmp_path: Path, remote: Path) -> HomelabRepo:
    return HomelabRepo(str(remote), "main", tmp_path / "cache", None)
