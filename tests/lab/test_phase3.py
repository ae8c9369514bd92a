"""Phase 3 on the lab: Trino answers whom it should, from every worker, and as other programs read."""

from __future__ import annotations

import json
import re
import runpy
import threading
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from bench.availability.events import exposed
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
from tests.lab.conftest import PROJECT, Lab, said

NAMESPACE = "data-platform"
KNOWN = Path(__file__).with_name("tpch-sf1.json")
FAULTS = ("UserError", "Internal", "External", "InsufficientResources")
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
    lab.apply(1, 2, 3)


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


def test_queries_answer_as_the_generators_own_data_do(lab: Lab) -> None:
    asked = lab.lakestead(
        "query", "-i", "inventories/lab.py", "SELECT count(*) AS regions FROM lakehouse.tpch.region"
    )
    assert asked.stdout.split() == ["regions", "5"], asked.stdout + asked.stderr
    done = lab.lakestead(
        "queries", "-i", "inventories/lab.py", "--only", "3,9,15,18,22", "--runs", "1",
        "--check", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert len(json.loads(done.stdout)["queries"]) == 5


def test_at_scale_1_all_22_queries_answer_as_they_should(lab: Lab, data: dict[str, Any]) -> None:
    """KNOWN is made by: python -m bench.queries --scale 1 --memory 2304Mi --known tests/lab/tpch-sf1.json"""
    tables = {**data["trino"], "tpch": {"scale": 1, "namespace": "tpch_sf1"}}
    larger = ("--data", f"trino={json.dumps(tables)}")
    done = lab.pyinfra("deploys/objectives/query_times.py", "-y", *larger, timeout=1800)
    assert done.returncode == 0, done.stderr[-6000:]
    done = lab.lakestead(
        "queries", "-i", "inventories/lab.py", "--runs", "1", "--pushdown", "--json", *larger
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found = json.loads(done.stdout)["queries"]
    answers = {
        str(query["query"]): {"rows": query["rows"], "checksum": query["checksum"]}
        for query in found
    }
    assert answers == json.loads(KNOWN.read_text())["answers"]
    # Pushdown is for reading less; how much faster that is depends on the machine.
    selective = [query for query in found if query["without_pushdown"]]
    assert [query["query"] for query in selective] == list(SELECTIVE)
    for query in selective:
        assert query["read"] * 2.5 < query["read_without_pushdown"], query


def test_alerts_and_dashboard_ask_for_metrics_that_are_there(api: Api) -> None:
    chart = PROJECT / "charts/trino"
    asked = (chart / "templates/prometheusrule.yaml").read_text()
    asked += (chart / "files/dashboard.json").read_text()
    wanted = set(re.findall(r"\b(?:trino|jvm|process)_[a-z_]+", asked))
    served: dict[str, set[str]] = {}
    for server in ("coordinator", "worker"):
        [pod] = workload_pods(api, api.get(deployment(f"trino-{server}")) or {})
        served[server] = {re.split(r"[{ ]", line)[0] for line in exposed(pod)}
    assert wanted - served["coordinator"] == set()
    assert {"trino_memory_bytes", "jvm_memory_used_bytes"} <= served["worker"]


def test_metrics_count_what_was_asked(api: Api, known: Login, url: str) -> None:
    def counted() -> dict[str, float]:
        [pod] = workload_pods(api, api.get(deployment("trino-coordinator")) or {})
        return {
            name: float(value)
            for name, _, value in (line.rpartition(" ") for line in exposed(pod))
            if name.startswith("trino_")
        }

    before = counted()
    assert before["trino_active_workers"] == 1
    with connected(url, known) as trino:
        rows(trino, "SELECT 1", url)
        with pytest.raises(TrinoError, match="COLUMN_NOT_FOUND"):
            rows(trino, "SELECT nosuch", url)
    ended = 'trino_queries_total{event="Completed"}'
    # A query's answer is there before it is counted.
    wait_for("both to be counted", lambda: (counted()[ended] >= before[ended] + 2, ""), 30)
    after = counted()
    failures = {kind: f'trino_query_failures_total{{kind="{kind}"}}' for kind in FAULTS}
    more = {kind: after[name] - before[name] for kind, name in failures.items()}
    assert more == {"UserError": 1, "Internal": 0, "External": 0, "InsufficientResources": 0}


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
    again = lab.pyinfra("deploys/phase3.py", "-y")
    assert again.returncode == 0, said(again)[-6000:]


@pytest.mark.slow
def test_servers_that_somebody_scaled_away_are_put_back(
    lab: Lab, api: Api, known: Login, url: str
) -> None:
    servers_ = [deployment(f"trino-{server}") for server in ("coordinator", "worker")]
    for ref in servers_:
        api.patch(ref, {"spec": {"replicas": 0}}, subresource="scale")
    planned = lab.lakestead("plan", "deploys/phase3.py", "-i", "inventories/lab.py")
    assert planned.returncode == 3, planned.stdout[-3000:]
    assert "has 0 replicas, and is to have 1" in planned.stdout
    done = lab.pyinfra("deploys/phase3.py", "-y")
    assert done.returncode == 0, done.stderr[-6000:]
    with connected(url, known) as trino:
        assert servers(trino, url) == {"coordinators": 1, "workers": 1}
