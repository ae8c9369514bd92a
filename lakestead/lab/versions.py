"""The pinned versions, read from ``versions.toml``."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any


@functools.cache
def versions() -> dict[str, Any]:
    """The content of ``versions.toml``: tables ``go`` and ``image``, each by name."""
    return tomllib.loads(Path(__file__).with_name("versions.toml").read_text())
