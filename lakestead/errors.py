"""The one error that users see."""

from __future__ import annotations

from pyinfra.api.exceptions import DeployError

DONE = 0
FAILED = 1
USAGE = 2
PENDING = 3
REFUSED = 4
INTERRUPTED = 130
"""Exit codes of the whole tool: the table in docs/reference.md."""


class LakesteadError(DeployError):
    """Something that the user can act on; ``str(error)`` is the whole message.

    A pyinfra DeployError, so that pyinfra prints it as one message and not as a traceback.

    + what: one sentence: what could not be done
    + where: what was looked at: a file and line, an address, an object
    + found: what was there
    + expected: what should have been there
    + do: the next command or change to try
    """

    exit_code = FAILED

    def __init__(
        self, what: str, *, where: str = "", found: str = "", expected: str = "", do: str = ""
    ) -> None:
        self.what = what
        self.where = where
        self.found = found
        self.expected = expected
        self.do = do
        lines = [what]
        for label, text in (
            ("where", where),
            ("found", found),
            ("expected", expected),
            ("do", do),
        ):
            if text:
                lines.append(f"  {label + ':':<9} " + text.rstrip().replace("\n", "\n" + " " * 12))
        super().__init__("\n".join(lines))


class Refused(LakesteadError):
    """Nothing went wrong: it would not be right to go on. A stale plan, a conflict, a gate, a lock."""

    exit_code = REFUSED


class WrongUsage(LakesteadError):
    """A command line or settings that cannot be meant so."""

    exit_code = USAGE
