"""What was built, kept by name, version and recipe, and never trusted unread.

An entry is a folder ``<name>/<version>-<recipe>`` whose ``manifest.json`` lists every file with
its size and SHA-256. It is built in a folder beside it and renamed into place when complete, so an
interrupted build leaves nothing that looks finished; what was altered afterwards is built again.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lakestead.lab.paths import cache_dir

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One built thing in the cache."""

    path: Path

    def is_complete(self) -> bool:
        """Whether every file is there with the content that was built (reads all of it)."""
        try:
            manifest = json.loads((self.path / MANIFEST).read_text())
            return all(
                (self.path / name).stat().st_size == size and _sha256(self.path / name) == digest
                for name, (size, digest) in manifest.items()
            )
        except (OSError, ValueError):
            return False

    def ensure(self, build: Callable[[Path], None]) -> bool:
        """Build the entry unless it is complete.

        ``build`` fills the empty folder that it is given.

        :return: whether it had to be built.
        """
        with _lock(self.path.with_name(self.path.name + ".lock")):
            if self.is_complete():
                return False
            partial = self.path.with_name(self.path.name + ".partial")
            for leftover in (partial, self.path):
                shutil.rmtree(leftover, ignore_errors=True)
            partial.mkdir(parents=True)
            build(partial)
            _write_manifest(partial)
            partial.rename(self.path)
            return True


class Cache:
    """The cache folder of this user."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or cache_dir()

    def entry(self, name: str, version: str, recipe: bytes) -> Entry:
        """The entry for ``name`` at ``version``, built by ``recipe`` (all that decides about it)."""
        digest = hashlib.sha256(recipe).hexdigest()[:12]
        return Entry(self.root / name / f"{version}-{digest}")


def _write_manifest(folder: Path) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink())
    manifest = {
        str(file.relative_to(folder)): (file.stat().st_size, _sha256(file)) for file in files
    }
    with (folder / MANIFEST).open("w") as out:
        json.dump(manifest, out, indent=1)
        out.flush()
        os.fsync(out.fileno())


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


@contextmanager
def _lock(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
