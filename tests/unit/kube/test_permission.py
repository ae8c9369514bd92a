"""A permission that is missing is named as the rule that grants it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.permission import missing
from lakestead.lab.pki import Authority
from tests.api_server import ApiServer


@pytest.mark.parametrize(
    ("message", "what", "rule"),
    [
        (
            'deployments.apps is forbidden: User "ann" cannot list resource "deployments" in API '
            'group "apps" at the cluster scope',
            "ann may not list deployments.apps in the whole cluster",
            "a ClusterRole, bound to this user, with\n"
            "{apiGroups: [apps], resources: [deployments], verbs: [list]}",
        ),
        (
            'pods "x" is forbidden: User "ann" cannot create resource "pods/exec" in API group "" in '
            'the namespace "storage"',
            "ann may not create pods/exec in namespace storage",
            "a Role in namespace storage, bound to this user, with\n"
            '{apiGroups: [""], resources: [pods/exec], verbs: [create]}',
        ),
    ],
)
def test_what_the_server_says_becomes_a_rule(message: str, what: str, rule: str) -> None:
    found = missing(message)
    assert found is not None
    assert (found.what, found.rule) == (what, rule)


def test_other_refusals_name_no_permission() -> None:
    assert missing('pods "x" is forbidden: exceeded quota: compute') is None


@pytest.fixture
def ann(api_server: ApiServer, tmp_path: Path) -> Api:
    """The API as a user who may do nothing."""
    files = Authority(api_server.folder / "pki").issue("ann", user="ann")
    config = yaml.safe_load(api_server.kubeconfig.read_text())
    config["users"][0]["user"] = {
        "client-certificate": str(files.certificate),
        "client-key": str(files.key),
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    return Api.from_kubeconfig(str(tmp_path / "kubeconfig"))


def test_a_real_server_says_it_so(ann: Api) -> None:
    with pytest.raises(ApiError) as caught:
        ann.get(ObjectRef("v1", "Secret", "key", "default"))
    assert "ann may not get secrets in namespace default" in str(caught.value)
    assert '{apiGroups: [""], resources: [secrets], verbs: [get]}' in str(caught.value)
    assert "docs/permissions.md" in str(caught.value)
