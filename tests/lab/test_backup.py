"""The metadata's backup on the lab: dumps, what is refused, the drill, and a database that was dropped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakestead.backup.jobs import TEMPORARY
from lakestead.backup.settings import writer_section
from lakestead.backup.store import Store, store
from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api
from lakestead.plan.backup import newest_first
from lakestead.rgw.failures import RgwError
from lakestead.rgw.key_secrets import user_secret
from lakestead.s3.client import S3
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from tests.lab.conftest import LAB_DIR, PROJECT, Lab, environment

if TYPE_CHECKING:
    from pyiceberg.catalog.hive import HiveCatalog

INVENTORY = "inventories/lab.py"
OBJECTIVE = "deploys/objectives/metadata_backup.py"
NAMESPACE = "data-platform"

Sql = Callable[..., str]


@pytest.fixture(scope="module")
def lake(lab: Lab) -> Lab:
    """The lab after phase 1 and the drill of objective 1.4."""
    for deploy in ("deploys/phase1.py", OBJECTIVE):
        done = lab.pyinfra(deploy, "-y")
        assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return lab


@pytest.fixture
def bucket(lake: Lab, settings: Settings) -> Store:
    found = store(lake.api(), settings)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def catalog(lake: Lab, settings: Settings) -> HiveCatalog:
    key = user_secret(settings.object_storage.user.secret).read(lake.api())
    assert key is not None
    return connect(settings.iceberg, settings.object_storage, key)


@pytest.fixture(scope="module")
def sql(lab: Lab) -> Sql:
    """Ask PostgreSQL as its superuser."""

    def ask(statement: str, database: str = "postgres", *, fails: bool = False) -> str:
        psql = ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement]
        result = lab.api().exec("databases", "postgresql-0", psql)
        said = (result.stdout + result.stderr).decode()
        assert (result.rc != 0) == fails, said
        return said.strip()

    return ask


def listed(lab: Lab) -> tuple[int, dict[str, Any]]:
    done = lab.lakestead("backups", "-i", INVENTORY, "--json", "--verify")
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def left_over(api: Api, sql: Sql) -> list[str]:
    """What a drill or a recovery has made and should have removed."""
    names = sql("SELECT datname FROM pg_database WHERE datname ~ '_(drill|restore)_'").split()
    for kind in (("batch/v1", "Job"), ("v1", "Pod")):
        found = api.list(*kind, NAMESPACE, label_selector=TEMPORARY)
        names += [
            item["metadata"]["name"]
            for item in found
            if not item["metadata"].get("deletionTimestamp")
        ]
    return names


def test_a_drill_has_passed_and_left_nothing_and_is_not_due_again(lake: Lab, sql: Sql) -> None:
    shown = lake.lakestead("backups", "-i", INVENTORY, "--drill")
    assert shown.returncode == 0, shown.stderr
    assert "lakestead.first_light: same, 5 rows read" in shown.stdout
    assert left_over(lake.api(), sql) == []

    again = lake.lakestead("plan", OBJECTIVE, "-i", INVENTORY, "--no-diff")
    assert again.returncode == 0, again.stdout + again.stderr

    code, document = listed(lake)
    assert code == 0
    [newest, *_] = document["backups"]
    assert (newest["checksum"], newest["faults"]) == ("good", [])


def test_the_writer_cannot_delete_and_the_reader_cannot_write(
    lake: Lab, settings: Settings, bucket: Store, sql: Sql
) -> None:
    found = user_s3(lake.api(), writer_section(settings))
    assert found is not None
    writer: S3 = found[0]
    name = bucket.bucket
    key = f"metastore/{newest_first(bucket.backups())[0].id}.dump"
    [version, *_] = bucket.s3.call("ListObjectVersions", Bucket=name, Prefix=key)["Versions"]
    refused: list[tuple[str, dict[str, Any]]] = [
        ("DeleteObject", {"Key": key}),
        ("DeleteObject", {"Key": key, "VersionId": version["VersionId"]}),
        ("ListObjectsV2", {}),
        ("PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": []}}),
        ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
        ("DeleteBucketPolicy", {}),
        ("DeleteBucket", {}),
    ]
    for operation, parameters in refused:
        with pytest.raises(RgwError) as caught:
            writer.call(operation, Bucket=name, **parameters)
        assert caught.value.status in (400, 403), operation
    with pytest.raises(RgwError):
        writer.call("CreateBucket", Bucket="of-the-writer")
    for statement in ('DELETE FROM "TBLS"', "CREATE TABLE mine (x int)"):
        said = sql(
            f"SET ROLE metastore_backup; SET default_transaction_read_only = off; {statement}",
            "metastore",
            fails=True,
        )
        assert "permission denied" in said


def test_what_is_damaged_is_refused_with_the_reason(lake: Lab, bucket: Store) -> None:
    """Each on a copy of a good backup under a name of its own, which is newer than that."""
    good = newest_first(bucket.backups())[0]
    assert good.manifest is not None

    def read(kind: str) -> bytes:
        answer = bucket.s3.call(
            "GetObject", Bucket=bucket.bucket, Key=f"metastore/{good.id}.{kind}"
        )
        return bytes(answer["Body"].read())

    dump, manifest = read("dump"), json.loads(read("json"))
    flipped = bytearray(dump)
    flipped[len(dump) // 2] ^= 1
    copies: dict[str, tuple[bytes, dict[str, Any] | None, str]] = {
        "flipped": (bytes(flipped), {}, "damaged: the dump's SHA-256"),
        "truncated": (dump[:-1], {}, "truncated"),
        "without": (dump, None, "no manifest"),
        "foreign": (dump, {"cluster": "another"}, "foreign: it is of cluster another"),
        "old": (dump, {"taken": "2020-01-01T00:00:00Z"}, "too old"),
    }
    try:
        for name, (content, changes, _) in copies.items():
            put(bucket, f"metastore/{name}.dump", content)
            if changes is not None:
                said = json.dumps({**manifest, "id": name, **changes}).encode()
                put(bucket, f"metastore/{name}.json", said)
        code, document = listed(lake)
        assert code == 0, "the good one is the newest that counts"
        faults = {item["id"]: " ".join(item["faults"]) for item in document["backups"]}
        for name, (_, _, reason) in copies.items():
            assert reason in faults[name]
            done = lake.lakestead("recover", "-i", INVENTORY, "--yes", "--backup", name)
            assert done.returncode == 4, done.stdout + done.stderr
            assert reason in done.stderr
    finally:
        for name in copies:
            for kind in ("dump", "json"):
                bucket.s3.call("DeleteObject", Bucket=bucket.bucket, Key=f"metastore/{name}.{kind}")


def put(bucket: Store, key: str, content: bytes) -> None:
    bucket.s3.call("PutObject", Bucket=bucket.bucket, Key=key, Body=content)


def killed_once(reached: Callable[[], bool], *arguments: str) -> None:
    """Run ``lakestead`` and kill it as soon as something holds."""
    run = subprocess.Popen(
        [str(Path(sys.executable).with_name("lakestead")), *arguments],
        cwd=PROJECT,
        env=environment(LAB_DIR),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 180
    while not reached():
        assert run.poll() is None, f"it ended before that, with exit code {run.returncode}"
        assert time.monotonic() < deadline
        time.sleep(0.2)
    run.send_signal(signal.SIGKILL)
    run.wait(60)
    assert run.returncode == -signal.SIGKILL


def rows(*values: int) -> Any:
    import pyarrow as pa

    return pa.table({"x": pa.array(values, pa.int64())})


@pytest.fixture(scope="module")
def tables(lake: Lab, catalog: HiveCatalog) -> Iterator[list[str]]:
    """Two tables with a row each, and the name of a third; what is left of them goes in the end."""
    names = ["lakestead.before", "lakestead.written", "lakestead.after"]

    def drop() -> None:
        for name in names:
            if catalog.table_exists(name):
                catalog.drop_table(name)

    drop()
    for name in names[:2]:
        catalog.create_table(name, schema=rows().schema).append(rows(1))
    yield names
    drop()


def test_a_killed_drill_is_cleaned_up_by_the_next(lake: Lab, tables: list[str], sql: Sql) -> None:
    api = lake.api()

    def metastore_starts() -> bool:
        return any("-drill-" in name for name in left_over(api, sql))

    killed_once(metastore_starts, "drill", "-i", INVENTORY, "--yes")
    assert metastore_starts()

    done = lake.lakestead("drill", "-i", INVENTORY, "--yes", "--lock-wait", "2m")

    assert done.returncode == 0, done.stdout + done.stderr
    for table in tables[:2]:
        assert f"{table}: same, 1 rows read" in done.stdout
    assert left_over(lake.api(), sql) == []


def test_a_dropped_database_is_recovered_and_what_was_lost_is_told_and_rolled_forward(
    lake: Lab, catalog: HiveCatalog, tables: list[str], sql: Sql
) -> None:
    """From the backup that the drill before has made."""
    before, written, after = tables
    catalog.load_table(written).append(rows(2))
    catalog.load_table(written).append(rows(3))
    catalog.create_table(after, schema=rows().schema).append(rows(7))

    alive = lake.lakestead("recover", "-i", INVENTORY, "--yes")
    assert alive.returncode == 4, alive.stdout + alive.stderr
    assert "--overwrite metastore" in alive.stderr

    sql("DROP DATABASE metastore WITH (FORCE)")
    planned = lake.lakestead("recover", "-i", INVENTORY, "--plan")
    assert planned.returncode == 3, planned.stdout + planned.stderr
    assert sql("SELECT count(*) FROM pg_database WHERE datname = 'metastore'") == "0"

    recovered = lake.lakestead("recover", "-i", INVENTORY, "--yes")

    assert recovered.returncode == 0, recovered.stdout + recovered.stderr
    assert "Recovered database metastore from backup" in recovered.stdout
    assert "LOST: 2 commits after the backup" in line(recovered.stdout, written)
    assert "LOST: made after the backup" in line(recovered.stdout, after)
    assert "as in the backup, read" in line(recovered.stdout, before)
    assert values(catalog, before) == values(catalog, written) == [1]
    assert not catalog.table_exists(after)
    assert left_over(lake.api(), sql) == []

    forward = ("recover", "-i", INVENTORY, "--yes", "--roll-forward")
    comment = (
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'metastore'"
    )
    killed_once(lambda: "not finished" in sql(comment), *forward, "--overwrite", "metastore")
    sql(
        "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM metastore_backup", "metastore"
    )  # as early as can be
    finished = lake.lakestead(*forward, "--lock-wait", "2m")

    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "recovered by a run that did not end" in finished.stdout
    assert values(catalog, written) == [1, 2, 3]
    assert values(catalog, after) == [7]
    [aside] = sql("SELECT datname FROM pg_database WHERE datname ~ '_before_'").split()
    sql(f"DROP DATABASE {aside}")

    again = lake.lakestead("plan", "deploys/phase1.py", "-i", INVENTORY, "--no-diff")
    assert again.returncode == 0, again.stdout + again.stderr


def line(text: str, table: str) -> str:
    [found] = [line for line in text.splitlines() if line.startswith(f"| {table} |")]
    return found


def values(catalog: HiveCatalog, table: str) -> list[int]:
    found = catalog.load_table(table).scan().to_arrow().to_pylist()
    return sorted(row["x"] for row in found)
