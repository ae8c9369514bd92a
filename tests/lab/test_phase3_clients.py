"""One table, four programs: Trino asked by Python and by its command line, pyiceberg, and Spark."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest

from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.rgw.key_secrets import user_secret
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from lakestead.spark.application import Job, reference
from lakestead.spark.follow import delete, follow, submit
from lakestead.trino.client import columns, connected, rows
from lakestead.trino.secrets import Login, login
from tests.lab.conftest import Lab

NAMESPACE = "data-platform"
# Every seventh comment is missing; a row that was deleted is in a file that also has others.
MAKE = """
CREATE TABLE lakehouse.{name} WITH (partitioning = ARRAY['status']) AS
SELECT o_orderkey AS id, o_totalprice AS price, o_orderdate AS day,
  CAST(o_orderdate AS timestamp(6)) + o_orderkey * INTERVAL '1' SECOND AS moment,
  o_orderstatus AS status, IF(o_orderkey % 7 = 0, NULL, o_comment) AS comment
FROM tpch.tiny.orders WHERE o_orderkey < 12000
"""
COMMAND_LINE = """
IFS= read -r TRINO_PASSWORD && export TRINO_PASSWORD && cat > /tmp/ca.pem &&
exec trino-cli --server https://trino:8443 --truststore-path /tmp/ca.pem --user lakestead --password \
  --output-format CSV_HEADER --execute "$1"
"""
Row = tuple[int, Decimal, date, datetime, str, str | None]


@pytest.fixture(scope="module", autouse=True)
def _applied(lab: Lab) -> None:
    lab.apply(1, 2, 3)


@pytest.fixture
def known(api: Api, settings: Settings) -> Login:
    found = login(api, settings)
    assert found is not None
    return found


@pytest.fixture
def name(settings: Settings, known: Login) -> Iterator[str]:
    """A table that Trino has made, and of which it has deleted rows."""
    assert settings.trino is not None
    url, table = settings.trino.url, f"{settings.iceberg.namespace}.clients"
    with connected(url, known) as trino:
        rows(trino, f"DROP TABLE IF EXISTS lakehouse.{table}", url)
        rows(trino, MAKE.format(name=table), url)
        rows(trino, f"DELETE FROM lakehouse.{table} WHERE id % 11 = 0", url)
        yield table
        rows(trino, f"DROP TABLE lakehouse.{table}", url)


def row(cells: Mapping[str, Any]) -> Row:
    """The same value from every program, whatever it writes it as."""
    return (
        int(cells["id"]),
        Decimal(cells["price"]),
        date.fromisoformat(str(cells["day"])),
        datetime.fromisoformat(str(cells["moment"])),
        str(cells["status"]),
        cells.get("comment") or None,
    )


def by_trino(settings: Settings, known: Login, table: str) -> list[Row]:
    assert settings.trino is not None
    with connected(settings.trino.url, known) as trino:
        names, found = columns(trino, f"SELECT * FROM lakehouse.{table}", settings.trino.url)
    return sorted(row(dict(zip(names, each, strict=True))) for each in found)


def by_the_command_line(api: Api, known: Login, table: str) -> list[Row]:
    coordinator = ObjectRef("apps/v1", "Deployment", "trino-coordinator", NAMESPACE)
    [pod] = workload_pods(api, api.get(coordinator) or {})
    question = f"SELECT * FROM lakehouse.{table}"
    done = api.exec(
        NAMESPACE,
        pod["metadata"]["name"],
        ["sh", "-c", COMMAND_LINE, "sh", question],
        stdin=f"{known.password}\n{known.authority}".encode(),
        timeout=120,
    )
    assert done.rc == 0, done.stderr.decode()
    return sorted(map(row, csv.DictReader(io.StringIO(done.stdout.decode()))))


def by_pyiceberg(api: Api, settings: Settings, table: str) -> tuple[list[Row], int]:
    """Its rows, and which snapshot they are of."""
    key = user_secret(settings.object_storage.user.secret).read(api)
    assert key is not None
    found = connect(settings.iceberg, settings.object_storage, key).load_table(table)
    snapshot = found.current_snapshot()
    assert snapshot is not None
    return sorted(map(row, found.scan().to_arrow().to_pylist())), snapshot.snapshot_id


def by_spark(api: Api, settings: Settings, table: str, snapshot: int) -> list[Row]:
    assert settings.spark is not None
    folder = f"{settings.spark.raw}-clients/{snapshot}"
    job = Job("test-read", "read.py", ("--table", table, "--folder", folder))
    try:
        follow(api, settings, submit(api, settings, job, print), print)
    finally:
        delete(api, reference(settings, job.name))
    where, session = urlsplit(folder), user_s3(api, settings.object_storage)
    assert session is not None
    s3, _ = session
    prefix = where.path.strip("/") + "/part-"
    pages = s3.pages("ListObjectsV2", Bucket=where.netloc, Prefix=prefix)
    keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
    files = [s3.call("GetObject", Bucket=where.netloc, Key=key)["Body"].read() for key in keys]
    return sorted(row(json.loads(line)) for file in files for line in file.splitlines())


def test_every_program_reads_the_same_rows(
    api: Api, settings: Settings, known: Login, name: str
) -> None:
    expected, snapshot = by_pyiceberg(api, settings, name)
    assert len(expected) == 2727
    assert by_trino(settings, known, name) == expected
    assert by_the_command_line(api, known, name) == expected
    assert by_spark(api, settings, name, snapshot) == expected
