"""A recovery: a backup restored beside the metastore's database, then given its name."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lakestead.backup import databases, jobs
from lakestead.backup.catalog import open_catalog
from lakestead.backup.settings import required
from lakestead.errors import LakesteadError
from lakestead.iceberg.failures import explained
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.readiness import wait_ready
from lakestead.kube.wait import wait_for
from lakestead.metastore.client import MetastoreError
from lakestead.metastore.client import databases as ask_metastore
from lakestead.metastore.deployment import deployment
from lakestead.plan.backup import Manifest, age_text
from lakestead.plan.roll_forward import Lost
from lakestead.settings import Settings

RESTARTED = "kubectl.kubernetes.io/restartedAt"


@dataclass(slots=True)
class Recovery:
    """One recovery; its steps are called in their order.

    + query: PostgreSQL's superuser
    + lost: what S3 has and the backup has not
    + roll_forward: whether to take that over
    """

    api: Api
    settings: Settings
    query: databases.Query
    manifest: Manifest
    lost: Sequence[Lost]
    roll_forward: bool
    say: Callable[[str], None]
    steps: list[tuple[str, float]] = field(default_factory=list)
    unread: dict[str, str] = field(default_factory=dict)
    taken_over: list[str] = field(default_factory=list)

    @property
    def database(self) -> str:
        """The metastore's."""
        return self.settings.metastore.database.name

    @property
    def copy(self) -> str:
        """What is restored into, before it gets the name."""
        return f"{self.database}_restore_{self.manifest.id.replace('-', '_')}"

    def restore(self) -> str:
        """Restore beside; nothing that is there is touched."""
        began = time.monotonic()
        jobs.remove_killed(self.api, self.settings)
        for name in databases.leftovers(self.query, f"{self.database}_restore_"):
            databases.drop(self.query, name)
        databases.create(self.query, self.copy, self.settings.metastore.database.role)
        job = jobs.restore_job(self.api, self.settings, self.manifest, self.copy, "recover")
        ref = ObjectRef.of(job)
        self._gone(ref)
        try:
            jobs.create(self.api, job)
            jobs.wait_done(self.api, ref, required(self.settings).timeout, self.say)
            found = databases.iceberg_tables(self.query, self.copy)
        except BaseException:
            jobs.remove_temporary(self.api, self.settings, "recover")
            databases.drop(self.query, self.copy)
            raise
        jobs.remove_temporary(self.api, self.settings, "recover")
        if found != self.manifest.iceberg:
            databases.drop(self.query, self.copy)
            raise LakesteadError(
                f"Backup {self.manifest.id} was restored, and has other tables than its manifest",
                found=f"{len(found)} tables",
                expected=f"{len(self.manifest.iceberg)}. Nothing that is there was touched",
                do="name another backup: --backup ID",
            )
        self._spent("restore beside the database", began)
        return f"{len(found)} tables restored into database {self.copy}"

    def swap(self, found: databases.Found, aside: str) -> str:
        """Give the restored database its name; from here on the metastore is on it."""
        began = time.monotonic()
        databases.swap(self.query, self.database, self.copy, aside, self.manifest.id, found)
        if found.there and not found.alive:
            databases.drop(self.query, aside)
        self._spent("give it the metastore's name", began)
        return f"database {self.database} is that of backup {self.manifest.id}"

    def restart(self) -> str:
        """Restart the metastores, and wait until all are new and one answers from here."""
        began = time.monotonic()
        section = self.settings.metastore
        ref = deployment(section)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        body = {"spec": {"template": {"metadata": {"annotations": {RESTARTED: at}}}}}
        self.api.patch(ref, body)

        def answers() -> tuple[bool, str]:
            try:
                ask_metastore(self.settings.iceberg.thrift)
            except MetastoreError as error:
                return False, error.found
            return True, ""

        self.say(f"{ref}: its new pods")
        wait_ready(self.api, [ref], section.timeout)
        wait_for("the metastore to answer", answers, section.timeout)
        self._spent("restart the metastores", began)
        return "the metastores are new and answer"

    def verify(self) -> str:
        """Ask the metastore for every table of the backup, and load each."""
        began = time.monotonic()
        catalog = open_catalog(self.api, self.settings, self.settings.iceberg)
        iceberg, s3 = self.settings.iceberg, self.settings.object_storage
        known = {table.name: table for table in databases.iceberg_tables(self.query, self.database)}
        for table in self.manifest.iceberg:
            restored = known.get(table.name)
            if restored is None:
                raise LakesteadError(
                    f"Table {table.name} is in the backup and not in the recovered database",
                    do="see the log of the metastore, and recover again",
                )
            try:
                with explained(f"load table {table.name}", iceberg, s3):
                    catalog.load_table(table.name).scan(limit=1).to_arrow()
            except LakesteadError as error:
                self.unread[table.name] = "; ".join(filter(None, (error.what, error.found)))
        if self.roll_forward:
            self._roll_forward(catalog)
        databases.finished(self.query, self.database, self.manifest.id)
        self._spent("ask for every table and read of each", began)
        good = len(self.manifest.iceberg) - len(self.unread)
        return f"{good} of {len(self.manifest.iceberg)} tables can be read"

    def report(self, overall: float) -> list[str]:
        """What was done and what was lost, as lines of Markdown.

        + overall: seconds
        """
        manifest, now = self.manifest, datetime.now(UTC)
        lines = [
            f"## Recovered database {self.database} from backup {manifest.id} in {overall:.1f} s",
            "",
            f"The backup was taken at {manifest.taken:%Y-%m-%d %H:%M:%S} UTC, "
            f"{age_text(now - manifest.taken)} before: {manifest.tables} tables, "
            f"{manifest.size} bytes, SHA-256 {manifest.sha256[:12]}….",
            "",
            "| step | seconds |",
            "| --- | --- |",
            *(f"| {name} | {seconds:.2f} |" for name, seconds in self.steps),
            "",
            "| table | metadata file of the backup | state |",
            "| --- | --- | --- |",
        ]
        lost = {item.table: item for item in self.lost}
        for table in manifest.iceberg:
            file = table.metadata_location.rpartition("/")[2]
            lines.append(f"| {table.name} | {file} | {self._state(table.name, lost)} |")
        for item in self.lost:
            if item.kind == "table":
                lines.append(f"| {item.table} | – | {self._state(item.table, lost)} |")
        left = [item for item in self.lost if item.table not in self.taken_over]
        lines.append("")
        if not left:
            lines.append("Nothing was lost." if not self.lost else "Nothing is lost any more.")
        else:
            lines.append(f"Lost: {len(left)} tables have more in S3 than the metastore knows.")
            if any(item.newest for item in left):
                lines.append(
                    f"To take it over: lakestead recover --backup {manifest.id} "
                    f"--overwrite {self.database} --roll-forward"
                )
        lines.append(
            "Not to be seen in S3, and not looked for: tables that are not Iceberg's, properties of "
            "databases, drops and renames made after the backup."
        )
        return lines

    def _state(self, name: str, lost: dict[str, Lost]) -> str:
        if name in self.taken_over:
            return f"rolled forward: {lost[name]}"
        if name in self.unread:
            return f"cannot be read: {self.unread[name]}"
        return f"LOST: {lost[name]}" if name in lost else "as in the backup, read"

    def _roll_forward(self, catalog: Any) -> None:
        iceberg, s3 = self.settings.iceberg, self.settings.object_storage
        for item in self.lost:
            if not item.newest:
                continue
            self.say(f"table {item.table}: {item}")
            with explained(f"roll table {item.table} forward", iceberg, s3):
                if item.kind == "table":
                    _register(catalog, item)
                else:
                    _point(catalog, item.table, item.newest)
                table = catalog.load_table(item.table)
                table.scan(limit=1).to_arrow()
            if table.metadata_location != item.newest:
                raise LakesteadError(
                    f"Table {item.table} was rolled forward, and is not where it should be",
                    found=table.metadata_location,
                    expected=item.newest,
                )
            self.taken_over.append(item.table)
            self.unread.pop(item.table, None)

    def _gone(self, ref: ObjectRef) -> None:
        wait_for(f"{ref} of before to be gone", lambda: (self.api.get(ref) is None, ""), 60)

    def _spent(self, step: str, began: float) -> None:
        self.steps.append((step, round(time.monotonic() - began, 2)))


