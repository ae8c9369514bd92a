"""The risks of a bootstrap, and whether what mitigates them is found in the cluster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from lakestead.flux.kinds import API_VERSIONS
from lakestead.gates.check import Check
from lakestead.gates.gate import Gate
from lakestead.gates.platform import exists
from lakestead.kube.client import Api
from lakestead.settings import Settings

Impact = Literal["High", "Medium", "Low"]


@dataclass(frozen=True, slots=True)
class Risk:
    """One risk.

    + mitigations: each passes where it was found
    """

    impact: Impact
    name: str
    text: str
    mitigations: Sequence[Gate]


@dataclass(frozen=True, slots=True)
class Looked:
    """A risk before anybody has looked."""

    impact: Impact
    name: str
    text: str
    checks: Sequence[Check]


def risks(api: Api, settings: Settings, command: Callable[[str], str]) -> list[Looked]:
    """All risks of the readiness assessment."""
    namespace = settings.metastore.namespace

    def found(
        name: str,
        kinds: list[tuple[str, str]],
        do: str,
        keep: Callable[[dict[str, Any]], bool] = lambda item: True,
    ) -> Check:
        looked_at = ", ".join(kind for _, kind in kinds)
        return Check(name, looked_at, lambda: exists(api, name, kinds, do, keep), do=do)

    quota = found(
        "Resource quotas and limits",
        [("v1", "ResourceQuota"), ("v1", "LimitRange")],
        f"add a ResourceQuota to namespace {namespace}",
        lambda item: item["metadata"].get("namespace") == namespace,
    )
    priority = found(
        "Pod priority classes for critical workloads",
        [("scheduling.k8s.io/v1", "PriorityClass")],
        "add a PriorityClass for the lakehouse's workloads",
        lambda item: not item["metadata"]["name"].startswith("system-"),
    )
    alerts = found(
        "Automated alerts on utilization",
        [("monitoring.coreos.com/v1", "PrometheusRule")],
        "install kube-prometheus-stack, or write alert rules",
    )
    backup = found(
        "Automated backups",
        [
            ("velero.io/v1", "Schedule"),
            ("postgresql.cnpg.io/v1", "ScheduledBackup"),
            ("volsync.backube/v1alpha1", "ReplicationSource"),
            ("batch/v1", "CronJob"),
        ],
        "objective 1.4 brings the metadata's; volumes need Velero or VolSync",
        lambda item: (
            item["kind"] != "CronJob"
            or (item["metadata"].get("labels") or {}).get("app.kubernetes.io/name")
            == "metadata-backup"
        ),
    )
    monitors = found(
        "Metrics of components are collected",
        [
            ("monitoring.coreos.com/v1", "ServiceMonitor"),
            ("monitoring.coreos.com/v1", "PodMonitor"),
        ],
        "objective 4.1 brings the lakehouse's",
    )
    apis = Check("Flux's APIs are those that are used", "the API's discovery", lambda: _apis(api))
    nodes = Check("The nodes' network works", "the nodes' conditions", lambda: _network(api))
    parquet = Check(
        "Columnar files (Parquet)",
        "Iceberg's table properties",
        lambda: Gate(
            "Columnar files (Parquet)",
            "pass",
            "Iceberg's table properties",
            "Iceberg writes Parquet, partitioned by its tables' spec",
        ),
    )
    return [
        Looked(
            "High",
            "Resource Contention",
            "The data platform may consume 60-70% of the cluster's resources",
            [quota, priority, alerts],
        ),
        Looked(
            "High",
            "Storage Bandwidth",
            "Ceph may become the bottleneck of analytics workloads",
            [parquet],
        ),
        Looked(
            "High",
            "Complexity",
            "Several components increase the operational overhead",
            [monitors],
        ),
        Looked(
            "Medium",
            "Learning Curve",
            "Familiarity with Spark, Trino and Iceberg is required",
            [_answered(settings, command)],
        ),
        Looked(
            "Medium",
            "Backup Complexity",
            "Metadata and data must be consistent across components",
            [backup, *_newest_backup(api, settings)],
        ),
        Looked("Medium", "Monitoring Overhead", "More metrics and alerts", [alerts]),
        Looked("Low", "Version Compatibility", "Versions of charts and APIs", [apis]),
        Looked("Low", "Network Performance", "Pods talk to pods in distributed queries", [nodes]),
    ]


def _answered(settings: Settings, command: Callable[[str], str]) -> Check:
    name, looked_at = "The team knows SQL and data concepts", "the settings' answers"
    answer = settings.answers.get("team_sql")

    def look() -> Gate:
        if answer is None:
            do = command("review --answer team_sql=yes")
            return Gate(name, "unknown", looked_at, "nobody has answered yes or no yet", do=do)
        saw = f"{answer.answer}, {answer.by} on {answer.at}"
        return Gate(name, "pass" if answer.answer == "yes" else "fail", looked_at, saw)

    return Check(name, looked_at, look)


def _newest_backup(api: Api, settings: Settings) -> list[Check]:
    """The age of the metadata's newest backup, where the settings have one."""
    if settings.backup is None:
        return []
    name, bucket = "Newest backup of the metadata", f"bucket {settings.backup.bucket}"

    def look() -> Gate:
        # Imported here: S3's client is slow to load.
        from lakestead.backup.choice import newest_gate, utc_now, wanted
        from lakestead.backup.settings import owner_section
        from lakestead.backup.store import store

        missing = owner_section(settings).user.secret
        gate, _ = newest_gate(store(api, settings), wanted(api, settings), utc_now(), missing)
        return replace(gate, name=name)

    return [Check(name, bucket, look, do="lakestead backups", timeout=settings.review.timeout)]


def _apis(api: Api) -> Gate:
    there: Mapping[str, bool] = {
        f"{kind} {version.rpartition('/')[2]}": api.served(version, kind) is not None
        for kind, version in API_VERSIONS.items()
    }
    missing = [name for name, served in there.items() if not served]
    saw = "not served: " + ", ".join(missing) if missing else ", ".join(there)
    return Gate(
        "Flux's APIs are those that are used",
        "fail" if missing else "pass",
        "the API's discovery",
        saw,
        "all of them",
        "install a Flux of 2.3 or later; phase 1 does it where there is none",
    )


def _network(api: Api) -> Gate:
    nodes = api.list("v1", "Node")
    broken, ready = [], 0
    for node in nodes:
        conditions = {item["type"]: item for item in node["status"].get("conditions") or []}
        if conditions.get("NetworkUnavailable", {}).get("status") == "True":
            broken.append(node["metadata"]["name"])
        ready += conditions.get("Ready", {}).get("status") == "True"
    saw = f"{ready} of {len(nodes)} nodes ready"
    if broken:
        saw += "; no network: " + ", ".join(broken)
    bad = bool(broken) or ready < len(nodes)
    answer: Literal["pass", "fail", "unknown"] = (
        "unknown" if not nodes else "fail" if bad else "pass"
    )
    do = "kubectl describe node NAME"
    return Gate("The nodes' network works", answer, "the nodes' conditions", saw, "all ready", do)
