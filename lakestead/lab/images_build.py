"""Building one image with buildah on a Debian base that mmdebstrap makes.

Every build has a container store of its own, inside the folder that the cache gives it, and runs in
mount and process namespaces of its own: a build that is killed leaves no mount, no process and no
half-written store that the next one would trust.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab.cache import Cache, Entry
from lakestead.lab.images_toolchain import volumes
from lakestead.lab.versions import versions

_BASE = "lakestead.local/base:latest"
_BASE_ARCHIVE = "base.tar"
_DPKG_OPTIONS = [
    "force-unsafe-io",  # a build that loses power is built again
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
]
_APT_OPTIONS = [
    'Acquire::Languages "none"',
    'APT::Install-Recommends "false"',
    # As Debian's own container images: what was downloaded does not stay in a layer.
    'Dir::Cache::pkgcache ""',
    'Dir::Cache::srcpkgcache ""',
    'DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; }',
]
_APT_FILE = "/etc/apt/apt.conf.d/99lakestead"
_ALONE = [
    "setpriv", "--pdeathsig", "KILL",
    "unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc",
]  # fmt: skip

Say = Callable[[str], None]


def base_recipe() -> str:
    """Everything that decides about the base image, but for the day on which it is made."""
    return json.dumps(_base_command())


def _base_command() -> list[str]:
    """The command that makes the base's root file system, but for the file that it writes."""
    described = versions()["base"]
    apt = "".join(f"{option};\n" for option in _APT_OPTIONS)
    return [
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(described['packages'])}",
        *(f"--dpkgopt={option}" for option in _DPKG_OPTIONS),
        f"--customize-hook=rm -f $1/var/cache/apt/*.bin; cat > $1{_APT_FILE} <<'END'\n{apt}END",
        described["suite"],
    ]


def build(
    archive: Path,
    *,
    reference: str,
    context: Path,
    args: dict[str, str],
    toolchain: str,
    progress: Say,
) -> None:
    """Build the Containerfile in ``context`` and write the image as an OCI archive.

    :raises LakesteadError: with the last lines of the build; its whole log stays beside the archive.
    """
    progress("waits for the base image")
    base = _ensure_base(progress)
    progress(f"building {reference}")
    store = _Store(archive.parent)
    arguments = {"BASE_IMAGE": _BASE, "BUILD_IMAGE": _BASE, **args}
    with store, tempfile.TemporaryDirectory(prefix="lakestead-toolchain-") as scratch:
        store.pull_base(base)
        store.buildah(
            "bud", "--isolation", "chroot", "--format", "oci", "--pull-never",
            *(f"--build-arg={name}={value}" for name, value in arguments.items()),
            *(f"--volume={volume}" for volume in volumes(toolchain, Path(scratch))),
            "--file", str(context / "Containerfile"), "--tag", reference, str(context),
        )  # fmt: skip
        progress(f"packing {reference}")
        store.push(reference, archive)


def _base_entry() -> Entry:
    return Cache().entry("image-base", versions()["base"]["suite"], base_recipe().encode())


def _ensure_base(progress: Say) -> Path:
    """The base image as an OCI archive."""
    entry = _base_entry()
    entry.ensure(lambda folder: _build_base(folder, progress))
    return entry.path / _BASE_ARCHIVE


def _build_base(folder: Path, progress: Say) -> None:
    progress(f"making the base image, Debian {versions()['base']['suite']}")
    tree = folder / "base.rootfs.tar"
    _run([*_ALONE, *_base_command(), str(tree)], log=folder / "build.log")
    with _Store(folder) as store, tempfile.TemporaryDirectory(dir=folder) as context:
        (Path(context) / "Containerfile").write_text(
            f'FROM scratch\nADD {tree.name} /\nCMD ["bash"]\n'
        )
        tree.rename(Path(context) / tree.name)
        store.buildah("bud", "--isolation", "chroot", "--tag", _BASE, context)
        store.push(_BASE, folder / _BASE_ARCHIVE)


class _Store:
    """A container store that lives as long as one build."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "store"
        self._log = folder / "build.log"
        self._driver = "overlay"

    def __enter__(self) -> _Store:
        self._folder.mkdir()
        self._driver = "overlay" if _overlay_works(self._folder) else "vfs"
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder)

    def pull_base(self, archive: Path) -> None:
        self.buildah("pull", "--quiet", f"oci-archive:{archive}")

    def push(self, reference: str, archive: Path) -> None:
        target = f"oci-archive:{archive}:{reference}"
        self.buildah("push", "--quiet", "--compression-format", "zstd", reference, target)

    def buildah(self, command: str, *arguments: str) -> None:
        where = [f"--root={self._folder / 'root'}", f"--runroot={self._folder / 'run'}"]
        _run(
            [*_ALONE, "buildah", *where, f"--storage-driver={self._driver}", command, *arguments],
            log=self._log,
        )


def _overlay_works(folder: Path) -> bool:
    """Whether the file system below a folder can carry an overlay."""
    parts = {name: folder / f"try-{name}" for name in ("lower", "upper", "work", "merged")}
    for part in parts.values():
        part.mkdir()
    options = f"lowerdir={parts['lower']},upperdir={parts['upper']},workdir={parts['work']}"
    mount = ["mount", "-t", "overlay", "overlay", "-o", options, str(parts["merged"])]
    done = subprocess.run(["unshare", "--mount", *mount], capture_output=True)
    for part in parts.values():
        shutil.rmtree(part)
    return done.returncode == 0


def _run(command: Sequence[str], *, log: Path) -> None:
    program = next(name for name in command if name in ("buildah", "mmdebstrap"))
    if missing := [name for name in ("setpriv", "unshare", program) if not shutil.which(name)]:
        raise LakesteadError(
            "images cannot be built on this machine",
            found=f"no `{missing[0]}` on PATH",
            do="install the packages buildah and mmdebstrap",
        )
    with log.open("ab") as output:
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment
        )
    if done.returncode != 0:
        lines = log.read_text(errors="replace").splitlines()
        raise LakesteadError(
            f"`{program}` failed with exit code {done.returncode}",
            where=str(log),
            found="\n".join(lines[-15:]),
            do="see the lines above; a download that broke off is tried again by the next run",
        )