def _register(catalog: Any, item: Lost) -> None:
    from pyiceberg.exceptions import NamespaceAlreadyExistsError, TableAlreadyExistsError

    namespace = item.table.partition(".")[0]
    if (namespace,) not in catalog.list_namespaces():
        location = item.newest.rpartition("/metadata/")[0].rpartition("/")[0]
        with suppress(NamespaceAlreadyExistsError):
            catalog.create_namespace(namespace, {"location": location})
    with suppress(TableAlreadyExistsError):  # a recovery that was broken off had registered it
        catalog.register_table(item.table, item.newest)


def _point(catalog: Any, name: str, location: str) -> None:
    """Let a table's entry in the metastore name another metadata file, as a commit would."""
    from hive_metastore.ttypes import EnvironmentContext

    database, _, table = name.partition(".")
    with catalog._client as client:
        entry = client.get_table(dbname=database, tbl_name=table)
        before = entry.parameters["metadata_location"]
        if before == location:
            return
        entry.parameters["metadata_location"] = location
        entry.parameters["previous_metadata_location"] = before
        client.alter_table_with_environment_context(
            dbname=database,
            tbl_name=table,
            new_tbl=entry,
            environment_context=EnvironmentContext(properties={"DO_NOT_UPDATE_STATS": "true"}),
        )
