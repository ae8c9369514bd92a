"""While a plan is applied: nothing is done that the plan does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from lakestead.errors import Refused
from lakestead.operations.command import failure
from lakestead.plan.change import Change
from lakestead.plan.document import Operation
from lakestead.plan.stale import Difference, allowed, by_key
from lakestead.run.collect import NATIVE, operation_name

if TYPE_CHECKING:
    from pyinfra.api.command import PyinfraCommand
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

Commands = Callable[[], Iterator["PyinfraCommand"]]


class Guard:
    """A listener of ``show`` that refuses what was not planned, before it is done.

    + refused: what it has refused
    """

    def __init__(self, planned: Sequence[Operation]) -> None:
        self._planned = by_key(planned)
        self._written: set[tuple[str, str]] = set()
        self.refused: Refused | None = None

    def __call__(self, host: Host, operation: str, changes: list[Change]) -> None:
        """Raise Refused if one of ``changes`` is not as planned."""
        differences = []
        for change in changes:
            what = (change.kind, change.name)
            touched = what in self._written
            planned: Sequence[Change | None] = self._planned.get((host.name, operation, *what)) or [
                None
            ]
            if not any(allowed(item, change, touched=touched) for item in planned):
                differences.append(Difference(planned[0], change))
        if differences:
            raise self._refuse(operation, host, differences)
        self._written |= {(change.kind, change.name) for change in changes if change.pending}

    def watch(self, state: State) -> None:
        """Also refuse pyinfra's own operations that were to do nothing and now would."""
        for host, operations in state.ops.items():
            for op_hash, data in operations.items():
                name = operation_name(state, op_hash)
                planned = self._planned.get((host.name, name, NATIVE, name))
                if planned and not planned[0].pending:
                    data.command_generator = self._nothing(
                        data.command_generator, name, host, planned[0]
                    )

    def _nothing(self, commands: Commands, name: str, host: Host, planned: Change) -> Commands:
        def guarded() -> Iterator[PyinfraCommand]:
            for _ in commands():
                now = Change(NATIVE, name, "update")
                yield failure(self._refuse(name, host, [Difference(planned, now)]))
                return

        return guarded

    def _refuse(self, operation: str, host: Host, differences: list[Difference]) -> Refused:
        self.refused = Refused(
            f"{operation}: not done, since the plan does not have it",
            where=host.name,
            found="\n".join(str(difference) for difference in differences),
            expected="what the plan said; something has been changed since it was checked",
            do="what was done before stays; make a new plan and look at it",
        )
        return self.refused
