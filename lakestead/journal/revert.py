"""Take back the commits of a run by one commit that puts their files as they were."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.gitops.history import last_touches
from lakestead.gitops.kustomization import without_added
from lakestead.gitops.repository import Entry, HomelabRepo, Snapshot
from lakestead.journal import session
from lakestead.journal.steps import Step, as_before, cannot, changed_since, take_back
from lakestead.journal.undo import Undo
from lakestead.plan.diff import text_diff

KIND = "File"
Written = tuple[Entry | None, Entry | None]
"""A file before and after a commit of ours."""


def plan_revert(repo: HomelabRepo, commits: Sequence[str], run_id: str) -> list[Step]:
    """What to do so that the files of ``commits`` are as they were: a step for each, the last does it.

    + commits: the run's, the oldest first; one that was never pushed is left out
    """
    snapshot = repo.fetch()
    pushed = [commit for commit in commits if _is_in(repo, commit, snapshot)]
    ours: dict[str, list[Written]] = {}
    for commit in pushed:
        parent = _parent(repo, commit)
        old = repo.entries(parent) if parent else {}
        new = repo.entries(commit)
        for path in old.keys() | new.keys():
            if old.get(path) != new.get(path):
                ours.setdefault(path, []).append((old.get(path), new.get(path)))
    steps: list[Step] = []
    writes: dict[str, bytes | None] = {}
    diffs: list[str] = []
    touches = last_touches(repo, snapshot, ours)
    for path, written in sorted(ours.items()):
        now, wanted, last = snapshot.entries.get(path), written[0][0], written[-1][1]
        if now == wanted:
            steps.append(as_before(KIND, path))
        elif now != last or _others_between(written):
            rest = _without_ours(repo, written, now, path)
            if rest is None:
                steps.append(changed_since(KIND, path, str(touches.get(path, "somebody"))))
            elif rest == _bytes(repo, now):
                steps.append(as_before(KIND, path, "nothing of the run is in it any more"))
            else:
                writes[path] = rest
                diffs.append(text_diff(_text(repo, now), rest.decode("utf-8", "replace"), path))
        elif wanted is not None and wanted.mode == "160000":
            steps.append(cannot(KIND, path, "it is a submodule"))
        else:
            writes[path] = None if wanted is None else repo.read(wanted)
            diffs.append(text_diff(_text(repo, now), _text(repo, wanted), path))
    if not writes:
        return steps

    def do() -> str:
        commit = repo.publish(snapshot, writes, _message(pushed, run_id), announce=_announce)
        return f"pushed {commit[:8]} to branch {repo.branch}: {len(writes)} files as they were"

    name = f"{len(writes)} files of branch {repo.branch}"
    why = "reverts " + ", ".join(commit[:8] for commit in pushed) + "; Flux follows"
    undo = Undo("git", {"url": repo.url, "branch": repo.branch})
    diff = "\n".join(filter(None, diffs))
    return [*steps, take_back("Commit", name, "create", do, undo, diff=diff, why=why)]


def _announce(commit: str) -> None:
    session.note(commit=commit)


def _message(commits: Sequence[str], run_id: str) -> str:
    reverts = "\n".join(f"This reverts commit {commit}." for commit in reversed(commits))
    return f"Take back what run {run_id} had committed\n\n{reverts}\n"


def _is_in(repo: HomelabRepo, commit: str, snapshot: Snapshot) -> bool:
    if snapshot.commit is None:
        return False
    command = ("merge-base", "--is-ancestor", commit, snapshot.commit)
    return repo.git.run(*command, check=False).rc == 0


def _parent(repo: HomelabRepo, commit: str) -> str | None:
    answer = repo.git.run("rev-parse", "--verify", "--quiet", f"{commit}^", check=False)
    return answer.stdout.decode().strip() or None


def _others_between(written: Sequence[Written]) -> bool:
    """Whether somebody else wrote the file between two of our commits."""
    return any(made != found for (_, made), (found, _) in itertools.pairwise(written))


def _without_ours(
    repo: HomelabRepo, written: Sequence[Written], now: Entry | None, path: str
) -> bytes | None:
    """A kustomization.yaml to which others wrote too, without what our commits added; None where that is not all."""
    if not path.endswith("kustomization.yaml") or now is None:
        return None
    rest: bytes | None = repo.read(now)
    for before, after in written:
        if rest is None or before is None or after is None:
            return None
        try:
            rest = without_added(repo.read(before), repo.read(after), rest, path)
        except LakesteadError:
            return None
    return rest


def _bytes(repo: HomelabRepo, entry: Entry | None) -> bytes | None:
    return None if entry is None else repo.read(entry)


def _text(repo: HomelabRepo, entry: Any) -> str | None:
    return None if entry is None else repo.read(entry).decode("utf-8", "replace")
