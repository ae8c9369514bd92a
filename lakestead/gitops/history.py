"""Whose a file of the homelab repo is, read from the branch's history.

The history is the only record that lives where the files live: it survives another workstation and a
lost cache, needs no file of Lakestead's own in the user's repository, and knows about reverts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from lakestead.gitops.repository import EMAIL, HomelabRepo, Snapshot

TRACKING = "docs/data-platform/bootstrap"
"""Folder of goals.json and the reports. Flux applies nothing of it, so nobody need wait until it has."""


@dataclass(frozen=True, slots=True)
class Touch:
    """The last commit that touched a file."""

    commit: str
    author: str
    email: str
    date: str
    subject: str

    @property
    def ours(self) -> bool:
        """Whether Lakestead made it."""
        return self.email == EMAIL

    def __str__(self) -> str:
        return f"{self.author} on {self.date} ({self.commit[:8]}: {self.subject})"


def last_touches(repo: HomelabRepo, snapshot: Snapshot, paths: Iterable[str]) -> dict[str, Touch]:
    """Who touched (or deleted) each path last, in one walk of the history.

    A path that no commit ever had is not in the answer.
    """
    wanted = sorted(paths)
    if snapshot.commit is None or not wanted:
        return {}
    form = "--format=%x1e%H%x1f%an%x1f%ae%x1f%as%x1f%s%x1e"
    command = ("log", "-z", "--no-renames", "--name-only", form, snapshot.commit, "--")
    log = repo.git.run("--literal-pathspecs", *command, *wanted, timeout=300).stdout
    fields = log.decode("utf-8", "surrogateescape").split("\x1e")[1:]
    touches: dict[str, Touch] = {}
    for head, names in zip(fields[::2], fields[1::2], strict=True):
        touch = Touch(*head.split("\x1f", 4))
        for name in names.strip("\0\n").split("\0"):
            touches.setdefault(name, touch)
    return touches


def foreign_touches(
    repo: HomelabRepo, snapshot: Snapshot, paths: Iterable[str]
) -> dict[str, Touch]:
    """Those of the last touches that are somebody else's and left another content than Lakestead's."""
    return {
        path: touch
        for path, touch in last_touches(repo, snapshot, paths).items()
        if not touch.ours and not _as_we_left_it(repo, snapshot, path)
    }


def _as_we_left_it(repo: HomelabRepo, snapshot: Snapshot, path: str) -> bool:
    """Whether a file is what Lakestead wrote last, though somebody changed it and took that back."""
    entry = snapshot.entries.get(path)
    if entry is None or snapshot.commit is None:
        return False
    command = ("log", "-1", "--format=%H", f"--author=<{re.escape(EMAIL)}>", snapshot.commit, "--")
    ours = repo.text("--literal-pathspecs", *command, path)
    return bool(ours) and repo.entries(ours, path).get(path) == entry


def only_tracking_between(repo: HomelabRepo, older: str, newer: str) -> bool:
    """Whether ``newer`` follows ``older`` and differs from it in nothing but Lakestead's tracking."""
    repo.fetch()
    follows = repo.git.run("merge-base", "--is-ancestor", older, newer, check=False)
    if follows.rc:
        return False
    rest = ("diff", "--quiet", older, newer, "--", ".", f":(exclude){TRACKING}")
    return repo.git.run(*rest, check=False).rc == 0
