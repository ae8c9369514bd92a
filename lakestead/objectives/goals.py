"""What goals.json says: its model, and the one message for a file that says something else; pure.

The structure is that of the seeds: phases with objectives, and ``current_status``. Fields that are not
named here are the user's and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from lakestead.errors import WrongUsage
from lakestead.objectives import json_text

PATH = "docs/data-platform/bootstrap/goals.json"
"""In the homelab repo."""

Status = Literal["pending", "in_progress", "completed", "blocked"]
PhaseStatus = Literal["pending", "in_progress", "completed"]
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def _timestamp(value: str) -> str:
    from datetime import datetime

    if not _TIME.fullmatch(value):
        raise ValueError('a time in UTC as "2025-01-11T10:30:00Z"')
    datetime.fromisoformat(value.replace("Z", "+00:00"))
    return value


Timestamp = Annotated[str, AfterValidator(_timestamp)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", frozen=True, strict=True)


class Blocked(_Part):
    """Why an objective could not be completed."""

    reason: str
    error: str = ""
    context: str = ""
    remediation: str = ""
    debug_commands: list[str] = []
    rolled_back: str = ""
    left: list[str] = []
    at: Timestamp
    run: str = ""


class Override(_Part):
    """What somebody went on in spite of, and why."""

    reason: str
    by: str
    at: Timestamp
    unmet: list[str] = []


class Goal(_Part):
    """One objective's tracking.

    + run: the run that is executing it, or did last
    + override: triggers or prerequisites that were not met when it was executed
    """

    id: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]
    name: str = ""
    status: Status
    completion_timestamp: Timestamp | None = None
    run: str = ""
    started_by: str = ""
    blocked: Blocked | None = None
    override: Override | None = None

    @model_validator(mode="after")
    def _complete(self) -> Goal:
        if self.status == "completed" and self.completion_timestamp is None:
            raise ValueError("it is completed, so it needs a completion_timestamp")
        if self.status == "in_progress" and self.completion_timestamp is not None:
            raise ValueError("it is in_progress, so it cannot have a completion_timestamp")
        return self


class GoalPhase(_Part):
    """One phase's tracking."""

    id: Annotated[str, Field(pattern=r"^phase_[0-9]+$")]
    name: str = ""
    status: PhaseStatus
    progress_percentage: Annotated[int, Field(ge=0, le=100)] = 0
    objectives: list[Goal]


class Current(_Part):
    """Where the bootstrap stands."""

    active_phase: str | None = None
    next_pending_objective: str | None = None
    completion_percentage: Annotated[int, Field(ge=0, le=100)] = 0


class Goals(_Part):
    """The whole file."""

    phases: list[GoalPhase]
    current_status: Current = Current()

    @model_validator(mode="after")
    def _unique(self) -> Goals:
        seen: set[str] = set()
        for phase in self.phases:
            for item in (phase.id, *(goal.id for goal in phase.objectives)):
                if item in seen:
                    raise ValueError(f"{item} is there twice")
                seen.add(item)
            for goal in phase.objectives:
                if f"phase_{goal.id.split('.')[0]}" != phase.id:
                    raise ValueError(f"objective {goal.id} is in {phase.id}")
        return self

    def goals(self) -> Iterator[Goal]:
        """All objectives, in the file's order."""
        for phase in self.phases:
            yield from phase.objectives

    def find(self, objective: str) -> Goal | None:
        """The tracking of one objective."""
        return next((goal for goal in self.goals() if goal.id == objective), None)


def parse(text: str, where: str, advice: str = "") -> Goals:
    """What ``text`` says.

    + where: the file's name, for messages
    + advice: how to get a good one back

    Raises WrongUsage with the line and the reason where the file is damaged.
    """
    try:
        data, root = json_text.load(text)
    except json_text.Mistake as error:
        raise _damaged(where, text, error.at, str(error), advice) from None
    try:
        return Goals.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = json_text.place(root, first["loc"])
        raise _damaged(where, text, at, _said(first, data), advice) from None


def _said(item: Any, data: Any) -> str:
    names: list[str] = []
    for step in item["loc"]:
        names.append(f"[{step}]" if isinstance(step, int) else f".{step}")
    name = "".join(names).lstrip(".") or "the file"
    message = item["msg"].removeprefix("Value error, ")
    if item["type"] == "missing":
        return f"{name} is missing"
    value = item.get("input")
    shown = "" if isinstance(value, Mapping | list | BaseModel) else f" = {value!r}"[:80]
    return f"{name}{shown}: {message[0].lower() + message[1:]}"


def _damaged(where: str, text: str, at: int, reason: str, advice: str) -> WrongUsage:
    content = text[at:].lstrip() if at < len(text) else ""
    seen = content.splitlines()[0][:60] if content else "the end of the file"
    return WrongUsage(
        "goals.json is damaged, so it is not read and nothing is changed",
        where=f"{where}, line {json_text.line(text, at)}",
        found=f"{reason}\n{seen}",
        expected="the structure of schemas/goals.json",
        do=advice or "correct that line",
    )
