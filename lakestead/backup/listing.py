"""``lakestead backups``: the backups as a table or as JSON, and the last drill."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import click
from pydantic import BaseModel, ConfigDict, Field

from lakestead.backup.choice import newest_gate, utc_now, wanted
from lakestead.backup.settings import owner_section
from lakestead.backup.store import store
from lakestead.gates.gate import Answer, Gate
from lakestead.kube.session import api
from lakestead.plan.backup import Checksum, Stored, Wanted, age_text, faults, newest_first
from lakestead.plan.table import table
from lakestead.settings import Settings

if TYPE_CHECKING:
    from pyinfra.api.host import Host


def show(host: Host, settings: Settings, *, verify: bool, newest: bool, as_json: bool) -> bool:
    """Print them; whether the newest good one is young enough."""
    cluster, now = api(host), utc_now()
    bucket = store(cluster, settings)
    want = wanted(cluster, settings)
    gate, found = newest_gate(bucket, want, now, owner_section(settings).user.secret)
    if newest:
        click.echo(f"{gate.answer}: {gate.saw}")
        return gate.answer == "pass"
    if verify and bucket is not None:
        found = [
            bucket.verified(item) if item.checksum == "not checked" else item for item in found
        ]
    if as_json:
        click.echo(document(found, want, gate, now))
    else:
        click.echo(text(found, want, now))
        click.echo(f"\n{gate.name}: {gate.answer}; {gate.saw}")
        if gate.do:
            click.echo(f"  do: {gate.do}")
    return gate.answer == "pass"


def show_drill(host: Host, settings: Settings) -> bool:
    """Print the last drill that passed; whether there is one."""
    bucket = store(api(host), settings)
    drills = bucket.drills() if bucket else []
    if not drills:
        click.echo("No drill has passed yet: lakestead drill")
        return False
    click.echo(drill_text(drills[0], utc_now()))
    return True


def drill_text(drill: dict[str, Any], now: datetime) -> str:
    """A drill's note for a person."""
    age = age_text(now - datetime.fromisoformat(drill["ended"]))
    overall = sum(step["seconds"] for step in drill["steps"])
    lines = [f"{drill['result']} {age} ago in {overall:.1f} s, with backup {drill['backup']}"]
    lines += [f"  {step['seconds']:>6.2f} s  {step['name']}" for step in drill["steps"]]
    lines += [
        f"  {item['name']}: {item['verdict']}, {item['rows_read']} rows read"
        for item in drill["tables"]
    ]
    return "\n".join(lines)


def text(backups: list[Stored], want: Wanted, now: datetime) -> str:
    """The backups as a table, the newest first."""
    if not backups:
        return "There is no backup."
    rows = []
    for item in newest_first(backups):
        manifest = item.manifest
        age = age_text(now - (manifest.taken if manifest else item.written))
        size = str(item.size) if item.size is not None else "–"
        tables = f"{manifest.tables} ({len(manifest.iceberg)} Iceberg)" if manifest else "–"
        state = "; ".join(faults(item, want, now)) or "good"
        rows.append((item.id, age, size, item.checksum, tables, state))
    return table(("Backup", "Age", "Bytes", "SHA-256", "Tables", "State"), rows)


class BackupDocument(BaseModel):
    """One backup.

    + taken, sha256, tables, iceberg: of its manifest; null where it has none
    + faults: why it is not recovered from; empty where it is good as far as was looked
    """

    id: str
    taken: datetime | None
    size: int | None
    sha256: str | None
    checksum: Checksum
    tables: int | None
    iceberg: int | None
    faults: list[str]


class NewestDocument(BaseModel):
    """The gate on the newest good one."""

    answer: Answer
    saw: str


class BackupsDocument(BaseModel):
    """``lakestead backups --json``; the newest first."""

    model_config = ConfigDict(populate_by_name=True)

    schema_: Literal["lakestead.backups/v1"] = Field(default="lakestead.backups/v1", alias="schema")
    newest: NewestDocument
    backups: list[BackupDocument]


def document(backups: list[Stored], want: Wanted, gate: Gate, now: datetime) -> str:
    """The same for a program."""
    found = BackupsDocument(
        newest=NewestDocument(answer=gate.answer, saw=gate.saw),
        backups=[_entry(item, want, now) for item in newest_first(backups)],
    )
    return found.model_dump_json(by_alias=True, indent=2)


def _entry(item: Stored, want: Wanted, now: datetime) -> BackupDocument:
    manifest = item.manifest
    return BackupDocument(
        id=item.id,
        taken=manifest.taken if manifest else None,
        size=item.size,
        sha256=manifest.sha256 if manifest else None,
        checksum=item.checksum,
        tables=manifest.tables if manifest else None,
        iceberg=len(manifest.iceberg) if manifest else None,
        faults=faults(item, want, now),
    )
