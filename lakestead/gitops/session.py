"""The homelab repo that a pyinfra host's settings name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lakestead.gitops.git import Credential
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.session import api
from lakestead.settings import Settings
from lakestead.settings.secret import resolve

if TYPE_CHECKING:
    from pyinfra.api.host import Host

_repos: dict[tuple[str, str], HomelabRepo] = {}


def homelab(host: Host) -> HomelabRepo:
    """One HomelabRepo per URL and branch, shared by all hosts of this run."""
    settings = Settings.of(host).gitops
    key = (settings.url, settings.branch)
    if key not in _repos:
        credential = None
        if settings.username and settings.password:
            password = resolve(settings.password, api(host) if settings.password.secret else None)
            credential = Credential(settings.username, password)
        _repos[key] = HomelabRepo(*key, cache_dir(), credential)
    return _repos[key]


def cache_dir() -> Path:
    """Folder of the cache clones; ``$LAKESTEAD_CACHE_DIR``, else the XDG cache folder."""
    if own := os.environ.get("LAKESTEAD_CACHE_DIR"):
        return Path(own).expanduser() / "homelab"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lakestead/homelab"
