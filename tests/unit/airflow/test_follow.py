"""A DAG's run through Airflow's API: what is asked, and the one message where it goes wrong."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from lakestead.airflow import follow as module
from lakestead.airflow.client import AirflowError, Client, Run
from lakestead.airflow.follow import follow, wait_until_known
from lakestead.errors import LakesteadError
from lakestead.settings import Settings
from tests.unit.airflow.test_dags import changed

DAG = "lakestead_ingest"
RUN = f"/dags/{DAG}/dagRuns/r-1"


class Airflow(ThreadingHTTPServer):
    """Answers by path; a list is answered one after the other, its last for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: dict[str, Any] = {}
        self.tokens = 0
        self.posted: list[Any] = []

    def answer(self, path: str) -> Any:
        found = self.answers.get(path)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        return found


class Handler(BaseHTTPRequestHandler):
    server: Airflow

    def do_GET(self) -> None:
        if self.headers["Authorization"] != f"Bearer t{self.server.tokens}":
            return self._send(401, {"detail": "Invalid JWT"})
        found = self.server.answer(self.path.partition("?")[0].removeprefix("/api/v2"))
        return self._send(404, {"detail": "not found"}) if found is None else self._send(200, found)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != "/auth/token":
            self.server.posted.append(body)
            return self._send(200, {"dag_run_id": body["dag_run_id"], "state": "queued"})
        if body != {"username": "lakestead", "password": "right"}:
            return self._send(401, {"detail": "Invalid credentials"})
        self.server.tokens += 1
        return self._send(201, {"access_token": f"t{self.server.tokens}"})

    def _send(self, code: int, body: Any) -> None:
        self.send_response(code)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        pass


class Cluster:
    """The drivers that a run has."""

    def __init__(
        self, drivers: list[dict[str, Any]], log: str = "", jobs: tuple[dict[str, Any], ...] = ()
    ) -> None:
        self.drivers, self.log, self.jobs = drivers, log, list(jobs)

    def list(self, _: str, kind: str, *__: Any, label_selector: str = "") -> list[dict[str, Any]]:
        if kind == "SparkApplication":
            return self.jobs
        assert label_selector == f"spark-role=driver,dag_id={DAG},run_id=r-1"
        return self.drivers

    def get(self, _: Any) -> None:
        return None

    def logs(self, *_: Any, **__: Any) -> str:
        return self.log


@pytest.fixture
def airflow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    monkeypatch.setattr(module, "_PAUSE", 0.01)
    server = Airflow()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def mine(airflow: Airflow, settings: Settings) -> Settings:
    return changed(settings, "airflow", url=f"http://127.0.0.1:{airflow.server_port}", timeout=1)


@pytest.fixture
def client(mine: Settings) -> Client:
    assert mine.airflow is not None
    return Client(mine.airflow, "right")


def ended(airflow: Airflow, state: str, *log: Any) -> None:
    airflow.answers |= {
        RUN: [{"dag_run_id": "r-1", "state": s} for s in ("running", state)],
        f"{RUN}/taskInstances": {
            "task_instances": [{"task_id": "ingest", "state": state, "try_number": 1}]
        },
        f"{RUN}/taskInstances/ingest/logs/1": {"content": [*log]},
    }


def test_a_run_is_followed_to_its_end_and_its_job_told(
    airflow: Airflow, client: Client, mine: Settings
) -> None:
    ended(airflow, "success", {"event": "a"}, {"event": '[base] result: {"rows": 3}'})
    said: list[str] = []
    run = client.trigger(DAG, "r-1", {"folder": "x"})
    told = follow(Cluster([]), client, mine, DAG, run, said.append)  # type: ignore[arg-type]
    assert airflow.posted == [{"dag_run_id": "r-1", "logical_date": None, "conf": {"folder": "x"}}]
    assert said == [f"DAG run {DAG}/r-1: {state}" for state in ("queued", "running", "success")]
    assert told.splitlines()[1:] == ['[base] result: {"rows": 3}']


def test_a_failure_is_that_of_the_last_driver(
    airflow: Airflow, client: Client, mine: Settings
) -> None:
    ended(airflow, "failed", {"event": "Task failed with exception"})
    status = {"containerStatuses": [{"state": {"terminated": {"exitCode": 1}}}]}
    labels = {"sparkoperator.k8s.io/app-name": "airflow-ingest-x"}
    driver = {
        "metadata": {"name": "airflow-ingest-x-driver", "labels": labels, "creationTimestamp": "2"},
        "status": status,
    }
    cluster = Cluster([driver], "java.io.FileNotFoundException: No such file: s3a://raw")
    with pytest.raises(LakesteadError) as caught:
        follow(cluster, client, mine, DAG, Run("r-1", "queued"), print)  # type: ignore[arg-type]
    said = str(caught.value)
    assert (
        "DAG run r-1 of lakestead_ingest failed in task ingest: Spark job airflow-ingest-x failed: "
        "what it is to read is not there" in said
    )
    assert "logs airflow-ingest-x-driver" in said


