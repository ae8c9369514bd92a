"""The Jobs of backup, restore and drill, made from the CronJob and from the metastore's Deployment."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import yaml

from lakestead.backup.settings import required
from lakestead.errors import LakesteadError
from lakestead.gitops.render import render
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.identity import cluster_uid
from lakestead.kube.status import pod_reason
from lakestead.kube.wait import wait_for
from lakestead.metastore.deployment import deployment
from lakestead.metastore.egress import egress_namespaces
from lakestead.plan.backup import Manifest
from lakestead.settings import Settings

APP = "kubernetes/apps/data-platform/metadata-backup"
TEMPORARY = "lakestead.io/temporary"
"""Label of what a drill or a recovery makes and removes."""
FORGOTTEN = 600
"""Seconds after which Kubernetes itself deletes a temporary Job that has ended."""


def app_files(settings: Settings, cluster: str) -> dict[str, bytes]:
    """The CronJob and what belongs to it: path in the homelab repo → content.

    + cluster: who the cluster is; each backup's manifest says it
    """
    return render(
        APP,
        backup=required(settings),
        flux=settings.flux,
        metastore=settings.metastore,
        s3=settings.object_storage,
        cluster=cluster,
        monitoring=settings.monitoring,
        egress_namespaces=egress_namespaces(settings),
        temporary=TEMPORARY,
    )


def backup_job(api: Api, settings: Settings, backup: str) -> dict[str, Any]:
    """The Job that the CronJob in the cluster would start, now and with a name of ours.

    + backup: the ID that the backup will have
    """
    ref = ObjectRef("batch/v1", "CronJob", required(settings).name, settings.metastore.namespace)
    cron = api.get(ref)
    if cron is None:
        raise LakesteadError(
            f"{ref} is not there",
            expected="the CronJob that makes backups",
            do="run the whole of objective 1.4, or phase 1",
        )
    job = _job(cron, ref, f"{ref.name}-{backup}")
    job["metadata"]["annotations"] = {"cronjob.kubernetes.io/instantiate": "manual"}
    _set(_container(job), {"BACKUP_ID": backup})
    return job


def restore_job(
    api: Api, settings: Settings, manifest: Manifest, database: str, owner: str
) -> dict[str, Any]:
    """The Job that restores a backup into ``database``, as the user who owns that.

    Rendered, and not copied from the cluster: it must work where nothing is left there.

    + owner: what of Lakestead's makes it: ``drill`` or ``recover``
    """
    backup = required(settings)
    text = app_files(settings, cluster_uid(api))[f"{APP}/app/cronjob.yaml"]
    cron = yaml.safe_load(text)
    ref = ObjectRef("batch/v1", "CronJob", backup.name, settings.metastore.namespace)
    job = _job(cron, ref, f"{backup.name}-restore-{manifest.id}")
    _temporary(job, owner)
    job["spec"]["backoffLimit"] = 1
    container = _container(job)
    container["command"] = ["metadata-restore"]
    secret = settings.metastore.database.secret
    _set(
        container,
        {
            "PGDATABASE": database,
            "PGAPPNAME": "metadata-restore",
            "BACKUP_ID": manifest.id,
            "BACKUP_SHA256": manifest.sha256,
        },
        {"PGUSER": (secret, "username"), "PGPASSWORD": (secret, "password")},
    )
    return job


def metastore_job(
    api: Api, settings: Settings, name: str, database: str, memory: str
) -> dict[str, Any]:
    """A second metastore as the first one is, but for its database and its memory.

    It carries none of the first one's labels, so that no Service sends it anything.
    """
    ref = deployment(settings.metastore)
    found = api.get(ref)
    if found is None:
        raise LakesteadError(
            f"{ref} is not there", do="run phase 1, or execute objective 1.2, before this"
        )
    spec = copy.deepcopy(found["spec"]["template"]["spec"])
    spec["restartPolicy"] = "Never"
    for key in ("affinity", "topologySpreadConstraints", "priorityClassName", "priority"):
        spec.pop(key, None)
    for container in spec["containers"]:
        # Only the drill asks it: it need not be warm.
        container["startupProbe"]["exec"]["command"] = ["metastore-call", "getStatus"]
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        _set(container, {"PGDATABASE": database})
        requests = (container.get("resources") or {}).get("requests") or {}
        container["resources"] = {
            "requests": {**requests, "memory": memory},
            "limits": {"memory": memory},
        }
    job: dict[str, Any] = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": ref.namespace},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": required(settings).timeout * 2,
            "template": {"metadata": {}, "spec": spec},
        },
    }
    _temporary(job, "drill")
    return job


def create(api: Api, job: Mapping[str, Any]) -> ObjectRef:
    """Make a Job; one of its name that is there already goes on."""
    ref = ObjectRef.of(job)
    if api.get(ref) is None:
        api.raw("POST", f"/apis/batch/v1/namespaces/{ref.namespace}/jobs", body=job)
    return ref


def wait_done(api: Api, ref: ObjectRef, timeout: float, say: Callable[[str], None]) -> None:
    """Until a Job is complete; raises LakesteadError with the pod's last lines where it fails."""
    say(f"{ref}")

    def look() -> tuple[bool, str]:
        job = api.get(ref)
        if job is None:
            raise LakesteadError(f"{ref} is gone", do="run again")
        for condition in (job.get("status") or {}).get("conditions") or []:
            if condition["status"] == "True" and condition["type"] == "Complete":
                return True, ""
            if condition["status"] == "True" and condition["type"] == "Failed":
                raise LakesteadError(
                    f"{ref} failed: {condition.get('reason') or 'no reason given'}",
                    found=last_words(api, ref),
                    do=f"kubectl --namespace {ref.namespace} describe job {ref.name}",
                )
        return False, last_words(api, ref)

    wait_for(f"{ref} to end", look, timeout, interval=0.5)


