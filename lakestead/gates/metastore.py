"""Whether phase 1 is there and healthy, on which the later phases build."""

from __future__ import annotations

from lakestead.flux.kinds import flux_ref
from lakestead.flux.progress import condition
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api, ObjectRef
from lakestead.settings import Settings


def phase_1_healthy(api: Api, settings: Settings) -> list[Gate]:
    """The metastore's release is ready and a replica serves; pods have the key of the buckets."""
    return [_metastore(api, settings), _key(api, settings)]


def _metastore(api: Api, settings: Settings) -> Gate:
    section = settings.metastore
    release = flux_ref("HelmRelease", section.release, section.namespace)
    deployment = ObjectRef("apps/v1", "Deployment", section.release, section.namespace)
    found, running = api.get(release), api.get(deployment)
    if found is None or running is None:
        saw, healthy = f"no {release if found is None else deployment}", False
    else:
        ready = condition(found, "Ready")
        serving = (running.get("status") or {}).get("readyReplicas", 0)
        wanted = running["spec"].get("replicas", 1)
        saw = (
            f"release Ready={ready.get('status', 'Unknown')}; {serving} of {wanted} replicas serve"
        )
        healthy = ready.get("status") == "True" and serving > 0
    return Gate(
        name="The Hive Metastore of phase 1 is healthy",
        answer="pass" if healthy else "fail",
        looked_at=f"{release}, {deployment}",
        saw=saw,
        wanted="release Ready, one replica at least",
        do="pyinfra INVENTORY deploys/phase1.py",
    )


def _key(api: Api, settings: Settings) -> Gate:
    name = settings.object_storage.user.secret.partition("/")[2]
    ref = ObjectRef("v1", "Secret", name, settings.metastore.namespace)
    there = api.get(ref) is not None
    return Gate(
        name="Pods have the key of the buckets",
        answer="pass" if there else "fail",
        looked_at=str(ref),
        saw="it is there" if there else "it is not there",
        wanted="the key that phase 1 makes",
        do="pyinfra INVENTORY deploys/phase1.py",
    )
