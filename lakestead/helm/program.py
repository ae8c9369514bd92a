"""A program of the workstation that is run to its end: helm, kubectl."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lakestead.errors import LakesteadError


class ProgramMissing(LakesteadError):
    """A program that is not on this workstation."""


class ProgramFailed(LakesteadError):
    """A program that ended with another exit code than 0, or not in time."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program that was found.

    + name: as its users call it
    + path: the file
    """

    name: str
    path: str

    @classmethod
    def find(cls, name: str, configured: str | None, setting: str) -> Program:
        """The program that the settings name, else the one on the PATH.

        + configured: its file; None for the PATH's
        + setting: what names it, for the message

        Raises ProgramMissing.
        """
        wanted = str(Path(configured).expanduser()) if configured else name
        found = shutil.which(wanted)
        if found is None:
            raise ProgramMissing(
                f"{name} is not on this workstation",
                found=f"no {wanted}" + ("" if configured else " in PATH"),
                do=f"install {name}, or name its file in {setting}",
            )
        return cls(name, found)

    def run(
        self,
        arguments: Sequence[str],
        *,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        timeout: float = 60,
    ) -> str:
        """What the program prints.

        + folder: where it is run
        + environment: added to this process's own
        + timeout: seconds, after which it and what it started are ended

        Raises ProgramFailed with what it said. Never give it a secret as an argument.
        """
        process = subprocess.Popen(
            [self.path, *arguments],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        try:
            stdout, stderr = process.communicate(timeout=timeout)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            raise ProgramFailed(
                f"{self.name} {arguments[0]} did not end within {timeout:g} s"
            ) from None
        if process.returncode:
            said = stderr.strip() or stdout.strip()[-500:] or f"exit code {process.returncode}"
            raise ProgramFailed(f"{self.name} {arguments[0]} failed", found=said)
        return stdout
