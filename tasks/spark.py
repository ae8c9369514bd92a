"""Spark: its operator and its jobs' namespace in the homelab repo, and the sample jobs that prove them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pyinfra import host

from lakestead.credentials.copies import spark_copy
from lakestead.errors import WrongUsage
from lakestead.gates.gate import require
from lakestead.gates.images import images_gate
from lakestead.gates.monitoring import monitoring_kinds
from lakestead.gates.phases import phase1_gates
from lakestead.gitops.render import render
from lakestead.kube.session import api
from lakestead.operations import external_secrets, flux, gitops, kube, spark
from lakestead.settings import Settings
from lakestead.spark.application import SCRIPTS, SERVICE_ACCOUNT, required

COMPONENT = "spark-operator"
JOBS = Path(__file__).resolve().parents[1] / "jobs"
OPERATOR_APP = "kubernetes/apps/data-platform/spark-operator"
JOBS_APP = "kubernetes/apps/spark"
MESSAGE = """\
Deploy the Spark Operator (objective 2.1)

Jobs are SparkApplications in a namespace of their own, with a quota; their scripts lie beside it.
"""


def healthy() -> None:
    """The gates before phase 2: what phase 1 has brought is there and well, and so are the images."""
    settings = Settings.of(host)
    if "cluster" in host.groups:
        section, cluster = required(settings), api(host)
        images = [section.image, *filter(None, [section.operator.image])]
        policy = section.image_pull_policy
        never = images_gate(cluster, [(image, policy) for image in images])
        require([*phase1_gates(cluster, settings), never])


def deploy() -> None:
    """Everything of objective 2.1; call it for every host."""
    settings = Settings.of(host)
    section = required(settings)
    if "cluster" in host.groups and settings.monitoring.prometheus_operator:
        require([monitoring_kinds(api(host))])
    release: dict[str, Any] = {
        "files": files(settings),
        "resources": {
            "kubernetes/apps/data-platform/kustomization.yaml": ["./spark-operator/ks.yaml"]
        },
        "prune": [f"{JOBS_APP}/spark-jobs/app/jobs"],
        "message": MESSAGE,
    }
    gitops.expect(**release)
    if "workstation" in host.groups:
        gitops.files(name="Spark: operator, quota and jobs in the homelab repo", **release)
    if "cluster" not in host.groups:
        return
    for kind, name, namespace in (
        ("Kustomization", "spark-jobs", settings.flux.namespace),
        ("Kustomization", COMPONENT, settings.flux.namespace),
        ("HelmRelease", COMPONENT, settings.metastore.namespace),
    ):
        flux.reconcile(
            name=f"Spark: wait until {kind} {name} is ready",
            kind=kind,
            object_name=name,
            namespace=namespace,
            timeout=section.timeout,
        )
    if settings.secrets.copied_to(section.namespace):
        external_secrets.synced(
            name="Spark: wait for the Secret with the S3 key",
            timeout=settings.flux.timeout,
            secrets=[spark_copy(settings)],
        )
    else:
        kube.apply(
            name="Spark: the S3 key for the jobs",
            objects=[spark_copy(settings).manifest(api(host))],
        )


def sample() -> None:
    """Everything of objective 2.2; call it for every host."""
    if "workstation" in host.groups:
        required(Settings.of(host))
        spark.sample_jobs(name="Spark: run the sample jobs and compare what they made")


def files(settings: Settings) -> dict[str, bytes]:
    """Path in the homelab repo → content: the release, the namespace, and the jobs' scripts."""
    section = required(settings)
    scripts = {file.name: file.read_bytes() for file in sorted(JOBS.glob("*.py"))}
    found = render(
        OPERATOR_APP,
        flux=settings.flux,
        metastore=settings.metastore,
        operator=section.operator,
        release_values=values(settings),
    )
    found |= render(
        JOBS_APP,
        flux=settings.flux,
        secrets=settings.secrets,
        spark=section,
        scripts=list(scripts),
        scripts_name=SCRIPTS,
        copied=spark_copy(settings),
    )
    if not settings.secrets.copied_to(section.namespace):
        del found[f"{JOBS_APP}/spark-jobs/app/secrets.yaml"]
    return found | {
        f"{JOBS_APP}/spark-jobs/app/jobs/{name}": text for name, text in scripts.items()
    }


def values(settings: Settings) -> dict[str, Any]:
    """The chart's values: Lakestead's, with the user's merged into them."""
    section, allocation = required(settings), settings.allocations.get(COMPONENT)
    if allocation is None:
        raise WrongUsage(
            f"The settings do not say what {COMPONENT} gets",
            expected=f"allocations = {{..., {COMPONENT!r}: {{'cpu': '200m', 'memory': '512Mi'}}}}",
        )
    made: dict[str, Any] = {
        # Jobs come with pod templates, which need no webhook.
        "webhook": {"enable": False},
        "controller": {
            "replicas": allocation.replicas,
            "workers": _workers(allocation.memory.bytes),
            "env": [
                # For the JVM of each spark-submit.
                {
                    "name": "SPARK_SUBMIT_OPTS",
                    "value": "-Xmx160m -XX:+UseSerialGC -XX:TieredStopAtLevel=1",
                }
            ],
            "resources": {
                "requests": {"cpu": str(allocation.cpu), "memory": str(allocation.memory)},
                "limits": {
                    **({"cpu": str(allocation.cpu_limit)} if allocation.cpu_limit else {}),
                    "memory": str(allocation.memory),
                },
            },
        },
        "spark": {
            "jobNamespaces": [section.namespace],
            "serviceAccount": {"name": SERVICE_ACCOUNT},
        },
    }
    if section.operator.image:
        registry, _, rest = section.operator.image.partition("/")
        repository, _, tag = rest.rpartition(":")
        made["image"] = {
            "registry": registry,
            "repository": repository,
            "tag": tag,
            "pullPolicy": section.image_pull_policy,
        }
    if settings.monitoring.prometheus_operator:
        made["prometheus"] = {
            "podMonitor": {"create": True, "labels": dict(settings.monitoring.labels)}
        }
    return _merged(made, section.operator.values)


def _workers(memory: int) -> int:
    """How many jobs are submitted side by side: a JVM of 200 MB each, beside the operator's own 120."""
    return max(1, (memory // 2**20 - 120) // 195)


def _merged(made: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    return made | {
        name: _merged(made[name], value)
        if isinstance(value, dict) and isinstance(made.get(name), dict)
        else value
        for name, value in own.items()
    }
