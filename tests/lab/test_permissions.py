"""Phase 1 by a user that has what permissions/ grants and nothing else; and what that user is refused.

Phases 2 and 3: test_phase3_permissions.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.lab import control_plane
from tests.lab.conftest import Lab, said
from tests.lab.test_phase1 import PHASE, audit_position, writes_since

# verb, resource.group (subresource after a slash), namespace ("" is the cluster), name
REFUSED = [
    ("get", "secrets", "git", "git-server"),
    ("get", "secrets", "databases", "postgresql"),
    ("get", "secrets", "storage", "rook-ceph-mon"),
    ("get", "secrets", "external-secrets", "mine"),
    ("list", "secrets", "kube-system", ""),
    ("list", "secrets", "storage", ""),
    ("list", "secrets", "flux-system", ""),
    ("list", "secrets", "", ""),
    ("create", "namespaces", "", "another"),
    ("delete", "namespaces", "", "data-platform"),
    ("patch", "namespaces", "", "kube-system"),
    ("patch", "nodes", "", "lakestead"),
    ("delete", "nodes", "", "lakestead"),
    ("get", "nodes/proxy", "", "lakestead"),
    ("list", "clusterroles.rbac.authorization.k8s.io", "", ""),
    ("list", "roles.rbac.authorization.k8s.io", "lakestead-secrets", ""),
    ("get", "rolebindings.rbac.authorization.k8s.io", "data-platform", "lakestead-operator"),
    ("get", "rolebindings.rbac.authorization.k8s.io", "lakestead-secrets", "lakestead-operator"),
    ("patch", "clusterroles.rbac.authorization.k8s.io", "", "lakestead-operator"),
    ("escalate", "clusterroles.rbac.authorization.k8s.io", "", "lakestead-operator"),
    ("bind", "clusterroles.rbac.authorization.k8s.io", "", "cluster-admin"),
    ("create", "clusterrolebindings.rbac.authorization.k8s.io", "", "mine"),
    ("patch", "roles.rbac.authorization.k8s.io", "data-platform", "lakestead-operator"),
    ("create", "rolebindings.rbac.authorization.k8s.io", "data-platform", "mine"),
    ("create", "deployments.apps", "kube-system", "mine"),
    ("create", "pods/exec", "git", "git-server-0"),
    ("create", "pods/exec", "databases", "another"),
    ("create", "pods/exec", "kube-system", "coredns"),
    ("create", "pods/exec", "external-secrets", "mine"),
    ("create", "customresourcedefinitions.apiextensions.k8s.io", "", "mine"),
    ("create", "validatingwebhookconfigurations.admissionregistration.k8s.io", "", "mine"),
    ("create", "serviceaccounts/token", "flux-system", "kustomize-controller"),
    ("impersonate", "users", "", "lakestead-admin"),
    ("impersonate", "groups", "", "system:masters"),
    ("update", "leases.coordination.k8s.io", "kube-system", "kube-scheduler"),
    ("delete", "persistentvolumes", "", "rook-ceph-osd-0"),
    ("delete", "deployments.apps", "storage", "rook-ceph-tools"),
    ("delete", "helmreleases.helm.toolkit.fluxcd.io", "external-secrets", "external-secrets"),
    ("patch", "helmreleases.helm.toolkit.fluxcd.io", "external-secrets", "another"),
]
GRANTED = [
    ("get", "secrets", "data-platform", "lakehouse-s3"),
    ("patch", "secrets", "lakestead-secrets", "lakehouse-s3"),
    ("get", "roles.rbac.authorization.k8s.io", "lakestead-secrets", "lakestead-secrets"),
    ("patch", "secrets", "storage", "lakehouse-backups-s3"),
    ("patch", "helmreleases.helm.toolkit.fluxcd.io", "external-secrets", "external-secrets"),
    ("patch", "helmrepositories.source.toolkit.fluxcd.io", "external-secrets", "external-secrets"),
    ("list", "events", "external-secrets", ""),
    ("get", "pods/log", "external-secrets", "any"),
    ("list", "daemonsets.apps", "", ""),
    ("create", "pods/portforward", "data-platform", "any"),
    ("create", "pods/exec", "databases", "postgresql-0"),
    ("update", "leases.coordination.k8s.io", "kube-system", "lakestead"),
]


@pytest.fixture(scope="module")
def operator(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's kubeconfig, on the lab after phase 1, which was an administrator's."""
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    granted = lab.lakestead(
        "lab", "kubectl", "apply", "--server-side", "--kustomize", "permissions"
    )
    assert granted.returncode == 0, said(granted)
    folder = tmp_path_factory.mktemp("operator")
    return control_plane.write_operator_kubeconfig(folder / "kubeconfig")


def settings(kubeconfig: Path) -> list[str]:
    """Arguments by which a run is the operator's."""
    kube = {"kubeconfig": str(kubeconfig), "context": "lakestead-lab"}
    return ["--data", f"kube={json.dumps(kube)}"]


def test_the_operator_runs_phase_1_and_changes_nothing(lab: Lab, operator: Path) -> None:
    position = audit_position()
    for how in ("--dry", "-y"):
        done = lab.pyinfra(PHASE, how, *settings(operator))
        assert done.returncode == 0, said(done)[-6000:]
        assert "may not" not in said(done).replace("Detected changes may not include", "")
    assert writes_since(position) == []


def test_the_operator_makes_anew_what_is_missing(lab: Lab, operator: Path) -> None:
    secret = ObjectRef("v1", "Secret", "lakehouse-s3", "lakestead-secrets")
    source = ObjectRef("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "flux-system")
    for ref in (secret, source):
        assert lab.api().delete(ref)
    arguments = (PHASE, "-i", "inventories/lab.py", "--yes", "--no-diff", *settings(operator))
    done = lab.lakestead("apply", *arguments)
    assert done.returncode == 0, said(done)[-6000:]
    assert all(lab.api().get(ref) for ref in (secret, source))
    assert "unknown" in lab.lakestead("capacity", *arguments[1:3], *settings(operator)).stdout


@pytest.mark.parametrize(("asked", "answer"), [(REFUSED, False), (GRANTED, True)])
def test_what_an_operator_may(
    operator: Path, asked: list[tuple[str, str, str, str]], answer: bool
) -> None:
    api = Api.from_kubeconfig(str(operator))
    assert [each for each in asked if may(api, *each) is not answer] == []


def test_tried_for_real_it_is_refused(operator: Path) -> None:
    api = Api.from_kubeconfig(str(operator))
    cluster_role = "rbac.authorization.k8s.io/v1", "ClusterRole"
    everything = {"rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}
    tries: list[Any] = [
        lambda: api.get(ObjectRef("v1", "Secret", "git-server", "git")),
        lambda: api.delete(ObjectRef("v1", "Namespace", "data-platform")),
        lambda: api.patch(ObjectRef("v1", "Node", "lakestead"), {"spec": {"unschedulable": True}}),
        lambda: api.patch(ObjectRef(*cluster_role, "lakestead-operator"), everything),
    ]
    for tried in tries:
        with pytest.raises(ApiError, match="may not") as caught:
            tried()
        assert caught.value.status == 403


def may(api: Api, verb: str, resource: str, namespace: str, name: str) -> bool:
    """What the API server says about itself."""
    full, _, subresource = resource.partition("/")
    plural, _, group = full.partition(".")
    asked = {
        "verb": verb,
        "group": group,
        "resource": plural,
        "subresource": subresource,
        "namespace": namespace,
        "name": name,
    }
    answer = api.raw(
        "POST",
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        body={
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": asked},
        },
    )
    return bool(answer["status"]["allowed"])
