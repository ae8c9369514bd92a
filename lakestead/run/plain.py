"""The plan's last line, in a run of pyinfra's own command line too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click
from pyinfra.api.state import BaseStateCallback, StateStage
from typing_extensions import override

from lakestead.operations.show import listeners
from lakestead.plan.summary import Summary
from lakestead.run.collect import Collector

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State


def last_line(state: State) -> None:
    """Let ``pyinfra INVENTORY DEPLOY --dry`` end with ``Plan: 1 to create, …``.

    Where pyinfra asks whether to go on, the line stands before the question. With ``-y`` pyinfra
    plans nothing, and there is none.
    """
    cli = sys.modules.get("pyinfra_cli.cli")
    if cli is None or any(isinstance(handler, _LastLine) for handler in state.callback_handlers):
        return
    line = _LastLine()
    listeners.append(line.collector)
    state.add_callback_handler(line)
    print_meta: Any = cli.print_meta

    def print_meta_and_line(state: State) -> None:
        print_meta(state)
        context = click.get_current_context(silent=True)
        if context is not None and context.params.get("dry"):
            line.due = True  # and nothing but the disconnecting follows
        else:
            line.print(state)

    cli.print_meta = print_meta_and_line  # type: ignore[attr-defined]


class _LastLine(BaseStateCallback):
    def __init__(self) -> None:
        self.collector = Collector()
        self.due = False
        self._gone: set[Host] = set()

    @override
    def host_disconnect(self, state: State, host: Host) -> None:  # type: ignore[override]
        self._gone.add(host)
        if self.due and self._gone >= set(state.activated_hosts):
            self.print(state)

    def print(self, state: State) -> None:
        """Print the line."""
        if state.current_stage == StateStage.Prepare:
            operations = self.collector.operations(state)
            changes = [change for item in operations for change in item.changes]
            click.secho(str(Summary.of(changes)), bold=True, err=True)
