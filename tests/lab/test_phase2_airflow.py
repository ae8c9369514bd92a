"""Objective 2.3 on the lab: the homelab's own Airflow starts Spark jobs, and fails as they fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lakestead.airflow.client import Client
from lakestead.airflow.dags import DAG, fingerprint, parameters
from lakestead.airflow.follow import follow
from lakestead.errors import LakesteadError
from lakestead.gitops.git import Credential
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api, ObjectRef
from lakestead.lab.homelab import OWNER
from lakestead.lab.homelab import files as homelab
from lakestead.operations.airflow import of_version, signed_in
from lakestead.settings import Settings
from lakestead.settings.secret import resolve
from tests.lab.conftest import Lab, said
from tests.lab.test_phase1 import audit_position, writes_since

PHASE = "deploys/phase2.py"


@pytest.fixture(scope="module", autouse=True)
def _run(lab: Lab) -> None:
    """An Airflow that was there before, and both phases."""
    lab.apply(1, 2)


@pytest.fixture
def client(lab: Lab, settings: Settings) -> Client:
    return signed_in(lab.api(), settings)


@pytest.fixture
def run(lab: Lab, client: Client, settings: Settings) -> Callable[[str, dict[str, str]], str]:
    """Runs the DAG with parameters of a test's own."""

    def one(name: str, changed: dict[str, str]) -> str:
        made = client.trigger(DAG, name, parameters(settings) | changed)
        return follow(lab.api(), client, settings, DAG, made, print)

    return one


def test_a_run_has_succeeded_and_the_second_one_changes_nothing(
    lab: Lab, client: Client, settings: Settings
) -> None:
    runs = of_version(client.runs(DAG), fingerprint(settings))
    assert [each.state for each in runs] == ["success"]
    before = audit_position()
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert writes_since(before) == []
    assert of_version(client.runs(DAG), fingerprint(settings)) == runs


def test_the_release_is_as_its_owner_wrote_it_but_for_three_items(
    lab: Lab, settings: Settings, tmp_path: Path
) -> None:
    assert settings.airflow is not None
    assert settings.gitops.username is not None
    assert settings.gitops.password is not None
    credential = Credential(settings.gitops.username, resolve(settings.gitops.password))
    repo = HomelabRepo(settings.gitops.url, settings.gitops.branch, tmp_path, credential)
    snapshot = repo.fetch()
    before = homelab("airflow")
    found = {path: repo.read(snapshot.entries[path]) for path in before}
    assert {path for path in before if found[path] != before[path]} == {settings.airflow.file}
    lines = found[settings.airflow.file].decode().splitlines()
    old = before[settings.airflow.file].decode().splitlines()
    assert [line for line in lines if line in old] == old
    assert len(lines) - len(old) == 5
    assert snapshot.commit is not None
    added = ("log", "--format=%ae", "--diff-filter=A", snapshot.commit, "--", settings.airflow.file)
    log = repo.text(*added)
    assert log == OWNER["GIT_AUTHOR_EMAIL"]


def test_a_run_whose_job_fails_has_failed_and_says_why(
    run: Callable[[str, dict[str, str]], str],
) -> None:
    with pytest.raises(LakesteadError, match="what it is to read is not there") as caught:
        run("test-nothing-to-read", {"folder": "s3a://lakehouse/raw/nothing"})
    assert "DAG run test-nothing-to-read of lakestead_ingest failed" in caught.value.what


def test_a_task_that_may_not_submit_says_so(
    api: Api, run: Callable[[str, dict[str, str]], str], settings: Settings
) -> None:
    assert settings.spark is not None
    binding = ObjectRef(
        "rbac.authorization.k8s.io/v1", "RoleBinding", "airflow-jobs", settings.spark.namespace
    )
    whole = api.get(binding)
    assert whole is not None
    api.delete(binding)
    try:
        with pytest.raises(LakesteadError, match="failed in task ingest") as caught:
            run("test-may-not", {})
        assert "forbidden" in caught.value.found.lower()
    finally:
        del whole["metadata"]["managedFields"], whole["metadata"]["resourceVersion"]
        del whole["metadata"]["uid"]
        api.apply(whole, field_manager="kustomize-controller")
