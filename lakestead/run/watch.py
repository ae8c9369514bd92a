"""pyinfra's progress through the operations, as events."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
from pyinfra import logger
from pyinfra.api.state import BaseStateCallback
from typing_extensions import override

from lakestead.operations.show import speakers
from lakestead.report.events import Event, OperationBegins, OperationEnds, Said
from lakestead.run.collect import operation_name

if TYPE_CHECKING:
    from pyinfra.api.host import Host
    from pyinfra.api.state import State


class Watch(BaseStateCallback):
    """Tells ``report`` what begins, ends and is said while operations are executed.

    + failed: host, operation and what it said, for each that failed
    """

    def __init__(self, state: State, report: Callable[[Event], None]) -> None:
        self._state = state
        self._report = report
        self._order = {op_hash: at for at, op_hash in enumerate(state.get_op_order(), 1)}
        self._open: dict[tuple[Host, str], tuple[float, float]] = {}
        self.failed: list[tuple[str, str, str]] = []

    @override
    def operation_host_start(self, state: State, host: Host, op_hash: str) -> None:  # type: ignore[override]
        if op_hash not in self._order or op_hash not in state.ops[host]:
            return  # nested in another, or of another host
        self._open[host, op_hash] = (time.monotonic(), 0.0)
        self._report(OperationBegins(**self._about(host, op_hash)))

    @override
    def operation_host_success(  # type: ignore[override]
        self, state: State, host: Host, op_hash: str, retry_count: int = 0
    ) -> None:
        self._ended(host, op_hash)

    @override
    def operation_host_error(  # type: ignore[override]
        self,
        state: State,
        host: Host,
        op_hash: str,
        retry_count: int = 0,
        max_retries: int = 0,
    ) -> None:
        self._ended(host, op_hash)

    @override
    def operation_end(self, state: State, op_hash: str) -> None:  # type: ignore[override]
        self.finish()

    def finish(self) -> None:
        """Report the ends that pyinfra has noted; it does so after its callbacks."""
        for (host, op_hash), (began, ended) in list(self._open.items()):
            meta = self._state.ops[host][op_hash].operation_meta
            if not meta.is_complete():
                continue
            del self._open[host, op_hash]
            about = self._about(host, op_hash)
            error = ""
            if meta.did_error():
                error = meta.stderr or "it gave no reason"
                self.failed.append((about["host"], about["operation"], error))
            self._report(
                OperationEnds(
                    **about,
                    result="failed" if error else "done" if meta.did_change() else "unchanged",
                    seconds=round(ended - began, 3),
                    error=error,
                )
            )

    def _ended(self, host: Host, op_hash: str) -> None:
        if (host, op_hash) in self._open:
            self._open[host, op_hash] = (self._open[host, op_hash][0], time.monotonic())

    def _about(self, host: Host, op_hash: str) -> dict[str, Any]:
        return {
            "host": host.name,
            "operation": operation_name(self._state, op_hash),
            "number": self._order[op_hash],
            "of": len(self._order),
        }


class Ears:
    """Hears what operations say and what pyinfra logs, while it is entered.

    + verbose: pass on everything that pyinfra logs, and not only warnings and errors
    + clear: called before a line is written to the terminal
    """

    def __init__(
        self, report: Callable[[Event], None], verbose: bool, clear: Callable[[], None]
    ) -> None:
        self._report = report
        self._handler = _Handler(logging.INFO if verbose else logging.WARNING, clear)

    def __enter__(self) -> Ears:
        speakers.append(self._said)
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(self._handler)
        return self

    def __exit__(self, *_: object) -> None:
        speakers.remove(self._said)
        logger.removeHandler(self._handler)

    def errors(self, wanted: bool) -> None:
        """Whether what pyinfra logs as errors is passed on, or reported in another way."""
        self._handler.errors = wanted

    def _said(self, host: Host, text: str, waits: bool) -> None:
        self._report(Said(host=host.name, text=text, waits=waits))


class _Handler(logging.Handler):
    def __init__(self, level: int, clear: Callable[[], None]) -> None:
        super().__init__(level)
        self._clear = clear
        self.errors = False

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.ERROR and not self.errors and self.level > logging.INFO:
            return
        self._clear()
        click.echo(record.getMessage(), err=True)
