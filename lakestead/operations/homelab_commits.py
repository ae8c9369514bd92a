"""The commits to the homelab repo that one run of pyinfra plans, each on top of the one before.

While a run is prepared nothing is pushed; yet a second commit must be planned on the files that the
first will leave. So planned commits are made in the cache clone, and what follows is planned on them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from lakestead.gitops.files import FileChange, Policy, Wanted, plan
from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.plan.change import Change

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

Preview = Callable[[], list[Change]]


@dataclass(frozen=True, slots=True)
class PlannedCommit:
    """One commit: what it is made on, and the files that it writes; none where it is not needed.

    + staged: the branch as it will be
    """

    base: Snapshot
    changes: list[FileChange]
    staged: Snapshot | None = None

    @property
    def writes(self) -> dict[str, bytes | None]:
        """Path → content, None to delete."""
        return {change.path: change.after for change in self.changes}


def planned_commit(
    repo: HomelabRepo, base: Snapshot, wanted: Wanted, policy: Policy, message: str
) -> PlannedCommit:
    """The commit that makes ``wanted`` true on top of ``base``."""
    planned = PlannedCommit(base, plan(repo, base, wanted, policy))
    if not planned.changes:
        return planned
    return replace(planned, staged=repo.stage(base, planned.writes, message))


class PlannedCommits:
    """What one run has planned for the homelab repo so far."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._staged: dict[tuple[str, str], Snapshot] = {}
        self._commits: dict[tuple[str, str, str], PlannedCommit] = {}
        self._previews: dict[str, list[Change]] = {}
        self._shown: set[tuple[str, str, str, str]] = set()

    @classmethod
    def of(cls, host: Host) -> PlannedCommits:
        """Those of the run that ``host`` belongs to."""
        return _runs.setdefault(host.state, cls())

    def pending(self, repo: HomelabRepo) -> bool:
        """Whether the run has planned a commit."""
        return (repo.url, repo.branch) in self._staged

    def plan(
        self, repo: HomelabRepo, wanted: Wanted, policy: Policy, message: str
    ) -> PlannedCommit:
        """The commit that makes ``wanted`` true on top of those planned before it.

        It is planned once a run, by whichever host comes to it first: they are prepared side by side,
        and what one of them waits for is what another will push.
        """
        key = (repo.url, repo.branch)
        with self._lock:
            if (*key, message) not in self._commits:
                base = self._staged.get(key) or repo.fetch()
                made = planned_commit(repo, base, wanted, policy, message)
                if made.staged:
                    self._staged[key] = made.staged
                self._commits[*key, message] = made
            return self._commits[*key, message]

    def preview(self, repo: HomelabRepo, staged: Snapshot, preview: Preview) -> list[Change]:
        """What Flux will make of a commit.

        The same files are previewed once a run, so that what is done is what was shown. What the
        preview of an earlier commit of the run has shown already is left out.
        """
        tree = repo.text("rev-parse", f"{staged.commit}^{{tree}}")
        if tree not in self._previews:
            found = {(c.kind, c.name, c.action, c.diff): c for c in preview()}
            self._previews[tree] = [c for key, c in found.items() if key not in self._shown]
            self._shown |= found.keys()
        return self._previews[tree]


_runs: WeakKeyDictionary[State, PlannedCommits] = WeakKeyDictionary()
