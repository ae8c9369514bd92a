"""Whether the phase before is healthy."""

from __future__ import annotations

from lakestead.credentials.copies import copies, lag
from lakestead.flux.kinds import flux_ref
from lakestead.flux.progress import condition
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api, ObjectRef
from lakestead.settings import Settings
from lakestead.settings.spark import RELEASE as OPERATOR
from lakestead.spark.application import SCRIPTS

_PHASE2 = "run pyinfra INVENTORY deploys/phase2.py; without it: execute 3.1 and 3.2, or deploys/objectives/"
_DO = "run pyinfra INVENTORY deploys/phase1.py, which puts it right or says why it cannot"


def phase1_gates(api: Api, settings: Settings) -> list[Gate]:
    """The metastore's release is ready, a replica serves, and its pods have what is kept."""
    section = settings.metastore
    return [
        release_ready(
            api, "The Hive Metastore (phase 1) is healthy", section.release, section.namespace
        ),
        replica_serves(
            api, "The Hive Metastore (phase 1) serves", section.release, section.namespace
        ),
        _credentials(api, settings),
    ]


def phase2_gates(api: Api, settings: Settings, ingest: str) -> list[Gate]:
    """The Spark Operator's release and Airflow's are ready, and the DAG with its job is there.

    + settings: with the sections of phase 2
    + ingest: the job's script, as it is now
    """
    found = []
    if settings.spark is not None:
        name, namespace = "The Spark Operator (phase 2) is healthy", settings.metastore.namespace
        found.append(release_ready(api, name, OPERATOR, namespace, _PHASE2))
        found.append(_script(api, settings.spark.namespace, ingest))
    if settings.airflow is not None:
        name, section = "The homelab's Airflow (phase 2) is healthy", settings.airflow
        found.append(release_ready(api, name, section.name, section.namespace, _PHASE2))
    return found


def _script(api: Api, namespace: str, wanted: str) -> Gate:
    name = "The jobs of phase 2 are those of today"
    ref = ObjectRef("v1", "ConfigMap", SCRIPTS, namespace)
    there = api.get(ref)
    if there is None:
        return Gate(name, "fail", str(ref), "it is not there", "ingest.py", _PHASE2)
    same = (there.get("data") or {}).get("ingest.py") == wanted
    said = "ingest.py as it is here" if same else "ingest.py is another one"
    return Gate(
        name,
        "pass" if same else "fail",
        str(ref),
        said,
        "ingest.py as it is here",
        "" if same else _PHASE2,
    )


def release_ready(api: Api, name: str, release: str, namespace: str, do: str = _DO) -> Gate:
    """A HelmRelease is ready.

    + name: of the gate
    + do: what to do where it is not
    """
    ref = flux_ref("HelmRelease", release, namespace)
    wanted = "Ready"
    if api.served(ref.api_version, ref.kind) is None:
        return Gate(name, "fail", str(ref), "the cluster has no HelmReleases", wanted, do)
    found = api.get(ref)
    if found is None:
        return Gate(name, "fail", str(ref), "it is not there", wanted, do)
    ready = condition(found, "Ready")
    said = f"Ready {ready.get('status', 'unknown')}: {ready.get('message', 'no message')}"
    answer = "pass" if ready.get("status") == "True" else "fail"
    return Gate(name, answer, str(ref), said, wanted, "" if answer == "pass" else do)  # type: ignore[arg-type]


def replica_serves(api: Api, name: str, deployment: str, namespace: str, do: str = _DO) -> Gate:
    """One pod of a Deployment is ready at least: a release is Ready long after its pods are away.

    + name: of the gate
    + do: what to do where none is
    """
    ref = ObjectRef("apps/v1", "Deployment", deployment, namespace)
    wanted = "one replica at least"
    found = api.get(ref)
    if found is None:
        return Gate(name, "fail", str(ref), "it is not there", wanted, do)
    ready = (found.get("status") or {}).get("readyReplicas", 0)
    said = f"{ready} of {found['spec'].get('replicas', 1)} replicas are ready"
    return Gate(name, "pass" if ready else "fail", str(ref), said, wanted, "" if ready else do)


def _credentials(api: Api, settings: Settings) -> Gate:
    name, looked_at = "The platform's credentials are there", "Secrets and their copies"
    behind = [reason for copy in copies(settings) if (reason := lag(api, copy))]
    if behind:
        return Gate(name, "fail", looked_at, "\n".join(behind), "all as they are kept", _DO)
    return Gate(name, "pass", looked_at, "all as they are kept")
