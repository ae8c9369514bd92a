"""Times that are kept on disk while others are still measured."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from lakestead.errors import WrongUsage
from lakestead.report.queries import QueriesDocument


def write(file: Path, text: str) -> None:
    """The whole file or the old one; what is no file (a device, a pipe) is written to, not replaced."""
    if file.exists() and not file.is_file():
        file.write_text(text, encoding="utf-8")
        return
    file = file.resolve()  # a link stays one
    new = file.with_name(f".{file.name}.new")
    new.write_text(text, encoding="utf-8")
    os.replace(new, file)


def read(file: Path, now: QueriesDocument) -> QueriesDocument | None:
    """What an earlier run has kept; None where there is no such file.

    Raises WrongUsage where the file is something else, or of other tables or servers: it would be written over.

    + now: of this run
    """
    try:
        before = QueriesDocument.model_validate_json(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, ValidationError) as error:
        raise WrongUsage(
            "The file for the times is there, and holds something else",
            where=str(file),
            found=str(error).splitlines()[0],
            expected="nothing, or what lakestead queries --keep wrote there",
            do="name another file",
        ) from None
    if before.subject != now.subject:
        raise WrongUsage(
            "The file for the times has some of other tables or servers",
            where=str(file),
            found=before.subject,
            expected=now.subject,
            do="name another file, or move this one away",
        )
    return before
