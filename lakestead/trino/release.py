"""What Trino's release is given, beside what the settings say word for word."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.plan.trino_memory import cluster_query, divide
from lakestead.settings import Settings
from lakestead.settings.trino import COORDINATOR, WORKER
from lakestead.trino.secrets import required


def memory(settings: Settings) -> dict[str, Any]:
    """The servers' memory as Trino writes it (its MB are MiB), and whole queries' limit."""
    worker = settings.allocations[WORKER]
    divided = {
        "coordinator": divide(settings.allocations[COORDINATOR].memory.bytes),
        "worker": divide(worker.memory.bytes),
    }
    return {
        **divided,
        "query": f"{cluster_query(divided['worker'], worker.replicas)}MB",
    }


def replicas(settings: Settings) -> dict[str, int]:
    """Deployment → how many pods it has."""
    name, worker = required(settings).release, settings.allocations[WORKER]
    return {f"{name}-coordinator": 1, f"{name}-worker": worker.replicas}


def rollout_seconds(settings: Settings) -> int:
    """How long a rollout may take: one worker after the other, each until its queries are done with it."""
    section = required(settings)
    each = section.drain_seconds + 2 * section.grace_seconds
    return section.timeout + settings.allocations[WORKER].replicas * each


def catalogs(settings: Settings) -> dict[str, dict[str, str]]:
    """Properties by catalog: the lakehouse, and TPC-H's generator where its tables are asked for.

    The names of the file system's properties are those of Trino 483 (``fs.s3.enabled`` was
    ``fs.native-s3.enabled``). The keys are the pods' environment.
    """
    section, s3 = required(settings), settings.object_storage
    metastore = f"{settings.metastore.release}.{settings.metastore.namespace}.svc:9083"
    lakehouse = {
        "connector.name": "iceberg",
        "iceberg.catalog.type": "hive_metastore",
        "hive.metastore.uri": f"thrift://{metastore}",
        "fs.s3.enabled": "true",
        "s3.endpoint": s3.cluster_endpoint,
        "s3.region": s3.region,
        "s3.path-style-access": "true",
        "s3.aws-access-key": "${ENV:AWS_ACCESS_KEY_ID}",
        "s3.aws-secret-key": "${ENV:AWS_SECRET_ACCESS_KEY}",
    }
    lakehouse |= {name: _text(value) for name, value in section.catalog_properties.items()}
    found = {section.catalog: lakehouse}
    if section.tpch is not None:
        # Names and types as TPC-H has them.
        found["tpch"] = {
            "connector.name": "tpch",
            "tpch.column-naming": "STANDARD",
            "tpch.double-type-mapping": "DECIMAL",
        }
    return found


def properties(settings: Settings) -> list[str]:
    """Lines of every server's ``config.properties``."""
    section = required(settings)
    lines = {"internal-communication.shared-secret": "${ENV:TRINO_SHARED_SECRET}"}
    lines |= {name: _text(value) for name, value in section.properties.items()}
    return [f"{name}={value}" for name, value in lines.items()]


def resource_groups(settings: Settings) -> str:
    """How many queries run at once: https://trino.io/docs/current/admin/resource-groups.html"""
    section = required(settings)
    queries = section.queries
    own = {
        "name": "lakestead",
        "softMemoryLimit": "100%",
        "hardConcurrencyLimit": 5,
        "maxQueued": 50,
    }
    each = {
        "name": "${USER}",
        "softMemoryLimit": "80%",
        "hardConcurrencyLimit": queries.concurrent_per_user,
        "maxQueued": queries.queued,
    }
    users = {
        "name": "users",
        "softMemoryLimit": "90%",
        "hardConcurrencyLimit": queries.concurrent,
        "maxQueued": queries.queued,
        "schedulingPolicy": "fair",
        "subGroups": [each],
    }
    selectors = [
        {"user": re.escape(section.user), "group": "lakestead"},
        {"group": "users.${USER}"},
    ]
    return json.dumps({"rootGroups": [users, own], "selectors": selectors}, indent=2)


def rules(settings: Settings) -> str:
    """Who may do what: https://trino.io/docs/current/security/file-system-access-control.html

    Every user may read and write every table; nobody may be somebody else, or change a server's state.
    Servers with the shared secret are not asked for any rule: a worker's graceful shutdown is theirs.
    """
    user = re.escape(required(settings).user)
    known = {
        "system_information": [{"user": user, "allow": ["read"]}],
        "queries": [
            {"user": user, "allow": ["execute", "view", "kill"]},
            {"allow": ["execute"]},
        ],
    }
    return json.dumps(known, indent=2)


def egress_namespaces(settings: Settings) -> list[str]:
    """The namespaces of metastore and gateway.

    Raises LakesteadError where the gateway is outside of the cluster and a NetworkPolicy would not let
    the servers reach it.
    """
    gateway = urlsplit(settings.object_storage.cluster_endpoint).hostname or ""
    network = required(settings).network
    service = re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..+)?", gateway)
    if service is None and network and not network.egress_addresses:
        raise LakesteadError(
            "Trino's NetworkPolicy would keep it from what it needs",
            where="trino.network",
            found=f"{gateway} is no Service of the cluster (NAME.NAMESPACE.svc)",
            expected="its address in trino.network.egress_addresses, as CIDR",
            do='"egress_addresses": ["10.0.0.7/32"]',
        )
    return [settings.metastore.namespace, *([service[1]] if service else [])]


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
