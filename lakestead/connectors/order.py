"""The order in which the operations of several hosts run: that of the deploy file.

pyinfra runs the first operation of every host, then the second of every host, and so on; only within
such a layer do line numbers count. What is to be done on the workstation after something on the
cluster would so run before it, if the cluster has more to do. Here the hosts are parts of one
platform, and the deploy file's order is meant.
"""

from __future__ import annotations

import heapq
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyinfra.api.state import State


def in_order_of_the_deploy(state: State) -> None:
    """Let ``state`` run operations by their lines, whatever host they are for."""
    setattr(state, "get_op_order", partial(operation_order, state))  # noqa: B010


def operation_order(state: State) -> list[str]:
    """Hashes of all operations: each host's own order kept, and of those that may run the first line."""
    after: dict[str, set[str]] = {}
    waits_for: dict[str, set[str]] = {}
    for host in state.inventory:
        for before, operation in zip([None, *host.op_hash_order], host.op_hash_order, strict=False):
            waits_for.setdefault(operation, set())
            if before is not None:
                waits_for[operation].add(before)
                after.setdefault(before, set()).add(operation)
    ready = [(state.op_meta[op].op_order, op) for op, needed in waits_for.items() if not needed]
    heapq.heapify(ready)
    order = []
    while ready:
        _, done = heapq.heappop(ready)
        order.append(done)
        for operation in after.get(done, ()):
            waits_for[operation].discard(done)
            if not waits_for[operation]:
                heapq.heappush(ready, (state.op_meta[operation].op_order, operation))
    return order
