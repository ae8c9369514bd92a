"""The commits to the homelab repo that one run of pyinfra plans, each on top of the one before.

While a run is prepared nothing is pushed; yet a second commit must be planned on the files that the
first will leave. So planned commits are made in the cache clone, and what follows is planned on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.plan.change import Change

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

Preview = Callable[[], list[Change]]


class PlannedCommits:
    """What one run has planned for the homelab repo so far."""

    def __init__(self) -> None:
        self._staged: dict[tuple[str, str], Snapshot] = {}
        self._previews: dict[str, list[Change]] = {}
        self._shown: set[tuple[str, str, str, str]] = set()

    @classmethod
    def of(cls, host: Host) -> PlannedCommits:
        """Those of the run that ``host`` belongs to."""
        return _runs.setdefault(host.state, cls())

    def pending(self, repo: HomelabRepo) -> bool:
        """Whether the run has planned a commit."""
        return (repo.url, repo.branch) in self._staged

    def base(self, repo: HomelabRepo) -> Snapshot:
        """What the next commit is planned on: the last one that was planned, or the branch."""
        return self._staged.get((repo.url, repo.branch)) or repo.fetch()

    def stage(
        self,
        repo: HomelabRepo,
        snapshot: Snapshot,
        writes: Mapping[str, bytes | None],
        message: str,
        preview: Preview,
    ) -> list[Change]:
        """Plan a commit; returns what Flux will make of it.

        The same files are previewed once a run, so that what is done is what was shown. What the
        preview of an earlier commit of the run has shown already is left out.
        """
        staged = repo.stage(snapshot, writes, message)
        self._staged[repo.url, repo.branch] = staged
        tree = repo.text("rev-parse", f"{staged.commit}^{{tree}}")
        if tree not in self._previews:
            found = {(c.kind, c.name, c.action, c.diff): c for c in preview()}
            self._previews[tree] = [c for key, c in found.items() if key not in self._shown]
            self._shown |= found.keys()
        return self._previews[tree]


_runs: WeakKeyDictionary[State, PlannedCommits] = WeakKeyDictionary()
