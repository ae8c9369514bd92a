"""Run Python that talks to an API as a pyinfra command, and keep its errors clean."""

from __future__ import annotations

import functools
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ParamSpec

from pyinfra import host as current_host
from pyinfra import logger, state
from pyinfra.api import StringCommand
from pyinfra.api import operation as pyinfra_operation
from pyinfra.api.command import PyinfraCommand
from pyinfra.api.operation import PyinfraOperation
from pyinfra.connectors.util import CommandOutput

from lakestead.connectors.journaled import journaled
from lakestead.connectors.output import output, print_lines
from lakestead.errors import LakesteadError
from lakestead.journal import session
from lakestead.journal.run import Item
from lakestead.journal.undo import NOTHING, Undo
from lakestead.kube.session import api
from lakestead.plan.change import Change

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Marked:
    """A command of pyinfra's own with what the journal is to say of it (``marked``)."""

    command: PyinfraCommand | str
    change: Change
    undo: Undo


Command = PyinfraCommand | str | Marked


class ApiCommand(StringCommand):
    """A pyinfra command that calls ``action`` instead of a shell.

    + label: what it does, shown where pyinfra shows commands; no secrets
    + action: does the work; a text it returns becomes the command's output
    + change: what it writes, for the journal; None where it is not one thing
    + undo: how it is taken back; ``NOTHING`` where it writes nothing, as a wait, or journals its writes
      itself (``lakestead.journal.session.begin``); None where nobody has said, which a rollback tells

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
        journaled(state)
        succeeded, lines = self.run() if self.undo is NOTHING else self._run_journaled(host)
        if state.print_output:
            print_lines(host, lines)
        return succeeded, lines

    def _run_journaled(self, host: Host) -> tuple[bool, CommandOutput]:
        item = session.item_of(str(self), self.change, self.undo)
        try:
            with session.writing(api(host), item, _say(host)):
                return True, output(self.action() or "")
        except LakesteadError as error:
            return False, output(stderr=str(error))


def marked(
    commands: Iterable[PyinfraCommand | str], change: Change, undo: Undo
) -> Iterator[Command]:
    """The commands of one of pyinfra's own operations, as one write of ours.

    .. code:: python

        yield from marked(postgres.role._inner(role="hive"), change, Undo("role", {"name": "hive"}))
    """
    for command in commands:
        yield Marked(command, change, undo)


def failure(error: LakesteadError) -> ApiCommand:
    """A command that fails with ``error``'s message."""

    def fail() -> str:
        raise error

    return ApiCommand("fail", fail, undo=NOTHING)


def operation(body: Callable[P, Iterator[Command]]) -> PyinfraOperation[P]:
    """pyinfra's ``@operation`` for bodies that may raise LakesteadError.

    In prepare the error stops the run with its message. In execute, where an exception from a body
    would end the run of all hosts with a traceback, the operation fails instead. What is yielded and
    is no ApiCommand is journaled here.
    """

    @functools.wraps(body)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> Generator[PyinfraCommand | str, None, None]:
        try:
            for command in body(*args, **kwargs):
                if isinstance(command, ApiCommand):
                    yield command
                elif not state.is_executing:
                    yield command.command if isinstance(command, Marked) else command
                else:
                    yield from _between_marks(command)
        except LakesteadError as error:
            if not state.is_executing:
                raise
            yield failure(error)

    return pyinfra_operation()(guarded)


def _between_marks(
    command: PyinfraCommand | str | Marked,
) -> Generator[PyinfraCommand | str, None, None]:
    """Yield a command that pyinfra runs, and journal it; its text may hold a secret and is left out."""
    host = current_host
    if isinstance(command, Marked):
        item = session.item_of("", command.change, command.undo)
        command = command.command
    else:
        item = Item("a shell command", session.UNKNOWN)
    journaled(host.state)
    [write] = session.begin(api(host), [item], _say(host))
    try:
        yield command
    except GeneratorExit:
        write.failed("the command failed")  # pyinfra does not come back for the next one
        raise
    write.done()


def _say(host: Host) -> Callable[[str], None]:
    return lambda text: logger.info(f"{host.print_prefix}{text}")
