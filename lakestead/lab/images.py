"""The lab's container images: one folder ``images/<component>`` each, built once and cached.

An image's name is decided by all that goes into it, so that it is known without a build and so
that a changed recipe is another image. It is kept as an OCI archive whose layers are compressed
with Zstandard, which imports faster than gzip or no compression.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab import images_build
from lakestead.lab.cache import Cache, Entry
from lakestead.lab.paths import PROJECT
from lakestead.lab.versions import versions

REGISTRY = "lakestead.local"
"""First part of every image's name. No such host exists: nothing is ever pulled."""

_ARCHIVE = "image.tar"


@dataclass(frozen=True, slots=True)
class Image:
    """One image, as ``[image.<component>]`` in ``versions.toml`` describes it.

    :param version: of the program inside; the build sees it as ``VERSION``.
    :param args: further build arguments.
    :param toolchain: what the build borrows from this machine: see :mod:`.images_toolchain`.
    :param phase: the first one that runs it.
    """

    component: str
    version: str
    args: dict[str, str] = field(default_factory=dict)
    toolchain: str = ""
    phase: int = 1

    @property
    def folder(self) -> Path:
        """Folder with the Containerfile and what it copies."""
        return PROJECT / "images" / self.component

    def recipe(self) -> bytes:
        """Everything that decides about the image's content."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file())
        if not (self.folder / "Containerfile").exists():
            raise LakesteadError(
                f"there is no recipe for image {self.component}",
                where=str(self.folder),
                expected="a Containerfile",
            )
        return json.dumps(
            [
                images_build.base_recipe(),
                self.version,
                self.args,
                [[str(f.relative_to(self.folder)), f.read_bytes().decode()] for f in files],
            ]
        ).encode()

    def entry(self) -> Entry:
        """Where it is in the cache."""
        return Cache().entry(f"image-{self.component}", self.version, self.recipe())

    def reference(self) -> str:
        """Full name with the tag."""
        recipe = self.entry().path.name.rpartition("-")[2]
        return f"{REGISTRY}/{self.component}:{self.version}-{recipe[:8]}"


PHASES = 3
"""Phases that the lab has images for."""


def components(phase: int = PHASES) -> tuple[str, ...]:
    """The images that phases up to this one run, in the order in which they are best built."""
    found = versions().get("image", {})
    return tuple(name for name, about in found.items() if about.get("phase", 1) <= phase)


@functools.cache
def reference(component: str) -> str:
    """The image's full name; known without a build.

    :raises LakesteadError: if there is no such component.
    """
    return _image(component).reference()


def compiles(component: str) -> bool:
    """Whether the build keeps the processor busy (a compiler), not the network."""
    return "go" in _image(component).toolchain.split("+")


def entry(component: str) -> Entry:
    """Where the image is in the cache, or will be."""
    return _image(component).entry()


def archive(component: str) -> Path:
    """The OCI archive that :func:`ensure` leaves."""
    return entry(component).path / _ARCHIVE


def ensure(component: str, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Build the image unless it is in the cache, complete and undamaged.

    May run in several threads and processes at once.

    :param progress: is told what is being done.
    :return: the OCI archive.
    :raises LakesteadError: with the build's last lines.
    """
    image = _image(component)

    def build(folder: Path) -> None:
        images_build.build(
            folder / _ARCHIVE,
            reference=image.reference(),
            context=image.folder,
            args={"VERSION": image.version, **image.args},
            toolchain=image.toolchain,
            progress=progress,
        )

    image.entry().ensure(build)
    return archive(component)


def _image(component: str) -> Image:
    described = versions().get("image", {}).get(component)
    if described is None:
        raise LakesteadError(
            f"the lab has no image called {component}",
            where="lakestead/lab/versions.toml",
            expected=", ".join(components()),
        )
    return Image(component, **described)
