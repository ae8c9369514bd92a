"""What is sent to server-side apply, and how its refusals are told."""

from __future__ import annotations

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import ApiError, ObjectRef
from lakestead.kube.dry_run import apply_error, prepared


def test_a_secret_is_sent_as_data() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "creationTimestamp": None},
        "data": {"a": "YQ=="},
        "stringData": {"b": "b"},
        "status": {},
    }
    assert prepared(secret) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s"},
        "data": {"a": "YQ==", "b": "Yg=="},
    }
    assert "stringData" in secret


def test_what_is_no_object() -> None:
    with pytest.raises(LakesteadError, match="names no object"):
        prepared({"kind": "ConfigMap", "metadata": {}})


def test_conflicts_name_field_and_owner() -> None:
    cause = {
        "reason": "FieldManagerConflict",
        "field": ".spec.replicas",
        "message": 'conflict with "kubectl" using apps/v1',
    }
    refusal = ApiError("409", status=409, reason="Conflict", body={"details": {"causes": [cause]}})

    told = str(apply_error(ObjectRef("apps/v1", "Deployment", "web", "demo"), refusal))

    assert "Deployment demo/web is managed by somebody else too" in told
    assert '.spec.replicas: conflict with "kubectl"' in told
    assert "take_over=('Deployment demo/web: .spec.replicas',)" in told
