"""Backups: what their manifests say, which of them are good, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

SCHEMA = "lakestead.backup/v1"
FOLDER = "metastore/"
UNFINISHED = timedelta(hours=1)
"""So long a dump may be without its manifest: it is written last."""
AHEAD = timedelta(minutes=5)
"""So much another machine's clock may be ahead."""

Checksum = Literal["good", "bad", "not checked"]


class IcebergTable(BaseModel):
    """A table of the dump.

    + location: where its files lie
    + metadata_location: the metadata file that the catalog named then
    """

    model_config = ConfigDict(frozen=True)

    name: str
    location: str
    metadata_location: str


class Manifest(BaseModel):
    """What a backup says of itself; unknown keys of a later version are left alone.

    + cluster: uid of the namespace ``kube-system``
    + size: bytes of the dump
    + relations: tables of the database itself
    + databases, tables: of the metastore, Iceberg's and others
    """

    model_config = ConfigDict(frozen=True)

    schema_: Literal["lakestead.backup/v1"] = Field(alias="schema")
    id: Annotated[str, Field(pattern=r"^[0-9A-Za-z-]+$")]
    taken: datetime
    cluster: str
    database: str
    postgresql: str
    schema_version: str
    size: Annotated[int, Field(gt=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    relations: int
    databases: int
    tables: int
    iceberg: list[IcebergTable]

    @field_validator("taken")
    @classmethod
    def _aware(cls, value: datetime) -> datetime:
        if value.tzinfo is None:
            raise ValueError("a time with its zone")
        return value


@dataclass(frozen=True, slots=True)
class Stored:
    """A backup as the bucket has it.

    + written: when the last of its objects was
    + manifest: None where there is none, or none that can be read (``unreadable`` says why)
    + size: of the dump; None where it is not there
    + versions: how many different contents its objects have had
    + checksum: of the dump, compared with the manifest's
    """

    id: str
    written: datetime
    manifest: Manifest | None = None
    unreadable: str = ""
    size: int | None = None
    versions: int = 1
    checksum: Checksum = "not checked"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backup must be to be recovered from.

    + cluster, database: whose it must be
    + max_age: how old it may be; None is any age
    """

    cluster: str
    database: str
    max_age: timedelta | None


def parse_manifest(text: str | bytes) -> tuple[Manifest | None, str]:
    """The manifest, or why it is none."""
    try:
        return Manifest.model_validate_json(text), ""
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        return None, f"{place}: {first['msg']}" if place else first["msg"]


def faults(stored: Stored, wanted: Wanted, now: datetime) -> list[str]:
    """Why a backup must not be recovered from; empty where it is good as far as was looked."""
    manifest = stored.manifest
    if manifest is None:
        if stored.unreadable:
            return [f"its manifest cannot be read: {stored.unreadable}"]
        if now - stored.written < UNFINISHED:
            return ["it has no manifest yet: it is being written, or was broken off"]
        return ["it has no manifest: it was broken off, and nobody knows whether it is whole"]
    found = []
    if manifest.id != stored.id:
        found.append(f"foreign: its manifest is of backup {manifest.id}")
    if manifest.database != wanted.database:
        found.append(f"foreign: it is of database {manifest.database}, not of {wanted.database}")
    if manifest.cluster != wanted.cluster:
        found.append(f"foreign: it is of cluster {manifest.cluster}, not of {wanted.cluster}")
    if stored.size is None:
        found.append("its dump is not there")
    elif stored.size < manifest.size:
        found.append(f"truncated: the dump has {stored.size} of {manifest.size} bytes")
    elif stored.size > manifest.size:
        found.append(f"damaged: the dump has {stored.size} bytes, {manifest.size} were written")
    elif stored.checksum == "bad":
        found.append(f"damaged: the dump's SHA-256 is not {manifest.sha256[:12]}… any more")
    if stored.versions > 1:
        found.append(f"written over: its objects have had {stored.versions} contents")
    if manifest.taken - now > AHEAD:
        found.append(f"it was taken in the future: {manifest.taken:%Y-%m-%d %H:%M} UTC")
    elif wanted.max_age is not None and now - manifest.taken > wanted.max_age:
        limit = age_text(wanted.max_age)
        found.append(f"too old: {age_text(now - manifest.taken)}, the limit is {limit}")
    return found


def newest_first(backups: Iterable[Stored]) -> list[Stored]:
    """By the time at which they were taken; those that do not say when by when they were written."""
    return sorted(backups, key=_time, reverse=True)


def candidates(backups: Iterable[Stored], wanted: Wanted, now: datetime) -> list[Stored]:
    """Those that seem good, the newest first; what is not checked yet may prove otherwise."""
    return [item for item in newest_first(backups) if not faults(item, wanted, now)]


def checked(stored: Stored, sha256: str) -> Stored:
    """With the checksum that its dump was found to have."""
    good = stored.manifest is not None and stored.manifest.sha256 == sha256
    return replace(stored, checksum="good" if good else "bad")


def age_text(age: timedelta) -> str:
    """``5 min``, ``3 h``, ``12 d``: in the largest unit that leaves two."""
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"


def refused(backups: Sequence[Stored], wanted: Wanted, now: datetime, most: int = 10) -> str:
    """Each backup with its faults, the newest first."""
    lines = [
        f"{item.id}: {'; '.join(found)}"
        for item in newest_first(backups)
        if (found := faults(item, wanted, now))
    ]
    if len(lines) > most:
        lines = [*lines[:most], f"… and {len(lines) - most} older ones"]
    return "\n".join(lines)


def _time(stored: Stored) -> datetime:
    return stored.manifest.taken if stored.manifest else stored.written
