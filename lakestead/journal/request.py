"""Which run ``lakestead rollback`` takes back: handed to the deploy file, which has no arguments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DEPLOY = Path(__file__).with_name("rollback_deploy.py")
"""The deploy file that takes a run back, for pyinfra to run like any other."""


@dataclass(slots=True)
class Request:
    """+ run_id: empty for the cluster's newest run that was not taken back, until that one is found
    + skip_changed: leave what somebody else changed since as it is, instead of refusing all
    """

    run_id: str = ""
    skip_changed: bool = False


current = Request()