def ready_pod_of(api: Api, ref: ObjectRef, timeout: float, say: Callable[[str], None]) -> str:
    """The name of a Job's pod, once it is ready."""
    say(f"{ref}: its pod")
    name = ""

    def look() -> tuple[bool, str]:
        nonlocal name
        for pod in pods(api, ref):
            status = pod.get("status") or {}
            if status.get("phase") in ("Failed", "Succeeded"):
                raise LakesteadError(f"{ref} ended too early", found=last_words(api, ref))
            for condition in status.get("conditions") or []:
                if condition["type"] == "Ready" and condition["status"] == "True":
                    name = pod["metadata"]["name"]
                    return True, ""
        return False, last_words(api, ref)

    wait_for(f"the pod of {ref} to be ready", look, timeout, interval=0.5)
    return name


def pods(api: Api, ref: ObjectRef) -> list[dict[str, Any]]:
    """A Job's pods."""
    selector = f"batch.kubernetes.io/job-name={ref.name}"
    return api.list("v1", "Pod", ref.namespace, label_selector=selector)


def last_words(api: Api, ref: ObjectRef) -> str:
    """Of each pod of a Job its reason, and of a failed one the end of its log."""
    lines = []
    for pod in pods(api, ref):
        name = pod["metadata"]["name"]
        lines.append(f"pod {name}: {pod_reason(pod)}")
        if (pod.get("status") or {}).get("phase") == "Failed":
            try:
                lines.append(api.logs(str(ref.namespace), name, tail=8).strip())
            except LakesteadError as error:
                lines.append(error.what)
    return "\n".join(lines) or "no pod yet"


def remove_killed(api: Api, settings: Settings) -> None:
    """Delete what killed drills and recoveries have left; call it by who has the cluster's lock."""
    for owner in ("drill", "recover"):
        remove_temporary(api, settings, owner)


def remove_temporary(api: Api, settings: Settings, owner: str) -> list[str]:
    """Delete what drills or recoveries have left, with their pods; the names."""
    namespace = settings.metastore.namespace
    jobs = api.list("batch/v1", "Job", namespace, label_selector=f"{TEMPORARY}={owner}")
    for job in jobs:
        api.delete(ObjectRef.of(job))
    return [f"Job {namespace}/{job['metadata']['name']}" for job in jobs]


def _job(cron: Mapping[str, Any], ref: ObjectRef, name: str) -> dict[str, Any]:
    template = copy.deepcopy(cron["spec"]["jobTemplate"])
    labels = dict((template.get("metadata") or {}).get("labels") or {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": ref.namespace, "labels": labels},
        "spec": template["spec"],
    }


def _temporary(job: dict[str, Any], owner: str) -> None:
    labels = {TEMPORARY: owner}
    job["metadata"]["labels"] = labels
    job["spec"]["template"]["metadata"] = {"labels": labels}
    job["spec"]["ttlSecondsAfterFinished"] = FORGOTTEN


def _container(job: Mapping[str, Any]) -> dict[str, Any]:
    container: dict[str, Any] = job["spec"]["template"]["spec"]["containers"][0]
    return container


def _set(
    container: dict[str, Any],
    values: Mapping[str, str],
    secrets: Mapping[str, tuple[str, str]] | None = None,
) -> None:
    """Set variables of a container's environment, in the place of those of the same name."""
    new: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in values.items()]
    new += [
        {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
        for name, (secret, key) in (secrets or {}).items()
    ]
    names = {item["name"] for item in new}
    old = [item for item in container.get("env") or [] if item["name"] not in names]
    container["env"] = old + new
