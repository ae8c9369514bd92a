"""How a command in a pod ended."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExecResult:
    """What a command in a pod left behind.

    + rc: its exit code
    """

    rc: int
    stdout: bytes
    stderr: bytes
