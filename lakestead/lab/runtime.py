"""containerd's images, by its own client."""

from __future__ import annotations

import subprocess
from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.lab.golang import go_program
from lakestead.lab.node import containerd_socket


def image_names() -> frozenset[str]:
    """References of the images that containerd has."""
    return frozenset(_ctr("images", "list", "--quiet").split())


def import_image(archive: Path) -> None:
    """Import an image archive and unpack it: left to the pods, each of them would, at once."""
    _ctr("images", "import", str(archive))


def _ctr(*arguments: str) -> str:
    done = subprocess.run(
        [
            str(go_program("containerd").program("ctr")),
            f"--address={containerd_socket()}",
            "--namespace=k8s.io",
            *arguments,
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise LakesteadError(
            f"`ctr {' '.join(arguments[:2])}` failed",
            found=done.stderr.strip(),
            do="lakestead lab logs containerd",
        )
    return done.stdout
