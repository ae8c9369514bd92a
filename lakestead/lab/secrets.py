"""The lab's own passwords: random, made once, readable by the owner alone."""

from __future__ import annotations

import os
import secrets as random
import tempfile
from pathlib import Path

from lakestead.lab.paths import lab_dir


def path(name: str) -> Path:
    """File that holds the secret; exists once :func:`secret` was called."""
    return lab_dir() / "secrets" / name


def secret(name: str) -> str:
    """The secret of that name, made at the first call (32 characters, URL-safe)."""
    file = path(name)
    try:
        return file.read_text()
    except FileNotFoundError:
        pass
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    value = random.token_urlsafe(24)
    handle, temporary = tempfile.mkstemp(dir=file.parent)
    with os.fdopen(handle, "w") as out:
        out.write(value)
    try:
        os.link(temporary, file)  # fails if another process was first: then theirs counts
    except FileExistsError:
        return file.read_text()
    finally:
        os.unlink(temporary)
    return value
