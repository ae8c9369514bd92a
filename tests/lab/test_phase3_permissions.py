"""Phases 2 and 3 by a user that has what permissions/ grants and nothing else; and what that user is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.kube.client import Api, ObjectRef
from lakestead.lab import control_plane
from tests.lab.conftest import Lab, said
from tests.lab.test_permissions import may, settings
from tests.lab.test_phase1 import audit_position, writes_since

# verb, resource.group (subresource after a slash), namespace ("" is the cluster), name
REFUSED = [
    ("get", "secrets", "airflow", "airflow-metadata"),
    ("list", "secrets", "airflow", ""),
    ("patch", "secrets", "airflow", "airflow-passwords"),
    ("list", "configmaps", "airflow", ""),
    ("patch", "configmaps", "airflow", "airflow-config"),
    ("patch", "helmreleases.helm.toolkit.fluxcd.io", "airflow", "another"),
    ("delete", "helmreleases.helm.toolkit.fluxcd.io", "airflow", "airflow"),
    ("create", "deployments.apps", "airflow", "mine"),
    ("create", "pods/exec", "airflow", "airflow-scheduler"),
    ("patch", "namespaces", "", "airflow"),
    ("delete", "namespaces", "", "spark"),
    ("create", "pods", "spark", "mine"),
    ("create", "pods/exec", "spark", "ingest-driver"),
    ("create", "deployments.apps", "spark", "mine"),
    ("create", "serviceaccounts/token", "spark", "spark"),
    ("patch", "roles.rbac.authorization.k8s.io", "spark", "airflow-jobs"),
    ("create", "rolebindings.rbac.authorization.k8s.io", "spark", "mine"),
    ("patch", "sparkapplications.sparkoperator.k8s.io", "spark", "ingest"),
    ("create", "sparkapplications.sparkoperator.k8s.io", "default", "mine"),
    ("create", "scheduledsparkapplications.sparkoperator.k8s.io", "spark", "mine"),
    ("patch", "customresourcedefinitions.apiextensions.k8s.io", "", "sparkapplications"),
    ("create", "pods/exec", "data-platform", "trino-coordinator"),
    ("patch", "roles.rbac.authorization.k8s.io", "lakestead-secrets", "lakestead-secrets-trino"),
]
GRANTED = [
    ("get", "secrets", "airflow", "airflow-passwords"),
    ("patch", "configmaps", "airflow", "lakestead-dags"),
    ("patch", "helmreleases.helm.toolkit.fluxcd.io", "airflow", "airflow"),
    ("get", "pods/log", "airflow", "any"),
    ("create", "sparkapplications.sparkoperator.k8s.io", "spark", "ingest"),
    ("delete", "sparkapplications.sparkoperator.k8s.io", "spark", "ingest"),
    ("patch", "secrets", "spark", "lakehouse-s3"),
    ("get", "pods/log", "spark", "ingest-driver"),
    ("get", "roles.rbac.authorization.k8s.io", "spark", "airflow-jobs"),
    ("patch", "namespaces", "", "spark"),
    ("patch", "secrets", "lakestead-secrets", "trino-users"),
    ("patch", "deployments.apps", "data-platform", "trino-worker"),
    ("get", "roles.rbac.authorization.k8s.io", "lakestead-secrets", "lakestead-secrets-trino"),
]


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's kubeconfig, on the lab after all phases, which were an administrator's."""
    apply = ("lab", "kubectl", "apply", "--server-side")
    lab.apply(1, 2, 3)
    for what in (("--kustomize", "permissions"), ("--filename", "permissions/airflow.yaml")):
        done = lab.lakestead(*apply, *what)
        assert done.returncode == 0, said(done)
    folder = tmp_path_factory.mktemp("operator")
    return control_plane.write_operator_kubeconfig(folder / "kubeconfig")


def test_the_operator_makes_anew_what_is_missing_and_then_changes_nothing(
    lab: Lab, operator: Path
) -> None:
    key = ObjectRef("v1", "Secret", "lakehouse-s3", "spark")
    assert lab.api().delete(key)
    done = lab.pyinfra("deploys/phase2.py", "-y", *settings(operator))
    assert done.returncode == 0, said(done)[-6000:]
    assert lab.api().get(key) is not None
    position = audit_position()
    for phase in (2, 3):
        done = lab.pyinfra(f"deploys/phase{phase}.py", "-y", *settings(operator))
        assert done.returncode == 0, said(done)[-6000:]
        assert "may not" not in said(done).replace("Detected changes may not include", "")
    assert writes_since(position) == []


@pytest.mark.parametrize(("asked", "answer"), [(REFUSED, False), (GRANTED, True)])
def test_what_an_operator_may(
    operator: Path, asked: list[tuple[str, str, str, str]], answer: bool
) -> None:
    api = Api.from_kubeconfig(str(operator))
    assert [each for each in asked if may(api, *each) is not answer] == []
