"""The Git command line as a process: one repository, one credential, no prompt, no end in waiting.

The Git that the user has is used, and not a library: its SSH settings, proxies, certificates and
credential helpers are what already reaches the homelab repo (docs/phase-1-gitops.md).
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError

# What ties a Git to another repository, when Lakestead is started from one of Git's hooks.
FOREIGN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")

# Answers Git's question for a credential out of the environment; see gitcredentials(7).
HELPER = (
    '!f() { test "$1" = get && printf "username=%s\\npassword=%s\\n" '
    '"$LAKESTEAD_GIT_USERNAME" "$LAKESTEAD_GIT_PASSWORD"; }; f'
)


@dataclass(frozen=True, slots=True)
class Credential:
    """User name and password for an ``http(s)`` repository."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """How a Git command ended."""

    rc: int
    stdout: bytes
    stderr: str


class GitFailed(LakesteadError):
    """A Git command that ended with another exit code than 0, in the cache clone alone."""

    def __init__(self, what: str, answer: Answer, *, where: str = "", do: str = "") -> None:
        found = answer.stderr.strip() or f"exit code {answer.rc} and no message"
        super().__init__(what, where=where, found=found, do=do)


class Git:
    """Runs Git in one bare repository.

    + folder: the bare repository
    + url: where it is fetched from and pushed to; without user name and password
    + credential: for this URL's server alone; None leaves it to the user's own Git settings
    """

    def __init__(self, folder: Path, url: str, credential: Credential | None) -> None:
        self.folder = folder
        self.url = url
        self._credential = credential

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        timeout: float = 60,
        keep_open: tuple[int, ...] = (),
        check: bool = True,
    ) -> Answer:
        """Run one Git command to its end.

        + timeout: seconds, after which the command and what it started are ended
        + keep_open: file descriptors that the command inherits
        + check: raise GitFailed for an exit code other than 0
        """
        try:
            process = subprocess.Popen(
                ["git", "--git-dir", str(self.folder), *self._settings(), *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment() | dict(environment or {}),
                pass_fds=keep_open,
                # Without a terminal neither Git nor ssh can ask, and the group can be ended as one.
                start_new_session=True,
            )
        except FileNotFoundError:
            raise LakesteadError(
                "Git is not installed on this workstation",
                found=f"no git in PATH={os.environ.get('PATH', '')}",
                do="install it: apt-get install git",
            ) from None
        try:
            stdout, stderr = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            raise LakesteadError(
                f"git {arguments[0]} did not end within {timeout:g} s",
                where=self.url,
                do="check that the Git server answers: git ls-remote " + self.url,
            ) from None
        except BaseException:
            _end(process)
            raise
        answer = Answer(process.returncode, stdout, stderr.decode("utf-8", "replace"))
        if check and answer.rc:
            raise GitFailed(f"git {arguments[0]} failed", answer, where=str(self.folder))
        return answer

    def _settings(self) -> list[str]:
        settings = ["-c", "core.hooksPath=/dev/null", "-c", "advice.pushNonFFCurrent=false"]
        if self._credential is not None:
            parts = urlsplit(self.url)
            # The empty value forgets the user's helpers, which would store what they see. The scope
            # keeps the credential from any other server, a redirect's target for one.
            scope = f"credential.{parts.scheme}://{parts.netloc}.helper={HELPER}"
            settings += ["-c", "credential.helper=", "-c", scope]
        return settings

    def _environment(self) -> dict[str, str]:
        environment = {key: value for key, value in os.environ.items() if key not in FOREIGN}
        environment |= {
            "LC_ALL": "C",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": shutil.which("false") or "/bin/false",
            "GIT_HTTP_LOW_SPEED_LIMIT": "100",
            "GIT_HTTP_LOW_SPEED_TIME": "30",
        }
        environment.setdefault("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10")
        if self._credential is not None:
            environment["LAKESTEAD_GIT_USERNAME"] = self._credential.username
            environment["LAKESTEAD_GIT_PASSWORD"] = self._credential.password
        return environment


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
