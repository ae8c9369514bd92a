"""``@kube/<context>``: one cluster's API as a pyinfra host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra.api import StringCommand
from pyinfra.api.exceptions import InventoryError
from pyinfra.connectors.local import LocalConnector
from pyinfra.connectors.util import CommandOutput
from typing_extensions import override

from lakestead.connectors.failed_hosts import connect_error, stop_at_first
from lakestead.connectors.journaled import journaled, tell_unfinished
from lakestead.connectors.order import in_order_of_the_deploy
from lakestead.connectors.output import print_lines
from lakestead.connectors.terminal import end_cleanly
from lakestead.facts.query import ApiQuery
from lakestead.kube.session import api
from lakestead.run.plain import last_line


class KubeConnector(LocalConnector):
    """Facts and operations that talk to the API run here, and shell commands on the workstation.

    The kubeconfig is named by group data: ``kube = {"kubeconfig": PATH}``.

    .. code:: python

        cluster = ["@kube/lakestead-lab"]
    """

    handles_execution = True

    @override
    @staticmethod
    def make_names_data(name: str | None = None) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        if not name:
            raise InventoryError("@kube needs a context of the kubeconfig: @kube/<context>")
        yield f"@kube/{name}", {"kube_context": name}, ["@kube"]

    @override
    def connect(self) -> None:
        stop_at_first(self.state)
        in_order_of_the_deploy(self.state)
        end_cleanly(self.state)
        journaled(self.state)
        last_line(self.state)
        try:
            api(self.host).connect()
            tell_unfinished(api(self.host))
        except Exception as error:
            raise connect_error(error) from error

    @override
    def run_shell_command(
        self,
        command: StringCommand,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> tuple[bool, CommandOutput]:
        if isinstance(command, ApiQuery):
            succeeded, lines = command.run_on(self.host)
            if print_output and not succeeded:
                print_lines(self.host, lines)
            return succeeded, lines
        return super().run_shell_command(command, print_output, print_input, **arguments)
