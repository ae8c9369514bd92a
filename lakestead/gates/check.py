"""Ask a gate: within a time limit, again where it does not pass, and never with an exception."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import gevent
from gevent.pool import Pool

from lakestead.errors import LakesteadError
from lakestead.gates.gate import Gate

SIDE_BY_SIDE = 8


@dataclass(frozen=True, slots=True)
class Check:
    """A gate that can be asked.

    + name, looked_at, wanted, do: of the gate, where looking itself fails
    + look: looks once
    + timeout: seconds for one look
    + retries: how often it is asked again while it does not pass
    + pause: seconds between two looks
    """

    name: str
    looked_at: str
    look: Callable[[], Gate]
    wanted: str = ""
    do: str = ""
    timeout: float = 30.0
    retries: int = 0
    pause: float = 2.0

    def ask(self) -> Gate:
        """The last answer, and how often it was asked in how many seconds."""
        began = time.monotonic()
        gate = self._look()
        asked = 1
        while gate.answer != "pass" and asked <= self.retries:
            time.sleep(self.pause)
            gate = self._look(gate)
            asked += 1
        return replace(gate, asked=asked, seconds=round(time.monotonic() - began, 1))

    def _look(self, last: Gate | None = None) -> Gate:
        limit = gevent.Timeout(self.timeout)
        try:
            with limit:
                return self.look()
        except gevent.Timeout as error:
            if error is not limit:
                raise
            saw = f"no answer within {self.timeout:g} s"
            if last is not None:
                saw += f"; the last answer was: {last.saw}"
            return self._unknown(saw)
        except LakesteadError as error:
            return self._unknown("; ".join(filter(None, (error.what, error.found))))

    def _unknown(self, saw: str) -> Gate:
        return Gate(self.name, "unknown", self.looked_at, saw, self.wanted, self.do)


def ask_all(checks: Sequence[Check]) -> list[Gate]:
    """The answers of all, asked side by side."""
    return list(Pool(SIDE_BY_SIDE).map(Check.ask, checks))
