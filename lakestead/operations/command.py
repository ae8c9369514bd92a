"""Run Python that talks to an API as a pyinfra command, and keep its errors clean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, ParamSpec

from pyinfra import state
from pyinfra.api import StringCommand
from pyinfra.api import operation as pyinfra_operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import PyinfraOperation
from pyinfra.connectors.util import CommandOutput

from lakestead.connectors.output import output, print_lines
from lakestead.errors import LakesteadError
from lakestead.journal.undo import Undo
from lakestead.plan.change import Change

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

P = ParamSpec("P")
Command = PyinfraCommand | str


class ApiCommand(StringCommand):
    """A pyinfra command that calls ``action`` instead of a shell.

    + label: what it does, shown where pyinfra shows commands; no secrets
    + action: does the work; a text it returns becomes the command's output
    + change: what it writes, for the journal; None where it is not one thing
    + undo: how it is taken back; ``undo.NOTHING`` where it writes nothing, as a wait; None where nobody
      has said, which a rollback then tells

    A LakesteadError makes the command fail with the message on stderr.
    """

    def __init__(
        self,
        label: str,
        action: Callable[[], str | None],
        *,
        change: Change | None = None,
        undo: Undo | None = None,
    ) -> None:
        super().__init__(label)
        self.action = action
        self.change = change
        self.undo = undo

    def run(self) -> tuple[bool, CommandOutput]:
        """Call the action; whether it succeeded, and its output."""
        try:
            return True, output(self.action() or "")
        except LakesteadError as error:
            return False, output(stderr=str(error))

    def execute(
        self, state: State, host: Host, connector_arguments: Any
    ) -> tuple[bool, CommandOutput]:
        """What pyinfra calls."""
        if state.print_input:
            host.log(f">>> {self}")
        succeeded, lines = self.run()
        if state.print_output:
            print_lines(host, lines)
        return succeeded, lines


def failure(error: LakesteadError) -> ApiCommand:
    """A command that fails with ``error``'s message."""

    def fail() -> str:
        raise error

    return ApiCommand("fail", fail)


def operation(body: Callable[P, Iterator[Command]]) -> PyinfraOperation[P]:
    """pyinfra's ``@operation`` for bodies that may raise LakesteadError.

    In prepare the error stops the run with its message. In execute, where an exception from a body
    would end the run of all hosts with a traceback, the operation fails instead.
    """

    @functools.wraps(body)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Generator[Command, None, None]:
        try:
            yield from body(*args, **kwargs)
        except LakesteadError as error:
            if not state.is_executing:
                raise
            yield failure(error)

    return pyinfra_operation()(guarded)
