"""The Spark Operator's upstream chart with our values, and our jobs, on a real API server."""

from __future__ import annotations

import copy
import json
import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.lab.charts import CHARTS
from lakestead.lab.golang import go_program
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from lakestead.spark.application import application
from lakestead.spark.sample import jobs
from tasks.spark import JOBS_APP, OPERATOR_APP, files
from tests.chart.conftest import NAMESPACE, PROJECT, Cluster, Object


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The homelab's, with plain Secrets: External Secrets' kinds are not on this server."""
    data = runpy.run_path(str(PROJECT / "group_data/anton.py"))
    found = {name: data[name] for name in Settings.model_fields if name in data}
    found |= {"secrets": {"kind": "kubernetes"}}
    user = {**found["object_storage"]["user"], "secret": f"{NAMESPACE}/lakehouse-s3"}
    found["object_storage"] = {**found["object_storage"], "user": user}
    database = {**found["metastore"]["database"], "namespace": NAMESPACE}
    found["metastore"] = {**found["metastore"], "database": database}
    return Settings.load(found, Sources())


@pytest.fixture(scope="module")
def made(settings: Settings) -> dict[str, Any]:
    """The homelab repo's YAML files: path → the first document."""
    return {
        path: next(yaml.safe_load_all(text))
        for path, text in files(settings).items()
        if path.endswith(".yaml")
    }


@pytest.fixture(scope="module")
def chart(made: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> list[Object]:
    """What the release installs, definitions included."""
    helm = go_program("helm")
    helm.ensure()
    upstream = CHARTS["spark-operator"]
    values = tmp_path_factory.mktemp("values") / "values.json"
    release = made[f"{OPERATOR_APP}/app/helmrelease.yaml"]
    values.write_text(json.dumps(release["spec"]["values"]))
    done = subprocess.run(
        [
            helm.program("helm"), "template", "spark-operator",
            str(upstream.download() / upstream.folder),
            "--namespace", NAMESPACE, "--include-crds", "--values", str(values),
            "--api-versions", "monitoring.coreos.com/v1/PodMonitor",
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [obj for obj in yaml.safe_load_all(done.stdout) if obj]


@pytest.fixture(scope="module")
def installed(
    cluster: Cluster,
    chart: list[Object],
    made: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Cluster:
    """The server with the chart's definitions, and the jobs' namespace."""
    folder: Path = tmp_path_factory.mktemp("definitions")
    kinds = [obj for obj in chart if obj["kind"] == "CustomResourceDefinition"]
    (folder / "kinds.yaml").write_text(yaml.safe_dump_all(kinds))
    cluster.crds(folder)
    assert cluster.apply(made[f"{JOBS_APP}/namespace.yaml"]) == ""
    return cluster


def test_the_server_takes_the_chart_and_the_jobs_as_they_are(
    installed: Cluster, chart: list[Object], made: dict[str, Any], settings: Settings
) -> None:
    assert installed.apply(*(obj for obj in chart if "CustomResource" not in obj["kind"])) == ""
    assert installed.apply(made[f"{JOBS_APP}/spark-jobs/app/quota.yaml"]) == ""
    assert installed.apply(*(application(settings, job) for job in jobs(settings))) == ""


def test_a_value_of_ours_that_the_chart_does_not_have_would_be_seen(
    chart: list[Object], made: dict[str, Any]
) -> None:
    [deployment] = [obj for obj in chart if obj["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.anton.example/spark-operator:2.5.2"
    assert {"--namespaces=spark", "--controller-threads=2"} <= set(container["args"])
    assert container["resources"]["limits"] == {"memory": "512Mi"}
    assert container["env"][0]["name"] == "SPARK_SUBMIT_OPTS"
    accounts = [obj["metadata"] for obj in chart if obj["kind"] == "ServiceAccount"]
    assert ("spark", "spark") in {(each["namespace"], each["name"]) for each in accounts}
    [monitor] = [obj for obj in chart if obj["kind"] == "PodMonitor"]
    assert monitor["metadata"]["labels"]["release"] == "kube-prometheus-stack"


@pytest.mark.parametrize("part", ["driver", "executor"])
def test_the_namespace_takes_the_jobs_pods(
    installed: Cluster, settings: Settings, part: str
) -> None:
    spec = copy.deepcopy(application(settings, jobs(settings)[0])["spec"])
    pod = spec[part]["template"]["spec"]
    resources = {"cpu": "1", "memory": "1Gi"}
    pod["containers"][0] |= {
        "image": spec["image"],
        "resources": {"requests": resources, "limits": {"memory": "1Gi"}},
    }
    made = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": f"{part}-as-it-is", "namespace": "spark"},
        "spec": pod,
    }
    assert installed.apply(made) == ""
    worse = copy.deepcopy(made)
    worse["metadata"]["name"] = f"{part}-worse"
    worse["spec"]["containers"][0]["securityContext"] = {}
    assert 'violates PodSecurity "restricted:latest"' in installed.apply(worse)


def test_the_operator_is_taken_by_its_namespace(installed: Cluster, chart: list[Object]) -> None:
    [deployment] = [obj for obj in chart if obj["kind"] == "Deployment"]
    template = copy.deepcopy(deployment["spec"]["template"])
    metadata = {**template["metadata"], "name": "spark-operator", "namespace": NAMESPACE}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
    assert installed.apply(pod) == ""


def test_scripts_are_carried_by_the_homelab_repo(made: dict[str, Any], settings: Settings) -> None:
    kustomization = made[f"{JOBS_APP}/spark-jobs/app/kustomization.yaml"]
    [generator] = kustomization["configMapGenerator"]
    carried = {path.rpartition("/")[2] for path in files(settings) if path.endswith(".py")}
    assert {Path(name).name for name in generator["files"]} == carried
    assert {job.script for job in jobs(settings)} <= carried
