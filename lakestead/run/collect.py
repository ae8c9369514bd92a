"""What the operations of a deploy show while pyinfra prepares them, as the operations of a plan."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from lakestead.plan.change import Change
from lakestead.plan.document import Operation

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

NATIVE = "pyinfra operation"
"""Kind of an operation that shows no changes: one of pyinfra's own, or of somebody else."""


class Collector:
    """A listener of ``show``; ``operations`` when pyinfra has prepared all."""

    def __init__(self) -> None:
        self._shown: dict[tuple[str, str], list[Change]] = defaultdict(list)

    def __call__(self, host: Host, operation: str, changes: list[Change]) -> None:
        """Keep what one operation shows."""
        self._shown[host.name, host.current_op_hash or ""].extend(changes)

    def operations(self, state: State) -> tuple[Operation, ...]:
        """All that was shown, in the order in which it will be done.

        pyinfra's own operations show nothing. One that would run a command is counted as an update,
        of what it does no more is known than its name.
        """
        found = []
        for op_hash in state.get_op_order():
            name = operation_name(state, op_hash)
            for host in sorted(state.inventory.get_active_hosts(), key=lambda host: host.name):
                if op_hash not in state.ops[host]:
                    continue
                changes = self._shown.get((host.name, op_hash))
                if not changes:
                    changes = [_native(state, host, op_hash, name)]
                found.append(Operation(host=host.name, operation=name, changes=tuple(changes)))
        return tuple(found)


def operation_name(state: State, op_hash: str) -> str:
    """The name of an operation as ``show`` tells it to its listeners."""
    return " ".join(sorted(state.op_meta[op_hash].names))


def _native(state: State, host: Host, op_hash: str, name: str) -> Change:
    data = state.get_op_data_for_host(host, op_hash)
    if not data.operation_meta._maybe_is_change:
        return Change(NATIVE, name, "unchanged")
    if data.global_arguments.get("_if"):
        return Change(NATIVE, name, "known after apply", why="only if its condition holds then")
    return Change(NATIVE, name, "update", why="runs commands; what they change is not known before")
