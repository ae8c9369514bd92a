"""Airflow: a DAG, a connection and permissions, added to the one that the homelab has."""

from __future__ import annotations

from typing import Any

from pyinfra import host

from lakestead.airflow.dags import CONFIG_MAP, additions, required
from lakestead.airflow.dags import files as dag_files
from lakestead.gates.check import Check
from lakestead.gates.gate import Gate, require
from lakestead.gates.phases import release_ready
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.operations import airflow, flux, gitops
from lakestead.settings import Settings
from lakestead.spark.application import required as spark_required

APP = "kubernetes/apps/airflow-dags"
KUSTOMIZATION = "airflow-dags"
MESSAGE = """\
Add a DAG with Spark jobs to Airflow (objective 2.3)

The release of the homelab's own Airflow gets a connection and a volume; the rest of it is as it was.
"""
DO = (
    "see kubectl describe helmrelease; in the lab: lakestead lab add airflow. "
    "Without an Airflow: take the section airflow out of the settings"
)


def healthy() -> None:
    """The gate: the homelab's Airflow is there and well."""
    section = Settings.of(host).airflow
    if "cluster" not in host.groups or section is None:
        return
    name, cluster = "The homelab's Airflow is healthy", api(host)

    def look() -> Gate:
        return release_ready(cluster, name, section.name, section.namespace, DO)

    gate = look()
    if "Ready Unknown" in gate.saw:  # Flux is at it
        gate = Check(name, gate.looked_at, look, do=DO, retries=section.timeout // 2).ask()
    require([gate])


def deploy() -> None:
    """Everything of objective 2.3; call it for every host. Nothing without a section ``airflow``."""
    settings = Settings.of(host)
    if settings.airflow is None:
        return
    section = required(settings)
    added: dict[str, Any] = {
        "files": files(settings),
        "items": {section.file: additions(settings)},
        "prune": [f"{APP}/app"],
        "message": MESSAGE,
    }
    gitops.expect(**added)
    if "workstation" in host.groups:
        gitops.files(name="Airflow: DAG, connection and role in the homelab repo", **added)
    if "cluster" in host.groups:
        for kind, name, namespace in (
            ("Kustomization", KUSTOMIZATION, settings.flux.namespace),
            ("HelmRelease", section.name, section.namespace),
        ):
            flux.reconcile(
                name=f"Airflow: wait until {kind} {name} is ready",
                kind=kind,
                object_name=name,
                namespace=namespace,
                timeout=section.timeout,
            )
    if "workstation" in host.groups:
        airflow.dag_run(name="Airflow: run the DAG once, which runs a Spark job")


def files(settings: Settings) -> dict[str, bytes]:
    """Path in the homelab repo → content."""
    section, carried = required(settings), dag_files(settings)
    found = render(
        APP,
        flux=settings.flux,
        airflow=section,
        spark=spark_required(settings),
        config_map=CONFIG_MAP,
        dags=sorted(carried),
    )
    return found | {f"{APP}/app/dags/{name}": text.encode() for name, text in carried.items()}
