"""Which commits came after a backup, by the metadata files that Iceberg's clients left in S3.

Each metadata file names the one before it (``metadata-log``). A commit that failed leaves a file too,
which no later one names; of two that follow the same file only the one that was gone on from is certain.
Source: https://iceberg.apache.org/spec/#table-metadata-fields
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Kind = Literal["commits", "table", "ambiguous", "gone"]


@dataclass(frozen=True, slots=True)
class MetadataFile:
    """One metadata file of a table.

    + location: as a catalog names it
    + written: when S3 got it
    + uuid: the table's
    + previous: the metadata file before it; None for a table's first
    """

    location: str
    written: datetime
    uuid: str
    previous: str | None


@dataclass(frozen=True, slots=True)
class Lost:
    """A table of which S3 has more than a backup.

    + kind: ``commits`` after the backup; a ``table`` that the backup does not have; ``ambiguous``, more
      than one way to go on; ``gone``, the backup's own metadata file is not there any more
    + newest: the metadata file to go on from; "" where that is not certain
    + commits: how many
    + written: when the newest was
    """

    table: str
    kind: Kind
    newest: str = ""
    commits: int = 0
    written: datetime | None = None
    why: str = ""

    def __str__(self) -> str:
        when = f", the last at {self.written:%Y-%m-%d %H:%M:%S} UTC" if self.written else ""
        commits = f"{self.commits} commit{'' if self.commits == 1 else 's'}"
        match self.kind:
            case "commits":
                return f"{commits} after the backup{when}"
            case "table":
                return f"made after the backup, {commits}{when}"
            case "ambiguous":
                return f"commits after the backup{when}, but which were made is not certain: {self.why}"
            case "gone":
                return f"its metadata file of the backup is not in S3 any more: {self.why}"


def parse(location: str, written: datetime, metadata: Mapping[str, Any]) -> MetadataFile:
    """A metadata file by its content."""
    log = metadata.get("metadata-log") or []
    previous = log[-1]["metadata-file"] if log else None
    return MetadataFile(location, written, str(metadata.get("table-uuid")), previous)


def since(table: str, start: str, files: Sequence[MetadataFile]) -> Lost | None:
    """What came after metadata file ``start``; None where nothing did."""
    here = {_key(file.location): file for file in files}
    first = here.get(_key(start))
    if first is None:
        return Lost(table, "gone", why=start)
    same = [file for file in files if file.uuid == first.uuid]
    return _follow(table, "commits", first, same)


def made_since(table: str, files: Sequence[MetadataFile], taken: datetime) -> Lost | None:
    """A table that a backup does not have, if it was made after that; else it had been dropped before."""
    firsts = [file for file in files if file.previous is None]
    if not firsts or min(file.written for file in files) <= taken:
        return None
    if len(firsts) > 1:
        newest = max(file.written for file in files)
        why = f"{len(firsts)} tables have been made there"
        return Lost(table, "ambiguous", written=newest, why=why)
    followed = _follow(table, "table", firsts[0], files)
    if followed is None:
        return Lost(table, "table", firsts[0].location, 1, firsts[0].written)
    if followed.kind == "table":
        return Lost(table, "table", followed.newest, followed.commits + 1, followed.written)
    return followed


def _follow(
    table: str, kind: Kind, first: MetadataFile, files: Iterable[MetadataFile]
) -> Lost | None:
    after: dict[str, list[MetadataFile]] = {}
    for file in files:
        if file.previous is not None:
            after.setdefault(_key(file.previous), []).append(file)
    at, commits = first, 0
    while following := after.get(_key(at.location)):
        if len(following) > 1:
            gone_on = [file for file in following if _key(file.location) in after]
            if len(gone_on) != 1:
                names = ", ".join(sorted(file.location.rpartition("/")[2] for file in following))
                newest = max(file.written for file in following)
                return Lost(table, "ambiguous", "", commits, newest, f"{names} follow the same one")
            following = gone_on
        at, commits = following[0], commits + 1
    return Lost(table, kind, at.location, commits, at.written) if commits else None


def _key(location: str) -> str:
    """s3a://, s3n:// and s3:// name the same file."""
    return location.partition("://")[2]
