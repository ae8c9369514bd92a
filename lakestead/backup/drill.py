"""A drill: back up, restore into a fresh database, start a metastore on it, compare and read."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lakestead.backup import databases, jobs
from lakestead.backup.catalog import open_catalog
from lakestead.backup.settings import required
from lakestead.backup.store import Store
from lakestead.errors import LakesteadError
from lakestead.iceberg.failures import explained
from lakestead.kube.client import Api
from lakestead.kube.identity import cluster_uid
from lakestead.kube.port_forward import port_forward
from lakestead.plan.backup import Manifest, Stored, Wanted, faults
from lakestead.plan.drill import DROPPED, Compared, compare
from lakestead.settings import Settings

ROWS = 100
"""So many rows of each table are read."""
THRIFT = 9083


@dataclass(slots=True)
class Drill:
    """One drill.

    + query: PostgreSQL's superuser
    + kubectl: the program, which forwards the port of the second metastore
    + say: is told what is waited for
    """

    api: Api
    settings: Settings
    store: Store
    query: databases.Query
    kubectl: str
    say: Callable[[str], None]
    steps: list[tuple[str, float]] = field(default_factory=list)

    @property
    def prefix(self) -> str:
        """Of the names of databases that drills make."""
        return f"{self.settings.metastore.database.name}_drill_"

    def run(self) -> str:
        """All of it; what it made is removed, however it ends, and what a killed one left before.

        Raises LakesteadError where anything is not as the backup says.
        """
        began = datetime.now(UTC)
        self.remove()
        backup = began.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3)
        try:
            with self._step("back up"):
                stored = self._back_up(backup)
            assert stored.manifest is not None
            with self._step("restore into a fresh database"):
                database = self._restore(stored.manifest)
            with self._step("start a metastore on it"):
                pod = self._start(database, backup)
            with self._forwarded(pod) as port:
                with self._step("compare every table"):
                    compared = self._compare(stored.manifest, port)
                with self._step("read every table"):
                    rows = self._read(compared, port)
        finally:
            with self._step("remove what it made"):
                self.remove()
        self.store.note_drill(self._note(backup, began, stored.manifest, compared, rows))
        seconds = sum(spent for _, spent in self.steps)
        return f"backup {backup} restored and compared in {seconds:.1f} s: {len(compared)} tables"

    def remove(self) -> None:
        """Remove what drills have made: Jobs with their pods, databases."""
        for name in jobs.remove_temporary(self.api, self.settings, "drill"):
            self.say(f"{name} of a drill is removed")
        for name in databases.leftovers(self.query, self.prefix):
            databases.drop(self.query, name)

    def _back_up(self, backup: str) -> Stored:
        timeout = required(self.settings).timeout
        ref = jobs.create(self.api, jobs.backup_job(self.api, self.settings, backup))
        jobs.wait_done(self.api, ref, timeout, self.say)
        found = [item for item in self.store.backups() if item.id == backup]
        if not found:
            raise LakesteadError(
                f"{ref} is complete, and backup {backup} is not in the bucket",
                where=str(self.store),
                do="do the Job and the workstation use the same object gateway? "
                "object_storage.cluster_endpoint and object_storage.endpoint",
            )
        stored = self.store.verified(found[0])
        wanted = Wanted(cluster_uid(self.api), self.settings.metastore.database.name, None)
        if wrong := faults(stored, wanted, datetime.now(UTC)):
            raise LakesteadError(
                f"Backup {backup} was made just now, and is not good",
                where=str(self.store),
                found="\n".join(wrong),
            )
        return stored

    def _restore(self, manifest: Manifest) -> str:
        section = self.settings.metastore.database
        database = self.prefix + manifest.id.replace("-", "_")
        databases.create(self.query, database, section.role)
        job = jobs.restore_job(self.api, self.settings, manifest, database, "drill")
        ref = jobs.create(self.api, job)
        jobs.wait_done(self.api, ref, required(self.settings).timeout, self.say)
        return database

    def _start(self, database: str, backup: str) -> str:
        section = required(self.settings)
        name = f"{self.settings.metastore.release}-drill-{backup}"
        job = jobs.metastore_job(self.api, self.settings, name, database, section.drill_memory)
        ref = jobs.create(self.api, job)
        return jobs.ready_pod_of(self.api, ref, self.settings.metastore.timeout, self.say)

    @contextmanager
    def _forwarded(self, pod: str) -> Iterator[int]:
        namespace = self.settings.metastore.namespace
        with port_forward(self.api.access, self.kubectl, namespace, pod, THRIFT) as port:
            yield port

    def _iceberg(self, port: int) -> Any:
        return self.settings.iceberg.model_copy(update={"thrift": f"thrift://127.0.0.1:{port}"})

    def _compare(self, manifest: Manifest, port: int) -> list[Compared]:
        catalog, restored = open_catalog(self.api, self.settings, self._iceberg(port)), {}
        with explained(
            "list the restored tables", self._iceberg(port), self.settings.object_storage
        ):
            for namespace in catalog.list_namespaces():
                for name in catalog.list_tables(namespace):
                    table = catalog.load_table(name)
                    restored[".".join(name)] = table.metadata_location
        name = self.settings.metastore.database.name
        now = databases.iceberg_tables(self.query, name)
        live = {table.name: table.metadata_location for table in now}
        compared = compare(manifest.iceberg, restored, live)
        if bad := [item for item in compared if not item.good]:
            raise LakesteadError(
                f"{len(bad)} of {len(compared)} tables are restored otherwise than the backup says",
                found="\n".join(
                    f"{item.name}: {item.verdict}, {item.restored or 'not there'}" for item in bad
                ),
                expected="\n".join(f"{item.name}: {item.backup}" for item in bad),
                do="do not rely on this backup; see the log of the restore, and report this",
            )
        return compared

    def _read(self, compared: list[Compared], port: int) -> dict[str, int]:
        catalog, rows = open_catalog(self.api, self.settings, self._iceberg(port)), {}
        for table in compared:
            if table.verdict == DROPPED:  # with its files
                continue
            with explained(
                f"read table {table.name} through the restored metastore",
                self._iceberg(port),
                self.settings.object_storage,
            ):
                scan = catalog.load_table(table.name).scan(limit=ROWS)
                rows[table.name] = scan.to_arrow().num_rows
        return rows

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        self.say(name)
        began = time.monotonic()
        try:
            yield
        finally:
            self.steps.append((name, round(time.monotonic() - began, 2)))

    def _note(
        self,
        backup: str,
        began: datetime,
        manifest: Manifest,
        compared: list[Compared],
        rows: dict[str, int],
    ) -> dict[str, Any]:
        return {
            "schema": "lakestead.drill/v1",
            "result": "passed",
            "backup": backup,
            "began": began.isoformat(timespec="seconds"),
            "ended": datetime.now(UTC).isoformat(timespec="seconds"),
            "size": manifest.size,
            "steps": [{"name": name, "seconds": seconds} for name, seconds in self.steps],
            "tables": [
                {
                    "name": item.name,
                    "verdict": item.verdict,
                    "metadata_location": item.backup,
                    "rows_read": rows.get(item.name, 0),
                }
                for item in compared
            ],
        }
