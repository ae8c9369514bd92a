"""The Jobs of backup, restore and drill: what they run, as whom, and what they must not carry."""

from __future__ import annotations

from typing import Any, cast

import pytest
import yaml

from lakestead.backup import jobs
from lakestead.kube.client import Api, ObjectRef
from lakestead.plan.backup import Manifest
from lakestead.settings import Settings
from tests.unit.backup.test_faults import GOOD

LABELS = {
    "app.kubernetes.io/name": "hive-metastore",
    "app.kubernetes.io/instance": "hive-metastore",
}
DEPLOYMENT = {
    "spec": {
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {
                "automountServiceAccountToken": False,
                "initContainers": [
                    {"name": "schema", "env": [{"name": "PGDATABASE", "value": "m"}]}
                ],
                "containers": [
                    {
                        "name": "metastore",
                        "env": [{"name": "PGDATABASE", "value": "m"}, {"name": "A", "value": "b"}],
                        "resources": {"limits": {"memory": "4Gi"}},
                        "startupProbe": {"exec": {"command": ["metastore-warm", "40"]}},
                    }
                ],
                "affinity": {"podAntiAffinity": {}},
            },
        }
    }
}


class Cluster:
    """As much of a cluster as is asked for."""

    def raw(self, method: str, path: str) -> dict[str, Any]:
        return {"metadata": {"uid": "our-uid"}}

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        return DEPLOYMENT if ref.kind == "Deployment" else None


@pytest.fixture
def cluster() -> Api:
    return cast(Api, Cluster())


def env(container: dict[str, Any]) -> dict[str, Any]:
    names = [item["name"] for item in container["env"]]
    assert len(set(names)) == len(names)
    return {item["name"]: item.get("value", item.get("valueFrom")) for item in container["env"]}


def test_the_cronjob_is_restricted_and_holds_no_secret(settings: Settings) -> None:
    cron = yaml.safe_load(jobs.app_files(settings, "our-uid")[f"{jobs.APP}/app/cronjob.yaml"])
    pod = cron["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    [container] = pod["containers"]

    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert set(env(container)["PGPASSWORD"]) == {"secretKeyRef"}
    assert env(container)["CLUSTER"] == "our-uid"
    assert cron["spec"]["concurrencyPolicy"] == "Forbid"


def test_a_restore_is_done_by_the_owner_into_the_database_that_is_named(
    cluster: Api, settings: Settings
) -> None:
    manifest = Manifest.model_validate(GOOD)

    job = jobs.restore_job(cluster, settings, manifest, "metastore_drill_1", "drill")

    [container] = job["spec"]["template"]["spec"]["containers"]
    values = env(container)
    assert container["command"] == ["metadata-restore"]
    assert values["PGDATABASE"] == "metastore_drill_1"
    assert values["BACKUP_SHA256"] == manifest.sha256
    assert values["PGUSER"]["secretKeyRef"]["name"] == settings.metastore.database.secret
    assert job["metadata"]["labels"] == {jobs.TEMPORARY: "drill"}
    assert job["spec"]["template"]["metadata"]["labels"] == {jobs.TEMPORARY: "drill"}


def test_a_second_metastore_is_the_first_but_for_its_database_and_gets_none_of_its_requests(
    cluster: Api, settings: Settings
) -> None:
    job = jobs.metastore_job(cluster, settings, "drill-1", "metastore_drill_1", "512Mi")

    template = job["spec"]["template"]
    pod = template["spec"]
    assert not set(template["metadata"]["labels"]) & set(LABELS)
    for container in [*pod["initContainers"], *pod["containers"]]:
        assert env(container)["PGDATABASE"] == "metastore_drill_1"
        assert container["resources"]["limits"] == {"memory": "512Mi"}
    assert env(pod["containers"][0])["A"] == "b"
    assert "affinity" not in pod
    assert pod["restartPolicy"] == "Never"
    # The Deployment that was read is as it was.
    assert DEPLOYMENT["spec"]["template"]["metadata"]["labels"] == LABELS