def test_a_failure_before_there_is_a_driver_is_told_from_the_tasks_log(
    airflow: Airflow, client: Client, mine: Settings
) -> None:
    error = {"exc_type": "ApiException", "exc_value": "(403)\nsparkapplications is forbidden"}
    ended(airflow, "failed", {"event": "Task failed with exception", "error_detail": [error]})
    with pytest.raises(LakesteadError, match="failed in task ingest") as caught:
        follow(Cluster([]), client, mine, DAG, Run("r-1", "queued"), print)  # type: ignore[arg-type]
    assert "ApiException: (403)" in caught.value.found
    assert "sparkapplications is forbidden" in caught.value.found


def job(run: str, message: str) -> dict[str, Any]:
    name = f"airflow-ingest-{run}"
    return {
        "apiVersion": "sparkoperator.k8s.io/v1beta2",
        "kind": "SparkApplication",
        "metadata": {"name": name, "namespace": "spark", "creationTimestamp": "1"},
        "spec": {"driver": {"labels": {"dag_id": DAG, "run_id": run, "try_number": "1"}}},
        "status": {"applicationState": {"state": "FAILED", "errorMessage": message}},
    }


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("driver pod not found", "its driver is gone"),
        ("failed to run spark-submit: no such image", "it could not be submitted"),
    ],
)
def test_a_driver_that_is_gone_is_told_from_its_job(
    airflow: Airflow, client: Client, mine: Settings, message: str, said: str
) -> None:
    ended(airflow, "failed", {"event": "Task failed with exception"})
    cluster: Any = Cluster([], jobs=(job("r-0", "another"), job("r-1", message)))
    with pytest.raises(LakesteadError, match=f"Spark job airflow-ingest-r-1 failed: {said}"):
        follow(cluster, client, mine, DAG, Run("r-1", "queued"), print)


def test_a_version_that_airflow_has_is_known_by_its_tag(
    airflow: Airflow, client: Client, mine: Settings
) -> None:
    airflow.answers[f"/dags/{DAG}"] = [
        {"tags": [{"name": "old"}]},
        {"tags": [{"name": "lakestead"}, {"name": "new"}]},
    ]
    airflow.answers["/importErrors"] = {"import_errors": []}
    assert "version new" in wait_until_known(client, mine, DAG, "new", print)
    with pytest.raises(LakesteadError, match="does not know DAG lakestead_ingest after 1 s"):
        wait_until_known(client, mine, DAG, "newer", print)


@pytest.mark.parametrize(
    ("trace", "do"),
    [
        ("SyntaxError: invalid syntax", "correct the file"),
        (
            "ModuleNotFoundError: No module named 'airflow.providers.cncf'",
            "needs apache-airflow-providers-cncf-kubernetes",
        ),
    ],
)
def test_a_dag_that_does_not_parse_is_told_once_it_lasts(
    airflow: Airflow, client: Client, mine: Settings, trace: str, do: str
) -> None:
    other = {"filename": "mine.py", "stack_trace": "no"}
    broken = {"filename": f"lakestead/{DAG}.py", "stack_trace": f"Traceback:\n\n{trace}"}
    airflow.answers["/importErrors"] = {"import_errors": [other, broken]}
    with pytest.raises(LakesteadError, match="cannot take the DAG file") as caught:
        wait_until_known(client, mine, DAG, "new", print, settled=0.1)
    assert trace in caught.value.found
    assert do in caught.value.do


def test_a_token_that_has_run_out_is_made_anew(airflow: Airflow, client: Client) -> None:
    airflow.answers[f"/dags/{DAG}/dagRuns"] = {
        "dag_runs": [{"dag_run_id": "a", "state": "success"}]
    }
    assert client.runs(DAG) == [Run("a", "success")]
    airflow.tokens += 1
    assert client.runs(DAG) == [Run("a", "success")]


def test_a_wrong_password_and_no_answer_say_so(mine: Settings) -> None:
    assert mine.airflow is not None
    with pytest.raises(AirflowError, match="does not know this user and password") as caught:
        Client(mine.airflow, "wrong").runs(DAG)
    assert "wrong" not in str(caught.value)
    away = mine.airflow.model_copy(update={"url": "http://127.0.0.1:9"})
    with pytest.raises(AirflowError, match="connection refused"):
        Client(away, "right").runs(DAG)
