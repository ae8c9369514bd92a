"""Phase 3 on the lab: Trino answers whom it should, from every worker, and as other programs read."""

from __future__ import annotations

import json
import re
import runpy
import threading
from typing import Any

import pyarrow as pa
import pytest

from lakestead.iceberg.catalog import connect
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import workload_pods
from lakestead.kube.wait import wait_for
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.tpch.measure import SELECTIVE
from lakestead.trino.client import TrinoError, connected, rows, servers, who
from lakestead.trino.compare import differences
from lakestead.trino.secrets import Login, login
from tests.lab.conftest import PROJECT, Lab

NAMESPACE = "data-platform"
LOST = "REMOTE_|PAGE_TRANSPORT_|NO_NODES_AVAILABLE|TOO_MANY_REQUESTS_FAILED"
LONG = """
SELECT count(*) FROM tpch.sf1.lineitem a JOIN tpch.sf1.orders b ON a.l_orderkey = b.o_orderkey
WHERE a.l_comment LIKE '%express%'
"""


def deployment(name: str) -> ObjectRef:
    return ObjectRef("apps/v1", "Deployment", name, NAMESPACE)


@pytest.fixture(scope="module")
def data() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT / "group_data/lab.py"))


@pytest.fixture(scope="module", autouse=True)
def phase_3(lab: Lab) -> None:
    """All phases have been applied."""
    done = lab.lakestead("lab", "add", "airflow")
    assert done.returncode == 0, done.stderr
    for phase in (1, 2, 3):
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


@pytest.mark.parametrize("user", ["<internal>", "lakestead"])
def test_a_worker_takes_no_order_without_the_shared_secret(api: Api, user: str) -> None:
    [pod] = workload_pods(api, api.get(deployment("trino-worker")) or {})
    command = ["curl", "--silent", "--output", "/dev/null", "--write-out", "%{http_code}"]
    command += ["--request", "PUT", "--header", f"X-Trino-User: {user}"]
    command += ["--header", "Content-Type: application/json", "--data", '"SHUTTING_DOWN"']
    command += ["http://127.0.0.1:8080/v1/info/state"]
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


class Asked(threading.Thread):
    """A long query, and what came of it."""

    def __init__(self, url: str, known: Login) -> None:
        super().__init__(daemon=True)
        self.url, self.known = url, known
        self.answer: list[tuple[Any, ...]] = []
        self.error = ""
        self.start()

    def run(self) -> None:
        try:
            with connected(self.url, self.known) as trino:
                self.answer = rows(trino, LONG, self.url)
        except TrinoError as error:
            self.error = error.found


def busy(trino: Any, url: str) -> int:
    """On how many workers the long query runs."""
    [[number]] = rows(
        trino,
        "SELECT count(DISTINCT t.node_id) FROM system.runtime.tasks t"
        " JOIN system.runtime.queries q ON q.query_id = t.query_id"
        " JOIN system.runtime.nodes n ON n.node_id = t.node_id"
        " WHERE q.state = 'RUNNING' AND t.state = 'RUNNING' AND NOT n.coordinator"
        " AND q.query LIKE '%sf1.lineitem%' AND q.query NOT LIKE '%runtime%'",
        url,
    )
    return int(number)


@pytest.mark.slow
def test_a_worker_killed_at_work_fails_its_query_alone(
    lab: Lab, api: Api, known: Login, url: str
) -> None:
    asked = Asked(url, known)
    with connected(url, known) as trino:
        wait_for("the worker to be busy", lambda: (busy(trino, url) == 1, ""), 120, 0.2)
        [pod] = workload_pods(api, api.get(deployment("trino-worker")) or {})
        name = pod["metadata"]["name"]
        kill = ("delete", "pod", name, "--namespace", NAMESPACE, "--force", "--grace-period=0")
        assert lab.lakestead("lab", "kubectl", *kill).returncode == 0
        asked.join(400)
        assert re.match(LOST, asked.error), asked.error

    def answers() -> tuple[bool, str]:
        try:
            with connected(url, known) as trino:
                return bool(rows(trino, LONG.replace("sf1", "tiny"), url)), ""
        except TrinoError as error:
            return False, error.found

    wait_for("another worker to answer", answers, 240, 1)


