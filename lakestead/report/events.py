"""What happens in a run, as a stream of JSON objects, one a line: schemas/events.json.

``schema`` names the version. Within one version fields and events are only added, so a reader takes
what it knows and leaves the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, Field

from lakestead.plan.change import Change
from lakestead.plan.summary import Summary

Schema = Literal["lakestead.events/v1"]
Result = Literal["no changes", "changes pending", "done", "refused", "failed", "interrupted"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Event(BaseModel):
    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True, defer_build=True)

    schema_: Schema = Field(default="lakestead.events/v1", alias="schema")
    time: str = Field(default_factory=_now)


class RunBegins(_Event):
    """The first event."""

    event: Literal["run-begins"] = "run-begins"
    command: Literal["plan", "apply", "execute"]
    lakestead: str
    deploy: str
    inventory: str


class Planned(_Event):
    """One change of the plan; unchanged things too."""

    event: Literal["planned"] = "planned"
    host: str
    operation: str
    change: Change


class PlanMade(_Event):
    """All changes have been told.

    + line: ``Plan: 1 to create, …``
    """

    event: Literal["plan-made"] = "plan-made"
    plan: str
    summary: Summary
    line: str


class OperationBegins(_Event):
    """An operation is executed on a host.

    + number, of: the how-manieth of all
    """

    event: Literal["operation-begins"] = "operation-begins"
    host: str
    operation: str
    number: int
    of: int


class Said(_Event):
    """An operation has found something, or waits for something."""

    event: Literal["said"] = "said"
    host: str
    text: str
    waits: bool = False


class OperationEnds(_Event):
    """An operation has ended.

    + result: ``unchanged`` where there was nothing to do
    + error: what its failing command said
    """

    event: Literal["operation-ends"] = "operation-ends"
    host: str
    operation: str
    number: int
    of: int
    result: Literal["done", "unchanged", "failed"]
    seconds: float
    error: str = ""


class RunEnds(_Event):
    """The last event, whatever happened.

    + exit_code: that of the process, docs/reference.md
    + error: the message of what failed or was refused
    """

    event: Literal["run-ends"] = "run-ends"
    exit_code: int
    result: Result
    seconds: float
    error: str = ""


Event = RunBegins | Planned | PlanMade | OperationBegins | Said | OperationEnds | RunEnds
Reporter = Callable[[Event], None]


class EventStream:
    """Writes events to a file, each line at once."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __call__(self, event: Event) -> None:
        self._file.write(event.model_dump_json(exclude_none=True) + "\n")
        self._file.flush()
