"""Whether a Ceph cluster and its object gateway are fit to work with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.gates.gate import Gate
from lakestead.plan.ceph_status import gateways, health_warnings

# "Connected" is what Rook says of a gateway outside the cluster.
READY = ("Ready", "Connected")


def ceph_gates(
    status: Mapping[str, Any],
    object_store: Mapping[str, Any] | None,
    name: str,
    where: str,
    toolbox: str,
) -> list[Gate]:
    """All that must hold before object storage is touched.

    + status: as the fact CephStatus gives it
    + object_store: the CephObjectStore, None where there is none
    + name: ``namespace/name`` of the CephObjectStore
    + where: the host on which ``ceph status`` ran
    + toolbox: the command that runs another one there, for what to do
    """
    gates = [object_store_ready(object_store, name)]
    if "error" in status:
        saw = f"it does not answer: {status['error']}"
        return [Gate("Ceph is healthy", "unknown", f"ceph status on {where}", saw), *gates]
    osds = status.get("osdmap") or {}
    up = osds.get("num_up_osds", 0)
    registered = gateways(status)
    checks = [
        ("A Ceph mgr is active", bool((status.get("mgrmap") or {}).get("available")), "", "one"),
        ("A Ceph OSD is up", bool(up), f"{up} of {osds.get('num_osds', 0)} up", "at least one"),
        ("An object gateway is registered", bool(registered), f"{len(registered)}", "at least one"),
    ]
    return [
        _health(status, where, toolbox),
        *(
            Gate(
                title,
                "pass" if holds else "fail",
                f"ceph status on {where}",
                saw or ("one" if holds else "none"),
                wanted,
                f"{toolbox} ceph status",
            )
            for title, holds, saw, wanted in checks
        ),
        *gates,
    ]


def _health(status: Mapping[str, Any], where: str, toolbox: str) -> Gate:
    health = (status.get("health") or {}).get("status")
    return Gate(
        "Ceph is healthy",
        "unknown" if health is None else "fail" if health == "HEALTH_ERR" else "pass",
        f"ceph status on {where}",
        "\n".join([str(health or "no health at all"), *health_warnings(status)]),
        "HEALTH_OK or HEALTH_WARN",
        f"{toolbox} ceph health detail",
    )


def object_store_ready(found: Mapping[str, Any] | None, name: str) -> Gate:
    """Rook's CephObjectStore says that it can be used.

    + name: ``namespace/name``
    """
    namespace, _, short = name.partition("/")
    status = (found or {}).get("status") or {}
    phase = status.get("phase")
    why = [str(item["message"]) for item in status.get("conditions") or [] if item.get("message")]
    if found is None:
        saw = f"there is no CephObjectStore {name}"
    else:
        saw = "\n".join([f"phase {phase or 'none yet'}", *why])
    return Gate(
        "The object store is ready",
        "pass" if phase in READY else "unknown" if found is not None and not phase else "fail",
        f"CephObjectStore {name}",
        saw,
        "phase Ready",
        f"kubectl --namespace {namespace} describe cephobjectstore {short}",
    )
