"""Text as pyinfra keeps the output of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinfra.api.output import echo
from pyinfra.connectors.util import CommandOutput, OutputLine

if TYPE_CHECKING:
    from pyinfra.api.host import Host


def output(stdout: str = "", stderr: str = "") -> CommandOutput:
    """Both streams, split at newlines as pyinfra's own connectors do."""
    return CommandOutput([*_lines("stdout", stdout), *_lines("stderr", stderr)])


def print_lines(host: Host, lines: CommandOutput) -> None:
    """Print output as it is wanted with ``-vvv``, where pyinfra leaves this to the connector."""
    for line in lines.output_lines:
        echo(f"{host.print_prefix}{line}", err=True)


def _lines(stream: str, text: str) -> list[OutputLine]:
    if not text:
        return []
    return [OutputLine(stream, line) for line in text.removesuffix("\n").split("\n")]