@pytest.mark.slow
def test_without_the_metastore_trino_says_so_and_nothing_is_changed(
    lab: Lab, api: Api, known: Login, url: str
) -> None:
    question = "SELECT count(*) FROM lakehouse.lakestead.first_light"
    metastore = deployment("hive-metastore")
    replicas = (api.get(metastore) or {})["spec"]["replicas"]
    # Flux puts replicas back at its next look.
    release = ObjectRef("helm.toolkit.fluxcd.io/v2", "HelmRelease", "hive-metastore", NAMESPACE)
    try:
        api.patch(release, {"spec": {"suspend": True}})
        api.patch(metastore, {"spec": {"replicas": 0}})
        wait_for(
            "it to be gone", lambda: (not workload_pods(api, api.get(metastore) or {}), ""), 120
        )
        done = lab.pyinfra("deploys/phase3.py", "-y")
        assert done.returncode == 1
        assert "The Hive Metastore (phase 1) serves? No." in done.stdout + done.stderr
        with (
            pytest.raises(TrinoError, match="HIVE_METASTORE_ERROR"),
            connected(url, known) as trino,
        ):
            rows(trino, question, url)
    finally:
        api.patch(metastore, {"spec": {"replicas": replicas}})
        api.patch(release, {"spec": {"suspend": False}})

    def serves() -> tuple[bool, str]:
        ready = ((api.get(metastore) or {}).get("status") or {}).get("readyReplicas", 0)
        return ready == replicas, f"{ready} of {replicas} replicas are ready"

    wait_for("the metastore to be back", serves, 300)
    with connected(url, known) as trino:
        assert rows(trino, question, url)


def test_all_22_queries_answer_as_the_generators_own_data_do(lab: Lab) -> None:
    asked = lab.lakestead(
        "query", "-i", "inventories/lab.py", "SELECT count(*) AS regions FROM lakehouse.tpch.region"
    )
    assert asked.stdout.split() == ["regions", "5"], asked.stdout + asked.stderr
    done = lab.lakestead(
        "queries", "-i", "inventories/lab.py", "--runs", "1", "--check", "--pushdown", "--json"
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(done.stdout)["queries"]
    assert len(found) == 22
    # Pushdown is for reading less; how much faster that is depends on the scale.
    selective = [query for query in found if query["without_pushdown"]]
    assert [query["query"] for query in selective] == list(SELECTIVE)
    for query in selective:
        assert query["read"] * 2.5 < query["read_without_pushdown"], query


@pytest.mark.slow
def test_a_second_worker_joins_serves_and_leaves_without_a_lost_query(
    lab: Lab, data: dict[str, Any], api: Api, known: Login, url: str
) -> None:
    worker = {**data["allocations"]["trino-worker"], "replicas": 2}
    two = json.dumps({**data["allocations"], "trino-worker": worker})
    done = lab.pyinfra("deploys/phase3.py", "-y", "--data", f"allocations={two}")
    assert done.returncode == 0, done.stderr[-6000:]
    with connected(url, known) as trino:
        assert servers(trino, url) == {"coordinators": 1, "workers": 2}
        asked = Asked(url, known)
        wait_for("both workers to be busy", lambda: (busy(trino, url) == 2, ""), 120, 0.2)
        api.patch(deployment("trino-worker"), {"spec": {"replicas": 1}})
        asked.join(400)
        assert (asked.error, len(asked.answer)) == ("", 1)

        def one() -> tuple[bool, str]:
            pods = workload_pods(api, api.get(deployment("trino-worker")) or {})
            return len(pods) == 1, f"{len(pods)} pods"

        wait_for("the second worker to have ended", one, 300)
        assert servers(trino, url)["workers"] == 1
