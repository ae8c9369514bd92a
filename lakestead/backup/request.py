"""What the command line asked for, for the deploy files of drill and recovery."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

DRILL = Path(__file__).with_name("drill_deploy.py")
RECOVER = Path(__file__).with_name("recover_deploy.py")


@dataclass(slots=True)
class Request:
    """+ drill: also where none is due
    + backup: ID; empty is the newest good one
    + overwrite: name of the database that may be replaced although there is something in it
    + cluster: uid of another cluster whose backup is wanted
    + max_age_hours: in the place of the settings'
    + roll_forward: also take over commits made after the backup
    + report: what is to be printed in the end
    """

    drill: bool = False
    backup: str = ""
    overwrite: str = ""
    cluster: str = ""
    max_age_hours: float | None = None
    roll_forward: bool = False
    report: list[str] = field(default_factory=list)


current = Request()
"""Of this process."""
