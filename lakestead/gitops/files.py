"""Which files of the homelab repo a commit would write, and which it must not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Literal

from lakestead.errors import LakesteadError
from lakestead.gitops.history import Touch, foreign_touches, last_touches
from lakestead.gitops.kustomization import with_resources
from lakestead.gitops.list_items import ListItems, with_items
from lakestead.gitops.repository import HomelabRepo, Snapshot, blob_id
from lakestead.plan.change import Action, Change
from lakestead.plan.diff import text_diff

REGULAR = ("100644", "100755")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What Lakestead wants to be in the homelab repo.

    + files: path → content
    + resources: path of a ``kustomization.yaml`` → entries that its ``resources`` must have; the rest of
      such a file is its author's
    + items: path of a YAML file of somebody else's → items that its lists must have, likewise
    + prune: folders in which a file that Lakestead wrote and no longer renders is deleted
    + existing: ``update`` the files; or ``keep`` what is there, and add none that is missing beside a
      ``kustomization.yaml`` that is there: its author has said what belongs to that folder
    """

    files: Mapping[str, bytes] = field(default_factory=dict)
    resources: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prune: Sequence[str] = ()
    existing: Literal["update", "keep"] = "update"
    items: Mapping[str, Sequence[ListItems]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user has decided about files that somebody changed (glob patterns of paths).

    + keep: leave them as they are
    + overwrite: Lakestead may write them
    """

    keep: Sequence[str] = ()
    overwrite: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file that a commit would write; ``after`` is None where it would be deleted."""

    path: str
    before: bytes | None
    after: bytes | None
    why: str = ""

    def as_change(self) -> Change:
        """For the plan, with a diff where the content is text."""
        action: Action = "update"
        if self.before is None or self.after is None:
            action = "create" if self.before is None else "delete"
        before, after = _text(self.before), _text(self.after)
        return Change("file", self.path, action, text_diff(before, after, self.path), self.why)


def plan(repo: HomelabRepo, snapshot: Snapshot, wanted: Wanted, policy: Policy) -> list[FileChange]:
    """The files to write so that ``wanted`` holds at ``snapshot``; none where it does.

    Raises LakesteadError naming every file that somebody else changed, made or deleted.
    """
    _check_paths(wanted)
    changes = [
        FileChange(path, _read(repo, snapshot, path), content)
        for path, content in sorted(wanted.files.items())
        if _differs(snapshot, path, content) and not _matches(path, policy.keep)
    ]
    if wanted.existing == "keep":
        changes = [c for c in changes if c.before is None and not _governed(snapshot, c.path)]
    changes += _no_longer_rendered(repo, snapshot, wanted)
    foreign = foreign_touches(repo, snapshot, [change.path for change in changes])
    if wanted.existing == "keep":  # a deleted file is left deleted
        changes = [change for change in changes if change.path not in foreign]
    else:
        _refuse(repo, changes, foreign, policy)
    return changes + _resource_edits(repo, snapshot, wanted)


def file_changes(
    repo: HomelabRepo, snapshot: Snapshot, wanted: Wanted, changes: Sequence[FileChange]
) -> list[Change]:
    """All wanted files for the plan: those that are written or deleted, and those that are left."""
    replaced = [change.path for change in changes if change.before is not None]
    touches = last_touches(repo, snapshot, replaced)
    shown = []
    for change in changes:
        entry = snapshot.entries.get(change.path)
        by = str(touches[change.path]) if change.path in touches else ""
        shown.append(replace(change.as_change(), before=entry.oid if entry else "", by=by))
    rest = {*wanted.files, *wanted.resources, *wanted.items} - {change.path for change in changes}
    return shown + [Change("file", path, "unchanged") for path in sorted(rest)]


def _resource_edits(repo: HomelabRepo, snapshot: Snapshot, wanted: Wanted) -> list[FileChange]:
    edits = []
    for path, entries in sorted(wanted.resources.items()):
        before = _read(repo, snapshot, path)
        after = with_resources(before, entries, path)
        if after != before:
            edits.append(FileChange(path, before, after))
    for path, lists in sorted(wanted.items.items()):
        before = _read(repo, snapshot, path)
        after = with_items(before, lists, path)
        if after != before:
            edits.append(FileChange(path, before, after))
    return edits


def _no_longer_rendered(repo: HomelabRepo, snapshot: Snapshot, wanted: Wanted) -> list[FileChange]:
    folders = tuple(folder.rstrip("/") + "/" for folder in wanted.prune)
    surplus = [
        path
        for path in snapshot.entries
        if folders and path.startswith(folders) and path not in wanted.files
    ]
    touches = last_touches(repo, snapshot, surplus)
    return [
        FileChange(path, _read(repo, snapshot, path), None, "no longer rendered")
        for path in surplus
        if path in touches and touches[path].ours
    ]


def _refuse(
    repo: HomelabRepo,
    changes: Sequence[FileChange],
    foreign: Mapping[str, Touch],
    policy: Policy,
) -> None:
    conflicts = [
        change
        for change in changes
        if change.path in foreign and not _matches(change.path, policy.overwrite)
    ]
    if not conflicts:
        return
    lines = []
    for change in conflicts:
        verb = "deleted" if change.before is None else "last written"
        lines.append(f"{change.path}: {verb} by {foreign[change.path]}")
        lines += change.as_change().diff.splitlines() if change.before is not None else []
    raise LakesteadError(
        "Lakestead would write over what somebody else did in the homelab repo; nothing was changed",
        where=f"{repo.url}, branch {repo.branch}",
        found="\n".join(lines),
        expected="files as Lakestead left them",
        do="add the path to gitops.keep (theirs stays) or to gitops.overwrite (Lakestead's is written)",
    )


def _check_paths(wanted: Wanted) -> None:
    for path in (*wanted.files, *wanted.resources, *wanted.items):
        parts = PurePosixPath(path)
        if (
            parts.is_absolute()
            or ".." in parts.parts
            or str(parts) != path
            or ".git" in parts.parts
        ):
            raise ValueError(f"not a path inside a repository: {path!r}")


def _governed(snapshot: Snapshot, path: str) -> bool:
    return str(PurePosixPath(path).with_name("kustomization.yaml")) in snapshot.entries


def _differs(snapshot: Snapshot, path: str, content: bytes) -> bool:
    entry = snapshot.entries.get(path)
    return entry is None or entry.mode not in REGULAR or entry.oid != blob_id(content)


def _read(repo: HomelabRepo, snapshot: Snapshot, path: str) -> bytes | None:
    """The content of a regular file; None where nothing is there, neither file nor anything else."""
    entry = snapshot.entries.get(path)
    if entry is not None and entry.mode in REGULAR:
        return repo.read(entry)
    taken = next((str(p) for p in PurePosixPath(path).parents if str(p) in snapshot.entries), "")
    if entry is not None:
        taken = path
    elif any(other.startswith(path + "/") for other in snapshot.entries):
        taken = path + "/"
    if taken:
        raise LakesteadError(
            f"Lakestead cannot write {path} in the homelab repo",
            where=f"{repo.url}, branch {repo.branch}",
            found=f"{taken} is a {_kind(snapshot, taken)}",
            expected=f"a regular file, or nothing, at {path}",
        )
    return None


def _kind(snapshot: Snapshot, path: str) -> str:
    if path.endswith("/"):
        return "folder"
    kinds = {"120000": "symbolic link", "160000": "submodule"}
    return kinds.get(snapshot.entries[path].mode, "file")


def _matches(path: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _text(content: bytes | None) -> str | None:
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return f"{len(content)} bytes that are no text, {blob_id(content)[:8]}\n"
