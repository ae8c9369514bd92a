"""Airflow's REST API, version 2 (Airflow 3): DAGs, their runs, and the logs of tasks.

https://airflow.apache.org/docs/apache-airflow/stable/stable-rest-api-ref.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from lakestead.errors import LakesteadError
from lakestead.settings.airflow import Airflow

TIMEOUT = 30
"""Seconds for one request."""


class AirflowError(LakesteadError):
    """Airflow does not answer, or refuses."""


@dataclass(frozen=True, slots=True)
class ImportError_:
    """A DAG file that Airflow cannot take.

    + file: as Airflow names it
    + trace: Python's
    """

    file: str
    trace: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a DAG.

    + id: chosen by who triggered it
    + state: ``queued``, ``running``, ``success`` or ``failed``
    """

    id: str
    state: str

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.state in ("success", "failed")


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a run.

    + attempt: how often it was tried
    """

    id: str
    state: str
    attempt: int


class Client:
    """The API as one user; signs in at the first question, and again when it is asked to.

    + section: url and user
    + password: the user's
    """

    def __init__(self, section: Airflow, password: str) -> None:
        from requests import Session

        self._section = section
        self._password = password
        self._http = Session()

    def dag(self, dag: str) -> Mapping[str, Any] | None:
        """What Airflow knows of a DAG; None where it knows none of that name."""
        found: Mapping[str, Any] | None = self._ask("GET", f"/dags/{dag}", absent=True)
        return found

    def import_errors(self) -> list[ImportError_]:
        """The DAG files that it cannot take."""
        found = self._ask("GET", "/importErrors?limit=100")["import_errors"]
        return [ImportError_(str(each["filename"]), str(each["stack_trace"])) for each in found]

    def runs(self, dag: str) -> list[Run]:
        """The newest hundred runs of a DAG, newest first; none where it knows no such DAG."""
        path = f"/dags/{dag}/dagRuns?order_by=-run_after&limit=100"
        found = self._ask("GET", path, absent=True) or {"dag_runs": []}
        return [_run(each) for each in found["dag_runs"]]

    def run(self, dag: str, run: str) -> Run | None:
        """A run; None where there is none of that id."""
        found = self._ask("GET", f"/dags/{dag}/dagRuns/{quote(run)}", absent=True)
        return _run(found) if found else None

    def trigger(self, dag: str, run: str, parameters: Mapping[str, Any]) -> Run:
        """Begin a run, with values for the DAG's parameters."""
        body = {"dag_run_id": run, "logical_date": None, "conf": dict(parameters)}
        return _run(self._ask("POST", f"/dags/{dag}/dagRuns", body))

    def tasks(self, dag: str, run: str) -> list[Task]:
        """The tasks of a run."""
        path = f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances"
        return [
            Task(str(each["task_id"]), str(each["state"]), int(each["try_number"]))
            for each in self._ask("GET", path)["task_instances"]
        ]

    def log(self, dag: str, run: str, task: Task) -> list[str]:
        """What a task has logged in its last attempt, errors with what Airflow says of them."""
        place = f"/dags/{dag}/dagRuns/{quote(run)}/taskInstances/{task.id}/logs/{task.attempt}"
        found = self._ask("GET", f"{place}?full_content=true")["content"]
        return [line for each in found for line in _lines(each)]

    def _ask(self, method: str, path: str, body: Any = None, *, absent: bool = False) -> Any:
        """The answer's JSON; None for a 404 that ``absent`` allows."""
        if "Authorization" not in self._http.headers:
            self._sign_in()
        answer = self._send(method, f"/api/v2{path}", body)
        if answer.status_code == 401:  # a token lasts a day
            self._sign_in()
            answer = self._send(method, f"/api/v2{path}", body)
        if answer.status_code == 404 and absent:
            return None
        if not answer.ok:
            raise self._failure(f"{method} /api/v2{path}: {answer.status_code} {_detail(answer)}")
        return _json(answer) if answer.content else None

    def _sign_in(self) -> None:
        user = {"username": self._section.username, "password": self._password}
        self._http.headers.pop("Authorization", None)
        answer = self._send("POST", "/auth/token", user)
        if not answer.ok:
            known = "it does not know this user and password" if answer.status_code == 401 else ""
            raise self._failure(
                f"POST /auth/token: {answer.status_code} {known or _detail(answer)}",
                f"see airflow.username ({self._section.username}) and airflow.password "
                f"({self._section.password})",
            )
        self._http.headers["Authorization"] = f"Bearer {_json(answer)['access_token']}"

    def _send(self, method: str, path: str, body: Any) -> Any:
        from requests.exceptions import RequestException

        try:
            return self._http.request(
                method, f"{self._section.url}{path}", json=body, timeout=TIMEOUT
            )
        except RequestException as error:
            raise self._failure(_reason(error)) from error

    def _failure(self, found: str, do: str = "") -> AirflowError:
        section = self._section
        return AirflowError(
            "Airflow does not answer as it should",
            where=section.url,
            found=found,
            do=do or f"kubectl --namespace {section.namespace} get pods,services",
        )


def _run(answer: Mapping[str, Any]) -> Run:
    return Run(str(answer["dag_run_id"]), str(answer["state"]))


def _lines(entry: Any) -> list[str]:
    """An entry of a log; an exception has what it says in details of its own."""
    if not isinstance(entry, Mapping):
        return [str(entry)]
    told = [str(entry.get("event", ""))]
    for error in entry.get("error_detail") or []:
        told.append(f"{error.get('exc_type', 'error')}: {error.get('exc_value', '')}")
    return [line for text in told for line in text.splitlines()]


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise AirflowError(
            "Something else than Airflow's API answers",
            where=str(answer.url),
            found=answer.text[:200],
            do="see airflow.url",
        ) from None


def _detail(answer: Any) -> str:
    try:
        return str(answer.json().get("detail"))[:300]
    except (ValueError, AttributeError):
        return str(answer.reason)


def _reason(error: Exception) -> str:
    text = str(error)
    if "Connection refused" in text:
        return "connection refused"
    if "timed out" in text.lower():
        return "no answer in time"
    return text.splitlines()[0][:300] if text else type(error).__name__
