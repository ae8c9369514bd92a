"""The chart that plays the homelab's Airflow, with what objective 2.3 adds, on a real API server."""

from __future__ import annotations

import copy
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.airflow.dags import additions
from lakestead.gitops.list_items import with_items
from lakestead.lab.charts import CHARTS
from lakestead.lab.golang import go_program
from lakestead.lab.homelab import files as homelab
from lakestead.lab.homelab import objects
from lakestead.settings import Settings
from tasks.airflow import APP, files
from tests.chart.conftest import PROJECT, Cluster, Object
from tests.chart.test_chart import WORSE, of_kind

COMPONENTS = ("api-server", "scheduler", "dag-processor")


def helm(tmp_path: Path, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    program = go_program("helm")
    program.ensure()
    file = tmp_path / "values.json"
    file.write_text(json.dumps(values))
    chart = str(PROJECT / CHARTS["airflow"].folder)
    command = [str(program.program("helm")), "template", "airflow", chart]
    command += ["--namespace", "airflow", "--values", str(file)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.fixture(scope="module")
def values(settings: Settings) -> dict[str, Any]:
    """Of the homelab's release, with Lakestead's items."""
    assert settings.airflow is not None
    path = settings.airflow.file
    edited = with_items(homelab("airflow")[path], additions(settings), path)
    found: dict[str, Any] = yaml.safe_load(edited)["spec"]["values"]
    return found


@pytest.fixture(scope="module")
def chart(values: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    done = helm(tmp_path_factory.mktemp("values"), values)
    assert done.returncode == 0, done.stderr
    made = [obj for obj in yaml.safe_load_all(done.stdout) if obj]
    for obj in made:
        obj["metadata"]["namespace"] = "airflow"
    return made


def pod(chart: list[Object], component: str) -> Object:
    """A pod of a Deployment, as its ReplicaSet makes it."""
    [found] = [o for o in of_kind(chart, "Deployment") if o["metadata"]["name"].endswith(component)]
    template = copy.deepcopy(found["spec"]["template"])
    metadata = {**template["metadata"], "name": component, "namespace": "airflow"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


@pytest.fixture(scope="module")
def installed(
    cluster: Cluster, monkeypatch_module: pytest.MonkeyPatch, tmp_path_factory: Any
) -> Cluster:
    """The server with Airflow's namespace and Secrets."""
    monkeypatch_module.setenv("LAKESTEAD_LAB_DIR", str(tmp_path_factory.mktemp("lab")))
    assert cluster.apply(*objects()) == ""
    return cluster


@pytest.fixture(scope="module")
def monkeypatch_module() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


def test_the_server_takes_every_object_as_it_is(installed: Cluster, chart: list[Object]) -> None:
    assert {obj["kind"] for obj in chart} == {
        "ConfigMap", "Deployment", "Service", "ServiceAccount",
    }  # fmt: skip
    for service in of_kind(chart, "Service"):
        service["spec"].pop("clusterIP", None)  # of the lab's range
    assert installed.apply(*chart) == ""


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_namespace_takes_the_pods_and_none_that_may_do_more(
    installed: Cluster, chart: list[Object], component: str
) -> None:
    assert installed.apply(*of_kind(chart, "ServiceAccount")) == ""
    made = pod(chart, component)
    assert installed.apply(made) == ""
    for says, more in WORSE.items():
        worse = copy.deepcopy(made)
        worse["metadata"]["name"] = "worse"
        worse["spec"]["containers"][0]["securityContext"] |= more
        assert says in installed.apply(worse)


@pytest.mark.parametrize("component", COMPONENTS)
def test_pods_have_what_lakestead_adds_and_write_where_they_must(
    chart: list[Object], component: str
) -> None:
    spec = pod(chart, component)["spec"]
    [container] = spec["containers"]
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert mounts["/opt/airflow/dags/lakestead"]["readOnly"]
    writable = {path for path, mount in mounts.items() if not mount.get("readOnly")}
    assert writable == {"/opt/airflow/logs", "/tmp"}
    names = [each["name"] for each in container["env"]]
    assert {"AIRFLOW_CONN_LAKESTEAD_SPARK", "AIRFLOW__LOGGING__LOGGING_LEVEL"} <= set(names)
    assert len(names) == len(set(names))
    # Tasks run in the scheduler: no other pod may talk to the cluster.
    assert spec.get("automountServiceAccountToken", True) is (component == "scheduler")


def test_a_scheduler_may_start_jobs_and_no_more(settings: Settings) -> None:
    role, binding = yaml.safe_load_all(files(settings)[f"{APP}/app/role.yaml"])
    assert role["metadata"]["namespace"] == "spark"
    granted = {(r, v) for rule in role["rules"] for r in rule["resources"] for v in rule["verbs"]}
    assert ("sparkapplications", "create") in granted
    assert not granted & {("pods", "create"), ("secrets", "get"), ("pods/exec", "create")}
    assert {s["namespace"] for s in binding["subjects"]} == {"airflow"}


def test_no_secret_is_in_what_is_rendered(chart: list[Object]) -> None:
    for each in of_kind(chart, "Deployment"):
        for container in each["spec"]["template"]["spec"]["containers"]:
            for env in container["env"]:
                if "SECRET" in env["name"] or "KEY" in env["name"] or "SQL" in env["name"]:
                    assert "secretKeyRef" in env["valueFrom"]


def test_a_value_that_the_chart_does_not_know_is_refused(
    tmp_path: Path, values: dict[str, Any]
) -> None:
    done = helm(tmp_path, {**values, "schedular": {}})
    assert done.returncode != 0
    assert "schedular" in done.stderr
