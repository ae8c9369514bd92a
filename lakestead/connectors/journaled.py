"""A pyinfra run and its journal: what a run before left is said, and the journal ends with the run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pyinfra import logger
from pyinfra.api.state import BaseStateCallback
from typing_extensions import override

from lakestead.journal import session, unfinished
from lakestead.journal.run import About, Result
from lakestead.kube.client import Api

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

_told: set[Api] = set()


def journaled(state: State) -> None:
    """Let the journals of ``state``'s run end with it."""
    if not any(isinstance(handler, _End) for handler in state.callback_handlers):
        state.add_callback_handler(_End())
        if sys.modules.get("pyinfra_cli.cli"):
            session.describe(_command_line())


def tell_unfinished(api: Api) -> None:
    """Say once what runs before this one left without an end."""
    if api in _told:
        return
    _told.add(api)
    for run in unfinished.unfinished(api):
        for line in unfinished.describe(run).splitlines():
            logger.warning(line)


class _End(BaseStateCallback):
    """pyinfra disconnects from all hosts at the end of every run, however it ends."""

    def __init__(self) -> None:
        self._gone: set[Host] = set()

    @override
    def host_disconnect(self, state: State, host: Host) -> None:  # type: ignore[override]
        self._gone.add(host)
        if self._gone >= set(state.activated_hosts):
            session.finish(_result(state), executed=bool(state.is_executing))


def _result(state: State) -> Result:
    if state.failed_hosts:
        return "failed"
    operations: list[Any] = [data for host in state.ops.values() for data in host.values()]
    if not all(data.operation_meta.is_complete() for data in operations):
        return "interrupted"
    return "done"


def _command_line() -> About:
    """Inventory and deploy of pyinfra's own command line; no other argument, since one may be a secret."""
    files = [word for word in sys.argv[1:] if word.endswith(".py") or word.startswith("@")]
    inventory, *deploys = files or [""]
    return About(deploy=" ".join(deploys), inventory=inventory)
