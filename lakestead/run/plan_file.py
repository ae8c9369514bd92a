"""A plan on disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from lakestead.errors import LakesteadError, WrongUsage


def write(path: Path, text: str) -> None:
    """Write a plan so that there is the whole of it or none; only its owner may read it."""
    try:
        number, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise LakesteadError(
            "The plan cannot be written", where=str(path), found=error.strerror or str(error)
        ) from None


def read(path: Path) -> str:
    """The text of a plan file."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise WrongUsage(
            "The plan cannot be read",
            where=str(path),
            found=error.strerror or str(error),
            expected="a plan that lakestead plan -o wrote, or a deploy file: FILE.py",
        ) from None
