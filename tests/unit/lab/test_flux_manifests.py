"""Flux's install manifests are put together from the folders of its modules."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.lab import flux_manifests, images

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: helm-controller, labels: {control-plane: controller}}
spec:
  template:
    spec:
      containers:
        - name: manager
          image: fluxcd/helm-controller
          imagePullPolicy: IfNotPresent
          args: [--watch-all-namespaces]
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 1Gi}}
"""
FILES = {
    "crd/bases/helm.yaml": (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: helmreleases.helm.toolkit.fluxcd.io}\n"
    ),
    "rbac/role.yaml": "---\nkind: ClusterRole\nmetadata: {name: manager-role}\nrules: []\n",
    "rbac/leader_election_role.yaml": "kind: Role\nmetadata: {name: leader-role}\nrules: []\n",
    "manager/deployment.yaml": DEPLOYMENT,
    "manager/kustomization.yaml": "kind: Kustomization\n",
}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_shape(config: Path) -> None:
    objects = flux_manifests.assemble({"helm-controller": config})
    assert [f"{obj['kind']} {obj['metadata']['name']}" for obj in objects] == [
        "Namespace flux-system",
        "CustomResourceDefinition helmreleases.helm.toolkit.fluxcd.io",
        "ServiceAccount helm-controller",
        "ClusterRole helm-controller-manager-role",
        "ClusterRoleBinding helm-controller-manager-role",
        "Role helm-controller-leader-role",
        "RoleBinding helm-controller-leader-role",
        "ClusterRoleBinding helm-controller-reconciler",
        "Deployment helm-controller",
    ]
    assert all(obj["metadata"]["labels"]["app.kubernetes.io/part-of"] == "flux" for obj in objects)
    assert list(yaml.safe_load_all(yaml.safe_dump_all(objects))) == objects


def test_deployment_runs_our_image_as_its_account(config: Path) -> None:
    deployment = flux_manifests.assemble({"helm-controller": config})[-1]
    assert deployment["metadata"]["namespace"] == "flux-system"
    pod = deployment["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "helm-controller"
    (container,) = pod["containers"]
    assert container["image"] == images.reference("flux-helm-controller")
    assert container["imagePullPolicy"] == "Never"
    assert container["args"] == ["--watch-all-namespaces"]
