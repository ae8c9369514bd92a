"""Whether every host that a phase needs is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from lakestead.gates.gate import Gate

if TYPE_CHECKING:
    from pyinfra.api.state import State


def all_connected(state: State) -> Gate:
    """Every host of the inventory that ``--limit`` does not leave out is connected."""
    return connected(
        {host.name: host.connected for host in state.inventory if state.is_host_in_limit(host)}
    )


def connected(hosts: Mapping[str, bool]) -> Gate:
    """The gate for hosts, each with whether it is connected."""
    away = sorted(name for name, there in hosts.items() if not there)
    return Gate(
        name="Every host is connected",
        answer="fail" if away else "pass",
        looked_at="the inventory",
        saw=f"not connected: {', '.join(away)}" if away else f"{len(hosts)} hosts connected",
        wanted="all of them, since each stage builds on the others",
        do="see why above; or leave it out with --limit if you know that it is not needed",
    )


def groups_present(groups: Iterable[str], needed: Iterable[str]) -> Gate:
    """The inventory defines every group that a phase's tasks are written for."""
    defined = sorted(groups)
    missing = [group for group in needed if group not in defined]
    return Gate(
        name="The inventory has a host for every part",
        answer="fail" if missing else "pass",
        looked_at="the inventory",
        saw="groups " + ", ".join(defined),
        wanted="also " + ", ".join(missing) if missing else "",
        do="add it as inventories/lab.py has it (docs/settings.md)",
    )
