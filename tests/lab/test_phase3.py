"""Phase 3 on the lab: Trino answers whom it should, from every worker, and as other programs read."""

from __future__ import annotations

import runpy
from typing import Any

import pyarrow as pa
import pytest

from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from lakestead.trino.client import TrinoError, connected, rows, who
from lakestead.trino.compare import differences
from lakestead.trino.secrets import Login, login
from tests.lab.conftest import PROJECT, Lab

NAMESPACE = "data-platform"


def deployment(name: str) -> ObjectRef:
    return ObjectRef("apps/v1", "Deployment", name, NAMESPACE)


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT / "group_data/lab.py"))


@pytest.fixture(scope="module")
def settings(data: dict[str, Any]) -> Settings:
    return Settings.load({n: data[n] for n in Settings.model_fields if n in data}, Sources())


@pytest.fixture(scope="module", autouse=True)
def phase_3(lab: Lab) -> None:
    """Phases 1 and 3 have been applied."""
    for phase in (1, 3):
        done = lab.pyinfra(f"deploys/phase{phase}.py", "-y", timeout=1800)
        assert done.returncode == 0, done.stderr[-6000:]


@pytest.fixture
def known(api: Api, settings: Settings) -> Login:
    found = login(api, settings)
    assert found is not None
    return found


@pytest.fixture
def url(settings: Settings) -> str:
    assert settings.trino is not None
    return settings.trino.url


def test_a_second_run_changes_nothing(lab: Lab) -> None:
    planned = lab.lakestead("plan", "deploys/phase3.py", "-i", "inventories/lab.py")
    assert planned.returncode == 0, planned.stdout[-3000:] + planned.stderr[-3000:]


def test_trino_knows_a_user_by_the_password_and_nobody_without_tls(
    api: Api, known: Login, url: str
) -> None:
    with connected(url, known) as trino:
        assert who(trino, url) == "lakestead"
    wrong = Login(known.username, "wrong", known.authority)
    with pytest.raises(TrinoError, match="401"), connected(url, wrong, attempts=1) as trino:
        who(trino, url)
    [pod] = workload_pods(api, api.get(deployment("trino-coordinator")) or {})
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    command += ["--header", "X-Trino-User: lakestead", "--data", "SELECT 1"]
    command += ["http://127.0.0.1:8080/v1/statement"]
    done = api.exec(NAMESPACE, pod["metadata"]["name"], command)
    assert done.stdout.decode() == "403"


def test_what_trino_writes_pyiceberg_reads_and_the_other_way_round(
    api: Api, settings: Settings, known: Login, url: str
) -> None:
    key = user_secret(settings.object_storage.user.secret).read(api)
    assert key is not None
    catalog = connect(settings.iceberg, settings.object_storage, key)
    name = f"{settings.iceberg.namespace}.both"
    with connected(url, known) as trino:
        rows(trino, f"DROP TABLE IF EXISTS lakehouse.{name}", url)
        rows(
            trino,
            f"CREATE TABLE lakehouse.{name} WITH (partitioning = ARRAY['status']) AS"
            " SELECT o_orderkey AS id, o_totalprice AS price, o_orderdate AS at,"
            " o_orderstatus AS status, o_comment AS comment FROM tpch.tiny.orders",
            url,
        )
        table = catalog.load_table(name)
        read = table.scan().to_arrow()
        assert read.num_rows == 15000
        assert differences(trino, f"lakehouse.{name}", read, url) == ""
        table.append(read.slice(0, 10).set_column(0, "id", pa.array(range(-10, 0), pa.int64())))
        everything = catalog.load_table(name).scan().to_arrow()
        assert everything.num_rows == 15010
        assert differences(trino, f"lakehouse.{name}", everything, url) == ""
        rows(trino, f"DROP TABLE lakehouse.{name}", url)
