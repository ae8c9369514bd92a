"""The homelab repo as Lakestead sees it: a bare cache clone, snapshots, commits by plumbing, pushes.

A commit is built in Git's object store with an index of its own and becomes visible by one push of one
ref. Killed at any moment, the homelab repo is either as before or has the whole commit; what is left
in the cache is unreachable objects, or a repository that is made anew.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.gitops.failures import push_failure, transport_failure
from lakestead.gitops.git import Credential, Git, GitFailed
from lakestead.gitops.lock import locked

NAME = "Lakestead"
EMAIL = "lakestead@localhost"


def identity(name: str, email: str) -> dict[str, str]:
    """Author and committer of a commit, as Git's environment has them."""
    return {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", name), ("EMAIL", email))
    }


IDENTITY = identity(NAME, EMAIL)


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of a commit: Git's mode (``100644``, ``120000`` for a symbolic link) and blob id."""

    mode: str
    oid: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The branch at one commit.

    + commit: None while the repository has no commit
    + entries: path → Entry, of every file
    """

    commit: str | None
    entries: Mapping[str, Entry]


class HomelabRepo:
    """One branch of the user's GitOps repository.

    + url: as Git takes it, without user name and password
    + branch: the branch that Flux follows
    + cache: folder for the bare clones; may be deleted at any time
    + credential: for http(s); None leaves it to the user's own Git settings
    """

    def __init__(self, url: str, branch: str, cache: Path, credential: Credential | None) -> None:
        self.url = url
        self.branch = branch
        key = hashlib.sha256(url.encode()).hexdigest()[:16]
        self.folder = cache / f"{key}.git"
        self._lock_path = cache / f"{key}.lock"
        self._ref = f"refs/remotes/origin/{branch}"
        self.git = Git(self.folder, url, credential)

    def head(self) -> str | None:
        """The branch's newest commit on the server; None where the repository is empty."""
        answer = self.git.run("ls-remote", "--heads", self.url, timeout=30, check=False)
        if answer.rc:
            raise transport_failure(self.url, answer, "read")
        heads = {}
        for line in answer.stdout.decode().splitlines():
            oid, ref = line.split("\t")
            heads[ref.removeprefix("refs/heads/")] = oid
        if heads and self.branch not in heads:
            raise LakesteadError(
                f"The homelab repo has no branch {self.branch!r}",
                where=self.url,
                found="branches " + ", ".join(sorted(heads)),
                do="set gitops.branch to the one that Flux follows",
            )
        return heads.get(self.branch)

    def fetch(self) -> Snapshot:
        """The branch as the server has it now."""
        with self._locked() as lock:
            try:
                return self._snapshot(lock)
            except GitFailed:
                # An interrupted Git left the clone incomplete; it holds nothing that is not elsewhere.
                shutil.rmtree(self.folder, ignore_errors=True)
                return self._snapshot(lock)

    def read(self, entry: Entry) -> bytes:
        """A file's content."""
        return self.git.run("cat-file", "blob", entry.oid).stdout

    def stage(
        self, snapshot: Snapshot, writes: Mapping[str, bytes | None], message: str
    ) -> Snapshot:
        """The branch as a commit that follows ``snapshot`` would make it; nothing is pushed.

        The commit is in the cache clone alone. What is planned later in the same run is planned on it.
        """
        with self._locked():
            self._ensure()
            commit = self._commit(snapshot, writes, message)
            return Snapshot(commit, self.entries(commit))

    def checkout(self, snapshot: Snapshot, folder: Path) -> None:
        """Put all files of ``snapshot`` into a new folder, as they are in Git."""
        folder.mkdir()
        if snapshot.commit is None:
            return
        with tempfile.TemporaryDirectory(prefix="lakestead-index-") as scratch:
            index = {"GIT_INDEX_FILE": f"{scratch}/index"}
            self.git.run("read-tree", snapshot.commit, environment=index)
            plain = ("-c", "core.autocrlf=false", "-c", "core.attributesFile=/dev/null")
            self.git.run(
                *(*plain, f"--work-tree={folder}", "checkout-index", "--all", "--force"),
                environment=index,
            )

    def ignored(self, folder: Path, patterns: Sequence[str], file: str) -> list[str]:
        """The files of a folder that gitignore patterns leave out.

        + patterns: of the whole folder
        + file: name of files with patterns of the folder that they are in: ``.sourceignore``
        """
        with tempfile.TemporaryDirectory(prefix="lakestead-ignore-") as scratch:
            listed = Path(scratch) / "patterns"
            listed.write_text("\n".join(patterns) + "\n", encoding="utf-8")
            answer = self.git.run(
                *(f"--work-tree={folder}", "ls-files", "-z", "--others", "--ignored"),
                *(f"--exclude-from={listed}", f"--exclude-per-directory={file}"),
                environment={"GIT_INDEX_FILE": f"{scratch}/index"},
            )
        return answer.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]

    def publish(
        self,
        snapshot: Snapshot,
        writes: Mapping[str, bytes | None],
        message: str,
        *,
        announce: Callable[[str], None] = lambda commit: None,
        identity: Mapping[str, str] = IDENTITY,
    ) -> str:
        """Push one commit that follows ``snapshot``; returns its id.

        + writes: path → content, None to delete
        + announce: called with the commit's id before it is pushed
        + identity: author and committer, as Git's environment has them

        Raises BranchMoved where the branch has got another commit since.
        """
        with self._locked() as lock:
            self._ensure()
            commit = self._commit(snapshot, writes, message, identity)
            announce(commit)
            refspec = f"{commit}:refs/heads/{self.branch}"
            answer = self.git.run(
                *("push", "--porcelain", "--no-follow-tags", self.url, refspec),
                timeout=300,
                keep_open=(lock,),
                check=False,
            )
            if answer.rc:
                raise push_failure(self.url, self.branch, answer)
            self.git.run("update-ref", self._ref, commit, keep_open=(lock,))
            return commit

    def _locked(self) -> AbstractContextManager[int]:
        return locked(self._lock_path, "the homelab repo")

    def _ensure(self) -> None:
        """Make the cache clone, or make it anew where a killed Git left it half-way."""
        if self.folder.exists():
            # Commands that write hold the lock as long as they live, so what they left is stale.
            stale = [*self.folder.glob("*.lock"), *self.folder.glob("refs/**/*.lock")]
            if not stale and (self.folder / "complete").exists():
                return
            shutil.rmtree(self.folder)
        self.git.run("init", "--quiet", "--bare", "--template=")
        (self.folder / "complete").touch()

    def _snapshot(self, lock: int) -> Snapshot:
        self._ensure()
        commit = self.head()
        if commit is None:
            return Snapshot(None, {})
        if commit != self._known():
            # Not shallow: whether a file is still as Lakestead left it is read from the history.
            refspec = f"+refs/heads/{self.branch}:{self._ref}"
            answer = self.git.run(
                *("fetch", "--quiet", "--no-tags", self.url, refspec),
                timeout=300,
                keep_open=(lock,),
                check=False,
            )
            if answer.rc:
                raise transport_failure(self.url, answer, "read")
            commit = self._known() or commit
        return Snapshot(commit, self.entries(commit))

    def _known(self) -> str | None:
        answer = self.git.run("rev-parse", "--verify", "--quiet", self._ref, check=False)
        return answer.stdout.decode().strip() or None

    def entries(self, commit: str, *paths: str) -> dict[str, Entry]:
        """The files of a commit that the clone has; all, or those at or below ``paths``."""
        entries = {}
        listing = self.git.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths).stdout
        for line in listing.decode("utf-8", "surrogateescape").split("\0")[:-1]:
            head, path = line.split("\t", 1)
            mode, _, oid = head.split(" ")
            entries[path] = Entry(mode, oid)
        return entries

    def _commit(
        self,
        snapshot: Snapshot,
        writes: Mapping[str, bytes | None],
        message: str,
        identity: Mapping[str, str] = IDENTITY,
    ) -> str:
        scratch = self.folder / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)  # a killed run's
        scratch.mkdir()
        index = {"GIT_INDEX_FILE": str(scratch / "index")}
        if snapshot.commit:
            self.git.run("read-tree", snapshot.commit, environment=index)
        lines = "".join(self._line(snapshot, path, new) for path, new in sorted(writes.items()))
        listing = lines.encode("utf-8", "surrogateescape")
        self.git.run("update-index", "-z", "--index-info", stdin=listing, environment=index)
        tree = self.text("write-tree", environment=index)
        parents = ["-p", snapshot.commit] if snapshot.commit else []
        return self.text(
            "commit-tree", tree, *parents, stdin=message.encode(), environment=identity
        )

    def _line(self, snapshot: Snapshot, path: str, content: bytes | None) -> str:
        """A line for ``git update-index --index-info``; mode 0 removes."""
        if content is None:
            return f"0 {'0' * 40}\t{path}\0"
        mode = snapshot.entries[path].mode if path in snapshot.entries else "100644"
        return f"{mode} {self.text('hash-object', '-w', '--stdin', stdin=content)}\t{path}\0"

    def text(
        self, *command: str, stdin: bytes = b"", environment: Mapping[str, str] | None = None
    ) -> str:
        """What a Git command prints on one line."""
        return self.git.run(*command, stdin=stdin, environment=environment).stdout.decode().strip()


def blob_id(content: bytes) -> str:
    """The id that Git gives to a file's content (of a SHA-1 repository)."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
