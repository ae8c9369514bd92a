"""A credential with the notes on its replacement, on a real API server."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest

from lakestead.credentials.copies import Copy
from lakestead.credentials.kept import BEGUN, MADE_AT, RETIRING, read
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.operations.rotation import begin, finish, publish
from lakestead.plan.rotation import fingerprint
from tests.api_server import ApiServer

OLD, NEW = {"username": "a", "password": "old"}, {"username": "a_2", "password": "new"}


@pytest.fixture
def api(api_server: ApiServer) -> Api:
    return Api.from_kubeconfig(str(api_server.kubeconfig))


@pytest.fixture
def copy(api: Api) -> Copy:
    """A Secret as ``lakestead.metastore.credentials`` makes it, in a namespace of its own."""
    namespace = f"kept-{uuid.uuid4().hex[:8]}"
    api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
    ref = ObjectRef("v1", "Secret", "db", namespace)
    make(api, ref, {"app.kubernetes.io/managed-by": "lakestead"})
    return Copy(("username", "password"), ref, ref)


def make(api: Api, ref: ObjectRef, labels: dict[str, str]) -> None:
    metadata = {"name": ref.name, "labels": labels}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": OLD}
    api.raw("POST", f"/api/v1/namespaces/{ref.namespace}/secrets", body=body)


def entries(api: Api, copy: Copy) -> dict[str, Any]:
    found = api.get(copy.source)
    assert found is not None
    return {key: base64.b64decode(value).decode() for key, value in found["data"].items()}


def test_all_that_a_killed_rotation_must_know_is_in_the_secret(api: Api, copy: Copy) -> None:
    assert not read(api, copy).notes
    begin(api, copy, "a_2", {"next-password": "new"})
    begin(api, copy, "a_2", {"next-password": "new"})  # of a run that goes on
    assert read(api, copy).notes == {BEGUN: "a_2"}
    assert entries(api, copy) == {**OLD, "next-password": "new"}

    publish(api, copy, NEW)
    kept = read(api, copy)
    assert entries(api, copy) == NEW
    assert kept.notes.keys() == {MADE_AT, RETIRING}
    assert kept.age.retiring == fingerprint("a")

    finish(api, copy)
    kept = read(api, copy)
    assert entries(api, copy) == NEW
    assert (kept.notes.keys(), kept.age.retiring) == ({MADE_AT}, "")


def test_what_somebody_changed_meanwhile_is_not_written_over(api: Api, copy: Copy) -> None:
    kept = read(api, copy)
    theirs = base64.b64encode(b"theirs").decode()
    api.patch(copy.source, {"data": {"password": theirs}})
    with pytest.raises(LakesteadError):
        kept.write(api, NEW, {})
    assert entries(api, copy)["password"] == "theirs"


def test_a_secret_of_somebody_else_is_refused(api: Api, copy: Copy) -> None:
    api.delete(copy.source)
    with pytest.raises(LakesteadError, match="nothing to replace"):
        read(api, copy)
    make(api, copy.source, {"app.kubernetes.io/managed-by": "Helm"})
    with pytest.raises(LakesteadError, match="was not made by Lakestead"):
        read(api, copy)
