"""Text as pyinfra keeps the output of commands."""

from __future__ import annotations

from pyinfra.connectors.util import CommandOutput, OutputLine


def output(stdout: str = "", stderr: str = "") -> CommandOutput:
    """Both streams, split at newlines as pyinfra's own connectors do."""
    return CommandOutput([*_lines("stdout", stdout), *_lines("stderr", stderr)])


def _lines(stream: str, text: str) -> list[OutputLine]:
    if not text:
        return []
    return [OutputLine(stream, line) for line in text.removesuffix("\n").split("\n")]
