"""goals.json in the homelab repo: read, and changed by one commit that another writer cannot lose.

Git is what makes it safe: a commit is there whole or not at all, every version is kept, and a push on top
of somebody else's is refused and done again on what is there then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from lakestead.errors import LakesteadError, WrongUsage
from lakestead.gitops.failures import BranchMoved
from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.objectives import progress
from lakestead.objectives.catalogue import Catalogue
from lakestead.objectives.goals import PATH, Goals, parse

ATTEMPTS = 8
VERSIONS = 50
"""How many versions are looked through for a good one."""

Edit = Callable[[str], str]


class Tracking(Protocol):
    """Where goals.json is; ``GitTracking`` but for tests of the rules alone."""

    def read(self) -> str | None:
        """The text; None where there is none yet."""

    def update(self, edit: Edit, message: str, files: Mapping[str, str] | None = None) -> str:
        """Change the text by ``edit``, which may be called again; answers the commit."""

    def where(self) -> str:
        """For messages."""

    def advice(self) -> str:
        """How to get a good version back."""


@dataclass
class GitTracking:
    """The file of a homelab repo's branch."""

    repo: HomelabRepo
    catalogue: Catalogue
    _snapshot: Snapshot | None = field(default=None, init=False)

    def read(self) -> str | None:
        """What the branch has now."""
        self._snapshot = self.repo.fetch()
        return self._text(self._snapshot)

    def update(self, edit: Edit, message: str, files: Mapping[str, str] | None = None) -> str:
        """One commit with the changed text; where the branch moved meanwhile, on top of that."""
        for attempt in range(1, ATTEMPTS + 1):
            snapshot = self._snapshot = self.repo.fetch()
            before = self._text(snapshot)
            after = edit(before if before is not None else progress.fresh(self.catalogue))
            writes: dict[str, bytes | None] = {
                path: text.encode() for path, text in (files or {}).items()
            }
            if after != before:
                writes[PATH] = after.encode()
            if not writes:
                return snapshot.commit or ""
            try:
                return self.repo.publish(snapshot, writes, message)
            except BranchMoved:
                if attempt == ATTEMPTS:
                    raise
        raise AssertionError("not reached")

    def where(self) -> str:
        """``PATH in URL, branch main``."""
        return f"{PATH} of {self.repo.url}, branch {self.repo.branch}"

    def advice(self) -> str:
        """The newest version that can be read, and the command that brings it back."""
        snapshot = self._snapshot
        if snapshot is None or snapshot.commit is None:
            return ""
        listing = self.repo.text(
            "log", f"-{VERSIONS}", "--format=%H", snapshot.commit, "--", PATH
        ).split()
        for commit in listing:
            entry = self.repo.entries(commit, PATH).get(PATH)
            if entry is None:
                continue
            try:
                parse(self.repo.read(entry).decode("utf-8", "replace"), PATH)
            except WrongUsage:
                continue
            return (
                f"the last good version is in commit {commit[:12]}; in a clone: "
                f"git checkout {commit[:12]} -- {PATH}"
            )
        return "no version of it in the branch's history can be read; correct that line"

    def _text(self, snapshot: Snapshot) -> str | None:
        entry = snapshot.entries.get(PATH)
        if entry is None:
            return None
        if entry.mode not in ("100644", "100755"):
            raise LakesteadError(
                "goals.json is no regular file", where=self.where(), found=f"mode {entry.mode}"
            )
        try:
            return self.repo.read(entry).decode("utf-8")
        except UnicodeDecodeError as error:
            raise WrongUsage(
                "goals.json is damaged, so it is not read and nothing is changed",
                where=self.where(),
                found=f"byte {error.start} is no UTF-8",
                do=self.advice(),
            ) from None


def read_goals(tracking: Tracking, catalogue: Catalogue) -> Goals:
    """What goals.json says, with every objective of the catalogue; nothing is written."""
    text = tracking.read()
    if text is None:
        return parse(progress.fresh(catalogue), PATH)
    _checked(text, tracking)
    return parse(progress.with_all(text, catalogue), tracking.where())


def update_goals(
    tracking: Tracking,
    catalogue: Catalogue,
    edit: Edit,
    message: str,
    files: Mapping[str, str] | None = None,
) -> str:
    """Change goals.json by ``edit``; the commit.

    + edit: gets a text that was checked
    + files: others that go into the same commit
    """

    def checked_edit(text: str) -> str:
        _checked(text, tracking)
        return edit(text)

    return tracking.update(checked_edit, message, files)


def _checked(text: str, tracking: Tracking) -> None:
    try:
        parse(text, tracking.where())
    except WrongUsage as error:
        error_with_advice = WrongUsage(
            error.what,
            where=error.where,
            found=error.found,
            expected=error.expected,
            do=tracking.advice() or error.do,
        )
        raise error_with_advice from None
