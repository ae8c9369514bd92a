"""What the hosts of an inventory say of themselves; one that hangs or fails stops no other."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import gevent
from gevent.pool import Pool
from pyinfra.api import Host, State
from pyinfra.context import ctx_host, ctx_state

from lakestead.errors import LakesteadError
from lakestead.facts.host import Machine
from lakestead.plan.capacity import Node
from lakestead.plan.review import HostFacts

WITHIN = float(os.environ.get("LAKESTEAD_HOST_WITHIN", "20"))
"""Seconds in which a host must be connected and have answered."""

AT_A_TIME = 16
"""More at a time is no quicker: what a connection takes is the processor's, for its keys."""


def host_facts(state: State, hosts: Sequence[Host], within: float = WITHIN) -> list[HostFacts]:
    """Each host's facts, or why there are none."""
    pool = Pool(AT_A_TIME)

    def ask(host: Host) -> HostFacts:
        with ctx_state.use(state), ctx_host.use(host):
            return _asked(host, within)

    return list(pool.map(ask, hosts))


def joined(
    nodes: Sequence[Node], hosts: Sequence[HostFacts], addresses: Mapping[str, str]
) -> tuple[dict[str, HostFacts], list[str]]:
    """Hosts by the node that they are, and a line for each that only one side knows.

    + addresses: host → where SSH reaches it, by which one is known that did not answer
    """
    by_name: dict[str, str] = {}
    for node in nodes:
        for name in (*node.addresses, node.name):
            by_name[name] = node.name
    found: dict[str, HostFacts] = {}
    strangers = []
    for host in hosts:
        names = (host.host, addresses.get(host.host, ""), host.hostname or "")
        node_name = next((by_name[name] for name in names if name in by_name), None)
        if node_name is None:
            why = f": {host.error}" if host.error else ""
            strangers.append(f"host {host.host} is no node of the cluster{why}")
        elif node_name in found:
            strangers.append(f"host {host.host} is node {node_name}, as {found[node_name].host} is")
        else:
            found[node_name] = host
    strangers += [
        f"node {node.name} is no host of the inventory" for node in nodes if node.name not in found
    ]
    return found, strangers if hosts else []


def _asked(host: Host, within: float) -> HostFacts:
    try:
        with gevent.Timeout(within):
            host.connect(show_errors=False, raise_exceptions=True)
            answer = host.get_fact(Machine, _ignore_errors=True, _timeout=int(within))
    except gevent.Timeout:
        return HostFacts(host=host.name, error=f"no answer within {within:g} s")
    except LakesteadError:
        raise
    except Exception as error:
        return HostFacts(host=host.name, error=str(error).strip() or type(error).__name__)
    if not answer:
        return HostFacts(host=host.name, error="it answers, but not what was asked")
    return HostFacts(host=host.name, **answer)
