"""Is the phase before healthy? A HelmRelease as Flux shows it."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.gates.phases import release_ready
from lakestead.kube.client import ObjectRef


class Told:
    """An API with one HelmRelease, or none, or without its kind."""

    def __init__(self, release: dict[str, Any] | None, served: bool = True) -> None:
        self.release, self.kind_is_served = release, served

    def served(self, api_version: str, kind: str) -> object | None:
        return object() if self.kind_is_served else None

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        assert str(ref) == "HelmRelease data-platform/hive-metastore"
        return self.release


def release(status: str, message: str) -> dict[str, Any]:
    return {"status": {"conditions": [{"type": "Ready", "status": status, "message": message}]}}


@pytest.mark.parametrize(
    ("api", "answer", "saw"),
    [
        (Told(release("True", "Helm install succeeded")), "pass", "Helm install succeeded"),
        (Told(release("False", "context deadline exceeded")), "fail", "context deadline exceeded"),
        (Told({}), "fail", "Ready unknown"),
        (Told(None), "fail", "it is not there"),
        (Told(None, served=False), "fail", "no HelmReleases"),
    ],
)
def test_only_a_release_that_is_ready_is_healthy(api: Told, answer: str, saw: str) -> None:
    gate = release_ready(api, "The metastore is healthy", "hive-metastore", "data-platform")  # type: ignore[arg-type]
    assert gate.answer == answer
    assert saw in gate.saw
    assert bool(gate.do) == (answer != "pass")
