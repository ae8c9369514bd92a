"""Where the lab keeps its things on this machine."""

from __future__ import annotations

import os
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def cache_dir() -> Path:
    """Folder of what was built or downloaded; may be deleted at any time.

    ``$LAKESTEAD_CACHE_DIR``, else ``lakestead`` in the XDG cache folder.
    """
    return _folder("LAKESTEAD_CACHE_DIR", "XDG_CACHE_HOME", ".cache", "lakestead")


def lab_dir() -> Path:
    """Folder of the lab's state and data; ``lakestead lab destroy`` removes it.

    ``$LAKESTEAD_LAB_DIR``, else ``lakestead/lab`` in the XDG data folder.
    """
    return _folder("LAKESTEAD_LAB_DIR", "XDG_DATA_HOME", ".local/share", "lakestead/lab")


def run_dir() -> Path:
    """Folder of sockets: short, since a Unix socket's path holds 107 bytes at most."""
    return Path("/run/lakestead")


def kubeconfig() -> Path:
    """The kubeconfig of the lab's administrator."""
    return lab_dir() / "kubeconfig"


def _folder(variable: str, xdg: str, fallback: str, name: str) -> Path:
    if own := os.environ.get(variable):
        return Path(own).expanduser().resolve()
    base = os.environ.get(xdg)
    return (Path(base) if base else Path.home() / fallback) / name
