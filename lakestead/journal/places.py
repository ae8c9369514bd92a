"""Where journals are: one folder a cluster, one file a run.

``RUN.open`` is a run that has no end yet, ``RUN.jsonl`` one that has. A run is named after the moment it
began, so that names sort by time.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path

OPEN, ENDED = ".open", ".jsonl"


def state_dir() -> Path:
    """Folder of all journals: ``$LAKESTEAD_STATE_DIR``, else ``lakestead`` in the XDG state folder."""
    if own := os.environ.get("LAKESTEAD_STATE_DIR"):
        return Path(own).expanduser() / "journal"
    base = os.environ.get("XDG_STATE_HOME")
    return (Path(base) if base else Path.home() / ".local/state") / "lakestead/journal"


def cluster_dir(cluster: str) -> Path:
    """Folder of one cluster's journals.

    + cluster: uid of its namespace ``kube-system``
    """
    return state_dir() / cluster


def new_run_id() -> str:
    """A name for a run: UTC time, milliseconds and a random end, ``20261121-145003-1274f``."""
    now = time.time()
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(now))
    return f"{moment}-{int(now * 1000) % 1000:03}{secrets.token_hex(1)}"


def journals(cluster: str) -> list[Path]:
    """All journals of a cluster, the newest first."""
    folder = cluster_dir(cluster)
    found = [path for path in folder.glob("*") if path.suffix in (OPEN, ENDED)]
    return sorted(found, key=lambda path: path.stem, reverse=True)


def any_open() -> bool:
    """Whether a journal of any cluster has no end; asks no cluster."""
    return next(state_dir().glob(f"*/*{OPEN}"), None) is not None
