"""Whether a credential is to be replaced, and how far its replacement has got."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

Stage = Literal["current", "replace", "retire"]
"""``current``: nothing to do. ``replace``: a new one is to be made, or was begun to be. ``retire``: the new
one is kept, and the one before it is still valid."""


@dataclass(frozen=True, slots=True)
class Age:
    """What decides about a credential's stage.

    + made_at: when it was made
    + begun: a successor was begun and is not kept yet
    + retiring: fingerprint of the one before, while that is still valid; else empty
    """

    made_at: datetime
    begun: bool
    retiring: str


def stage(age: Age, cutoff: datetime) -> Stage:
    """What a credential needs; an earlier replacement is ended before another one begins."""
    if age.retiring:
        return "retire"
    return "replace" if age.begun or age.made_at < cutoff else "current"


def cutoff(rotate_before: str | None, max_age_days: int, now: datetime) -> datetime:
    """What was made before that moment is to be replaced.

    + rotate_before: ISO 8601, in UTC where it says no zone

    Raises ValueError for a moment that is still to come: each run would replace everything.
    """
    if rotate_before is None:
        return now - timedelta(days=max_age_days)
    moment = parse(rotate_before)
    if moment > now:
        raise ValueError(f"{rotate_before} is still to come (now: {now:%Y-%m-%dT%H:%M:%S}, UTC)")
    return moment


def parse(text: str) -> datetime:
    """A moment in ISO 8601, in UTC where it says no zone."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def fingerprint(name: str) -> str:
    """What stands for a user name or an access key where neither may be read."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]
