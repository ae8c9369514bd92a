"""The homelab repo as it would be after a commit, in a folder, as source-controller would pack it."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import normpath
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.gitops.repository import HomelabRepo, Snapshot
from lakestead.helm.manifests import documents

KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
# github.com/fluxcd/pkg/sourceignore: what no artifact has, and what it has not unless spec.ignore is set.
NEVER = (".git/", ".gitignore", ".gitmodules", ".gitattributes")
USUALLY_NOT = (
    "*.jpg", "*.jpeg", "*.gif", "*.png", "*.wmv", "*.flv", "*.tar.gz", "*.zip",
    ".github/", ".circleci/", ".travis.yml", ".gitlab-ci.yml", "appveyor.yml", ".drone.yml",
    "cloudbuild.yaml", "codeship-services.yml", "codeship-steps.yml",
    "**/.goreleaser.yml", "**/.sops.yaml", "**/.flux.yaml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tree:
    """All files of the homelab repo at one moment.

    + folder: where they are; read only
    + files: their paths
    """

    folder: Path
    files: frozenset[str]

    def text(self, path: str) -> str:
        """A file's text; what is no UTF-8 is replaced."""
        return (self.folder / path).read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True, slots=True)
class Trees:
    """The homelab repo before and after a commit.

    + changed: paths that the commit writes or deletes
    + scratch: a folder for what is made on the way; goes with the trees
    """

    before: Tree
    after: Tree
    changed: frozenset[str]
    scratch: Path

    def touched(self, path: str, *more: str) -> bool:
        """Whether the commit changes anything that is read when the folder ``path`` is built.

        + more: other paths, relative to ``path``, that are read too
        """
        places: set[str] = set()
        for place in (path, *(normpath(f"{path}/{item}") for item in more)):
            self._read_from(_clean(place), places)
        return any(_covers(place, file) for place in places for file in self.changed)

    def _read_from(self, folder: str, places: set[str]) -> None:
        """Add what kustomize reads in ``folder`` to ``places``; a folder ends in a slash."""
        kustomization = next((k for k in self._kustomizations(folder)), None)
        if kustomization is None:
            if f"{folder}/" in places:
                return
            places.add(f"{folder}/")
            beneath = [file for file in self._all() if _covers(f"{folder}/", file)]
            for file in beneath:
                inner, _, name = file.rpartition("/")
                if name in KUSTOMIZATIONS and inner != folder:
                    self._read_from(inner, places)
            return
        if kustomization in places:
            return
        places.add(kustomization)
        for text in self._texts(kustomization):
            for candidate in {text, text.partition("=")[2]} - {""}:
                place = _clean(normpath(f"{folder}/{candidate}"))
                if place in self.after.files or place in self.before.files:
                    places.add(place)
                elif any(_covers(f"{place}/", file) for file in self._all()):
                    self._read_from(place, places)

    def _kustomizations(self, folder: str) -> Iterator[str]:
        for tree in (self.after, self.before):
            for name in KUSTOMIZATIONS:
                if (path := _clean(f"{folder}/{name}")) in tree.files:
                    yield path

    def _texts(self, path: str) -> Iterator[str]:
        for tree in (self.after, self.before):
            if path in tree.files:
                try:
                    found = documents(tree.text(path), path)
                except LakesteadError:
                    continue
                yield from _scalars(found)

    def _all(self) -> frozenset[str]:
        return self.after.files | self.before.files


@contextmanager
def trees(
    repo: HomelabRepo,
    snapshot: Snapshot,
    writes: Mapping[str, bytes | None],
    ignore: str | None = None,
) -> Iterator[Trees]:
    """The files of ``snapshot``, and those with ``writes`` on top.

    + ignore: ``spec.ignore`` of the GitRepository
    """
    with tempfile.TemporaryDirectory(prefix="lakestead-preview-") as name:
        scratch = Path(name)
        before, after = scratch / "before", scratch / "after"
        repo.checkout(snapshot, before)
        shutil.copytree(before, after, symlinks=True, copy_function=_link)
        for path, content in writes.items():
            write(after / path, content)
        for folder in (before, after):
            for path in repo.ignored(folder, patterns(ignore), ".sourceignore"):
                (folder / path).unlink(missing_ok=True)
        changed = frozenset(writes)
        (scratch / "work").mkdir()
        yield Trees(_tree(before), _tree(after), changed, scratch / "work")


def write(file: Path, content: bytes | None) -> None:
    """Write or delete a file of a tree whose files other trees share."""
    file.unlink(missing_ok=True)
    if content is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def copy(tree: Tree, to: Path) -> None:
    """A copy of a tree in which files may be replaced by ``write``; costs no space."""
    shutil.copytree(tree.folder, to, symlinks=True, copy_function=_link)


def patterns(ignore: str | None) -> list[str]:
    """What source-controller leaves out of an artifact, as gitignore patterns."""
    return [*NEVER, *(USUALLY_NOT if ignore is None else ignore.splitlines())]


def _link(source: str, target: str) -> str:
    if os.path.islink(source):
        shutil.copy2(source, target, follow_symlinks=False)
    else:
        os.link(source, target)
    return target


def _tree(folder: Path) -> Tree:
    files = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return Tree(folder, frozenset(path.relative_to(folder).as_posix() for path in files))


def _covers(place: str, file: str) -> bool:
    return place == "./" or place == file or (place.endswith("/") and file.startswith(place))


def _clean(path: str) -> str:
    """A path from the repository's root: ``./a/b/`` is ``a/b``, the root itself is ``.``."""
    return str(PurePosixPath(normpath(path.lstrip("/") or ".")))


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _scalars(item)
    elif isinstance(value, list):
        for item in value:
            yield from _scalars(item)
    elif isinstance(value, str) and len(value) < 500 and not re.search(r"[\n:]", value):
        yield value
