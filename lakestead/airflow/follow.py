"""Trigger a DAG's run and follow it to its end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from lakestead.airflow.client import AirflowError, Client, ImportError_, Run, Task
from lakestead.airflow.dags import required
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.settings import Settings
from lakestead.spark.application import API_VERSION, KIND
from lakestead.spark.application import required as spark
from lakestead.spark.failures import Evidence, explained
from lakestead.spark.seen import seen

Say = Callable[[str], None]

SETTLED = 120.0
"""Seconds that an import error must last: the kubelet brings a new file within a minute or so."""
_PAUSE = 2.0
_LOG_LINES = 1000  # a lost executor is told once, and long before the end


def known(client: Client, settings: Settings, dag: str, version: str) -> bool:
    """Whether Airflow has a DAG in this version, which is one of its tags."""
    found = client.dag(dag)
    return found is not None and version in [tag["name"] for tag in found.get("tags") or []]


def wait_until_known(
    client: Client, settings: Settings, dag: str, version: str, say: Say, settled: float = SETTLED
) -> str:
    """Until Airflow has parsed the DAG; raises LakesteadError where it cannot."""
    section = required(settings)
    began = time.monotonic()
    broken_since: float | None = None
    said = ""
    while True:
        now = time.monotonic()
        reason, broken = "it has not seen this version of the file yet", None
        try:
            if known(client, settings, dag, version):
                return f"Airflow has DAG {dag}, version {version}"
            broken = _broken(client, dag)
        except AirflowError as error:
            reason = error.found
        broken_since = (broken_since or now) if broken else None
        if broken and broken_since is not None and now - broken_since >= settled:
            raise _import_error(broken, section.url, section.dags_folder)
        if reason != said:
            said = reason
            say(f"Airflow to know DAG {dag}: {reason}")
        if now - began > section.timeout:
            raise LakesteadError(
                f"Airflow does not know DAG {dag} after {section.timeout} s",
                where=section.url,
                found=reason,
                expected=f"tag {version}",
                do=f"kubectl --namespace {section.namespace} logs deployment/{section.name}-dag-processor; "
                f"is {section.dags_folder} in its folder of DAGs?",
            )
        time.sleep(_PAUSE)


def follow(api: Api, client: Client, settings: Settings, dag: str, run: Run, say: Say) -> str:
    """Until a run has ended; the task's log. Raises LakesteadError where it fails or takes too long."""
    section = required(settings)
    limit = spark(settings).timeout * (section.retries + 1) + 120
    began = time.monotonic()
    state = ""
    while True:
        if run.state != state:
            state = run.state
            say(f"DAG run {dag}/{run.id}: {state}")
        if run.ended:
            break
        if time.monotonic() - began > limit:
            raise _too_long(client, settings, dag, run, limit)
        time.sleep(_PAUSE)
        found = client.run(dag, run.id)
        if found is None:
            raise LakesteadError(
                f"DAG run {run.id} of {dag} is gone: somebody deleted it",
                where=section.url,
                do="run again; what a job has not committed is not in the table",
            )
        run = found
    tasks = client.tasks(dag, run.id)
    if run.state == "success":
        log = [line for task in tasks for line in client.log(dag, run.id, task)]
        told = [line for line in log if "result: " in line] or log[-3:]
        return "\n".join([f"success after {time.monotonic() - began:.0f} s", *told])
    raise _failed(api, client, settings, dag, run, tasks)


def _failed(
    api: Api, client: Client, settings: Settings, dag: str, run: Run, tasks: list[Task]
) -> LakesteadError:
    """Why, from the job's driver where there is one, else from the task's log."""
    section = required(settings)
    bad = [task for task in tasks if task.state == "failed"] or tasks
    names = ", ".join(task.id for task in bad)
    where = f"{section.url}/dags/{dag}/runs/{run.id}"
    error = _of_driver(api, settings, dag, run)
    if error is not None:
        return LakesteadError(
            f"DAG run {run.id} of {dag} failed in task {names}: {error.what}",
            where=f"{error.where}; {where}",
            found=error.found,
            do=error.do,
        )
    log = [line for task in bad for line in client.log(dag, run.id, task) if line.strip()]
    return LakesteadError(
        f"DAG run {run.id} of {dag} failed in task {names}",
        where=where,
        found="\n".join(line[:300] for line in log[-12:]) or "no log",
        do="correct what it says, and run again",
    )


def _of_driver(api: Api, settings: Settings, dag: str, run: Run) -> LakesteadError | None:
    """What the run's last driver died of; the operator has given its pod the run's labels."""
    namespace = spark(settings).namespace
    selector = f"spark-role=driver,dag_id={dag},run_id={run.id}"
    drivers = api.list("v1", "Pod", namespace, label_selector=selector)
    if not drivers:
        return _without_driver(api, settings, dag, run)
    pod = max(drivers, key=lambda each: str(each["metadata"]["creationTimestamp"]))
    name = pod["metadata"]["labels"].get("sparkoperator.k8s.io/app-name", "")
    ref = ObjectRef(API_VERSION, KIND, name, namespace)
    message = seen(api.get(ref) or {}).message
    try:
        log = api.logs(namespace, pod["metadata"]["name"], tail=_LOG_LINES)
    except LakesteadError as error:
        log = f"(no log: {error.what})"
    return explained(Evidence(ref, message, pod, log, len(drivers)), settings)


def _without_driver(api: Api, settings: Settings, dag: str, run: Run) -> LakesteadError | None:
    """Why a job has no driver any more, or never had one; None where the run submitted none."""
    wanted = {"dag_id": dag, "run_id": run.id}
    jobs = [
        job
        for job in api.list(API_VERSION, KIND, spark(settings).namespace)
        if wanted.items() <= (job["spec"]["driver"].get("labels") or {}).items()
    ]
    if not jobs:
        return None
    job = max(jobs, key=lambda each: str(each["metadata"]["creationTimestamp"]))
    return explained(Evidence(ObjectRef.of(job), seen(job).message, None, "", len(jobs)), settings)


def _broken(client: Client, dag: str) -> ImportError_ | None:
    """The error by which Airflow cannot take the DAG's file."""
    errors = client.import_errors()
    return next((each for each in errors if each.file.endswith(f"/{dag}.py")), None) or next(
        (each for each in errors if each.file == f"{dag}.py"), None
    )


def _import_error(broken: ImportError_, url: str, folder: str) -> LakesteadError:
    trace = [line for line in broken.trace.splitlines() if line.strip()]
    missing = "No module named 'airflow.providers.cncf" in broken.trace
    return LakesteadError(
        f"Airflow cannot take the DAG file {broken.file}",
        where=f"{url}, mounted in {folder}",
        found="\n".join(trace[-6:]),
        expected="a file that Python imports",
        do="Airflow's image needs apache-airflow-providers-cncf-kubernetes"
        if missing
        else "correct the file in the homelab repo; Airflow reads it anew by itself",
    )


def _too_long(
    client: Client, settings: Settings, dag: str, run: Run, limit: float
) -> LakesteadError:
    section = required(settings)
    about: Mapping[str, Any] = client.dag(dag) or {}
    found = f"it is {run.state}" + ("; the DAG is paused" if about.get("is_paused") else "")
    return LakesteadError(
        f"DAG run {run.id} of {dag} has not ended within {limit:g} s",
        where=section.url,
        found=found,
        do=f"it goes on; kubectl --namespace {section.namespace} logs deployment/{section.name}-scheduler; "
        "run again to go on waiting",
    )
