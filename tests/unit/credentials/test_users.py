"""Which pods keep an old credential from being revoked."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.credentials.copies import Copy
from lakestead.credentials.users import ROLLED_OUT, uses, with_the_old_one
from lakestead.kube.client import ObjectRef

COPY = Copy(
    ("username", "password"),
    ObjectRef("v1", "Secret", "db", "kept"),
    ObjectRef("v1", "Secret", "db", "apps"),
)
CHANGED, BEFORE, AFTER = "2026-11-21T20:00:00Z", "2026-11-21T19:59:00Z", "2026-11-21T20:00:30Z"
ENVIRONMENT = {"env": [{"name": "P", "valueFrom": {"secretKeyRef": {"name": "db", "key": "p"}}}]}


def pod(
    name: str = "web-1",
    started: str = BEFORE,
    said: str = "",
    phase: str = "Running",
    **spec: Any,
) -> dict[str, Any]:
    return {
        "metadata": {"name": name, "annotations": {ROLLED_OUT: said} if said else {}},
        "spec": spec or {"containers": [ENVIRONMENT]},
        "status": {
            "phase": phase,
            "containerStatuses": [{"state": {"running": {"startedAt": started}}}],
        },
    }


class Cluster:
    def __init__(self, *pods: dict[str, Any]) -> None:
        self.pods = pods

    def get(self, ref: ObjectRef) -> dict[str, Any]:
        assert ref == COPY.target
        made = {"time": BEFORE}, {"time": CHANGED}, {}
        return {"metadata": {"creationTimestamp": BEFORE, "managedFields": list(made)}}

    def list(self, version: str, kind: str, namespace: str) -> list[dict[str, Any]]:
        assert namespace == "apps"
        return list(self.pods)


@pytest.mark.parametrize(
    ("found", "old"),
    [
        (pod(started=BEFORE), True),
        (pod(started=AFTER), False),
        # A kubelet may have seen the change a moment later.
        (pod(started="2026-11-21T20:00:04Z"), True),
        # What it says it was started with counts for more than the time.
        (pod(started="2026-11-21T20:00:04Z", said="new"), False),
        (pod(started=BEFORE, said="of-another,new"), False),
        (pod(started=AFTER, said="old"), True),
        (pod(phase="Succeeded"), False),
        (pod(containers=[{"name": "other"}]), False),
    ],
)
def test_who_has_the_old_one(found: dict[str, Any], old: bool) -> None:
    names = with_the_old_one(Cluster(found), COPY, "new")  # type: ignore[arg-type]
    assert bool(names) is old
    assert all("web-1" in name for name in names)


@pytest.mark.parametrize(
    "spec",
    [
        {"containers": [ENVIRONMENT]},
        {"containers": [], "initContainers": [ENVIRONMENT]},
        {"containers": [{"envFrom": [{"secretRef": {"name": "db"}}]}]},
        {"containers": [], "volumes": [{"secret": {"secretName": "db"}}]},
        {"containers": [], "volumes": [{"projected": {"sources": [{"secret": {"name": "db"}}]}}]},
    ],
)
def test_every_way_to_use_a_secret_is_seen(spec: dict[str, Any]) -> None:
    assert uses({"spec": spec}, "db")
    assert not uses({"spec": spec}, "another")
