"""The lab's own network: one bridge, its routes, and a fence that no packet leaves through.

The bridge carries the node's address and the pods. Services are routed to the bridge, so that a
packet for a service that does not exist ends there and not at the machine's default route.
"""

from __future__ import annotations

import ipaddress
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.lab.paths import run_dir

BRIDGE = "lakestead0"
NODE_NAME = "lakestead"
NODE_ADDRESS = "10.233.0.1"
POD_RANGE = "10.233.0.0/24"
SERVICE_RANGE = "10.234.0.0/20"

SERVICE_ADDRESSES = {
    "kubernetes": "10.234.0.1",
    "dns": "10.234.0.10",
    "rgw": "10.234.0.20",
    "postgresql": "10.234.0.21",
    "ceph-mon": "10.234.0.22",
    "git": "10.234.0.23",
    "hive-metastore": "10.234.0.24",
    "trino": "10.234.0.25",
    "airflow": "10.234.0.26",
}
"""ClusterIPs that the lab fixes, so that the workstation's settings can name them.

They are among the first 256 of the range, which Kubernetes gives to no service that does not ask
for one by number ("Service ClusterIP allocation": min(max(16, size / 16), 256)).
"""

_FENCE = f"""
table inet lakestead
delete table inet lakestead
table inet lakestead {{
  set ranges {{ type ipv4_addr; flags interval; elements = {{ {POD_RANGE}, {SERVICE_RANGE} }} }}
  chain forward {{
    type filter hook forward priority -10; policy accept;
    iifname "{BRIDGE}" oifname != "{BRIDGE}" counter drop
    oifname "{BRIDGE}" iifname != "{BRIDGE}" counter drop
  }}
  chain leaving {{
    type filter hook postrouting priority 300; policy accept;
    oifname {{ "lo", "{BRIDGE}" }} accept
    ip saddr @ranges counter drop
    ip daddr @ranges counter drop
  }}
}}
"""

_SYSCTLS = {
    "net/ipv4/ip_forward": "1",
    "net/bridge/bridge-nf-call-iptables": "1",
}
_TABLES = [("inet", "lakestead"), ("ip", "kube-proxy"), ("ip6", "kube-proxy")]


@dataclass(frozen=True, slots=True)
class FenceCount:
    """Packets that the fence stopped since it was put up."""

    forwarded: int
    leaving: int


def is_up() -> bool:
    """Whether bridge, address, service route, fence and kernel settings are all there."""
    routes = {route.get("dst") for route in _ip_json("route", "show", "dev", BRIDGE)}
    return (
        _has_address()
        and SERVICE_RANGE in routes
        and _run("nft", "list", "table", "inet", "lakestead").returncode == 0
        and all(_sysctl(name).read_text().strip() == value for name, value in _SYSCTLS.items())
    )


def require_up() -> None:
    """Refuse to talk to the lab where it is down: its addresses would be looked for elsewhere.

    :raises LakesteadError: where the bridge does not have the node's address.
    """
    if not _has_address():
        raise LakesteadError(
            "The lab is not up; nothing was changed",
            found=f"no {NODE_ADDRESS} on {BRIDGE}",
            do="lakestead lab up",
        )


def up() -> None:
    """Bring the network up; what is there already stays as it is."""
    if is_up():
        return
    if not _ip_json("link", "show", "dev", BRIDGE):
        _must("ip", "link", "add", BRIDGE, "type", "bridge")
    prefix = ipaddress.ip_network(POD_RANGE).prefixlen
    _must("ip", "address", "replace", f"{NODE_ADDRESS}/{prefix}", "dev", BRIDGE)
    _must("ip", "link", "set", BRIDGE, "up")
    _must("ip", "route", "replace", SERVICE_RANGE, "dev", BRIDGE, "src", NODE_ADDRESS)
    _must("nft", "-f", "-", text=_FENCE)
    _remember_sysctls()
    for name, value in _SYSCTLS.items():
        _sysctl(name).write_text(value)


def down() -> None:
    """Remove every device, route and nft table of the lab and put kernel settings back."""
    for link in _ip_json("link", "show", "master", BRIDGE):
        _run("ip", "link", "delete", link["ifname"])
    _run("ip", "link", "delete", BRIDGE)
    for family, table in _TABLES:
        _run("nft", "delete", "table", family, table)
    saved = _saved_sysctls()
    if saved.exists():
        for name, value in json.loads(saved.read_text()).items():
            _sysctl(name).write_text(value)
        saved.unlink()


def leftovers() -> list[str]:
    """Devices and nft tables of the lab that are there now; empty after :func:`down`."""
    found = [f"device {BRIDGE}"] if _ip_json("link", "show", "dev", BRIDGE) else []
    for family, table in _TABLES:
        if _run("nft", "list", "table", family, table).returncode == 0:
            found.append(f"nft table {family} {table}")
    return found


def overlaps() -> list[str]:
    """Routes of this machine, other than the lab's, that its address ranges would shadow."""
    ours = [ipaddress.ip_network(POD_RANGE), ipaddress.ip_network(SERVICE_RANGE)]
    found = []
    for route in _ip_json("-4", "route", "show"):
        if route.get("dev") == BRIDGE or route["dst"] == "default":
            continue
        network = ipaddress.ip_network(route["dst"], strict=False)
        if any(network.overlaps(own) for own in ours):
            found.append(f"{route['dst']} via {route.get('dev', '?')}")
    return found


def _has_address() -> bool:
    return any(
        info.get("local") == NODE_ADDRESS
        for link in _ip_json("-4", "address", "show", "dev", BRIDGE)
        for info in link.get("addr_info", [])
    )


def fence_count() -> FenceCount:
    """Packets stopped by the fence, read from its counters."""
    listing = json.loads(_must("nft", "-j", "list", "table", "inet", "lakestead"))["nftables"]
    packets = {"forward": 0, "leaving": 0}
    for item in listing:
        if rule := item.get("rule"):
            packets[rule["chain"]] += sum(
                part["counter"]["packets"] for part in rule["expr"] if "counter" in part
            )
    return FenceCount(forwarded=packets["forward"], leaving=packets["leaving"])


def _remember_sysctls() -> None:
    saved = _saved_sysctls()
    if not saved.exists():
        saved.parent.mkdir(parents=True, exist_ok=True)
        saved.write_text(json.dumps({n: _sysctl(n).read_text().strip() for n in _SYSCTLS}))


def _saved_sysctls() -> Path:
    return run_dir() / "sysctl.json"


def _sysctl(name: str) -> Path:
    return Path("/proc/sys") / name


def _ip_json(*arguments: str) -> list[dict[str, Any]]:
    done = _run("ip", "-json", *arguments)
    if done.returncode != 0 or not done.stdout.strip():
        return []
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _run(*command: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, input=text, capture_output=True, text=True)


def _must(*command: str, text: str | None = None) -> str:
    done = _run(*command, text=text)
    if done.returncode != 0:
        raise LakesteadError(
            f"the lab's network could not be set up: `{' '.join(command)}` failed",
            found=done.stderr.strip(),
            do="look for another program that manages bridges or nftables on this machine",
        )
    return done.stdout
