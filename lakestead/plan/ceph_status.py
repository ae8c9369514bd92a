"""What ``ceph status`` says: the command, and how to read its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Seconds: for the monitors to answer, and for the whole command, which else can hang for ever.
CONNECT_TIMEOUT = 10
COMMAND_TIMEOUT = 20

COMMAND = (
    f"timeout -k 2 {COMMAND_TIMEOUT} ceph --connect-timeout {CONNECT_TIMEOUT} status --format json"
)


def parse_status(text: str) -> dict[str, Any]:
    """The status as JSON, without what ceph wrote before it; or ``{"error": TEXT}``."""
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                status: dict[str, Any] = json.loads(line)
            except ValueError:
                continue
            return status
    return {"error": text.strip() or "no output"}


def health_warnings(status: Mapping[str, Any]) -> list[str]:
    """Ceph's own health checks that are raised and not muted."""
    checks = (status.get("health") or {}).get("checks") or {}
    return [
        f"{name}: {(check.get('summary') or {}).get('message', '')}"
        for name, check in sorted(checks.items())
        if not check.get("muted")
    ]


def gateways(status: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The object gateways that have registered with Ceph."""
    services = (status.get("servicemap") or {}).get("services") or {}
    daemons = (services.get("rgw") or {}).get("daemons") or {}
    return [daemon for daemon in daemons.values() if isinstance(daemon, dict)]


def gateway_version(status: Mapping[str, Any]) -> str:
    """The oldest version of the gateways that are registered, ``18.2.7``; empty if none says it."""
    versions = [
        daemon.get("metadata", {}).get("ceph_version_short", "") for daemon in gateways(status)
    ]
    known = [version for version in versions if version.replace(".", "").isdigit()]
    return min(known, key=lambda version: [int(part) for part in version.split(".")], default="")
