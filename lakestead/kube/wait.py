"""Wait for a condition by asking again and again, and say what was waited for."""

from __future__ import annotations

import time
from collections.abc import Callable

from lakestead.errors import LakesteadError


def wait_for(
    describe: str,
    check: Callable[[], tuple[bool, str]],
    timeout: float,
    interval: float = 0.5,
) -> None:
    """Return once ``check`` answers ``(True, …)``.

    + describe: what is waited for, in words
    + check: answers whether it is so, and the reason why (not)
    + timeout: seconds; it is asked at least once
    + interval: seconds between two questions

    Raises LakesteadError with the last reason; what ``check`` raises goes through.
    """
    deadline = time.monotonic() + timeout
    while True:
        done, reason = check()
        if done:
            return
        if time.monotonic() + interval > deadline:
            raise LakesteadError(
                f"Waited {timeout:g} s in vain for {describe}", found=reason or "no reason given"
            )
        time.sleep(interval)
