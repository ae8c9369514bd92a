"""``@kubepod/<namespace>/<kind>/<name>[:container]``: a pod as a pyinfra host."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pyinfra import logger
from pyinfra.api import StringCommand
from pyinfra.api.exceptions import InventoryError
from pyinfra.api.output import echo
from pyinfra.api.util import get_file_io
from pyinfra.connectors.base import BaseConnector
from pyinfra.connectors.util import (
    CommandOutput,
    extract_control_arguments,
    make_unix_command_for_host,
)
from typing_extensions import override

from lakestead.connectors.failed_hosts import connect_error, stop_at_first
from lakestead.connectors.journaled import journaled
from lakestead.connectors.order import in_order_of_the_deploy
from lakestead.connectors.output import output, print_lines
from lakestead.connectors.terminal import end_cleanly
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ExecResult
from lakestead.kube.pods import ready_pod
from lakestead.kube.session import api
from lakestead.run.plain import last_line

# Seconds for a command without _timeout, and for a file.
COMMAND_TIMEOUT = 120
FILE_TIMEOUT = 300


class KubePodConnector(BaseConnector):
    """Shell commands and files in a ready pod of a workload, by the API's exec.

    KIND is ``deploy``, ``statefulset``, ``daemonset`` or ``pod``; the container is by default the
    pod's first. The pod needs ``sh``, ``dd`` and ``cat``. Cluster and kubeconfig come from group
    data: ``kube = {"kubeconfig": PATH, "context": NAME}``.

    A command reaches the pod's shell by its standard input, since the arguments of exec are in the
    API server's audit log and in the pod's process list, and a command may hold a secret (``_env``).

    .. code:: python

        toolbox = ["@kubepod/storage/deploy/rook-ceph-tools"]
        database = ["@kubepod/databases/statefulset/postgresql:postgresql"]
    """

    handles_execution = True

    api: Api
    pod: str

    @override
    @staticmethod
    def make_names_data(name: str) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
        target, _, container = (name or "").partition(":")
        parts = target.split("/")
        if len(parts) != 3 or not all(parts):
            raise InventoryError(
                f"@kubepod/{name} names no pod: "
                "write @kubepod/<namespace>/<deploy|statefulset|daemonset|pod>/<name>[:container]"
            )
        data = {
            "kubepod_namespace": parts[0],
            "kubepod_workload": f"{parts[1]}/{parts[2]}",
            "kubepod_container": container or None,
        }
        yield f"@kubepod/{name}", data, ["@kubepod"]

    @override
    def connect(self) -> None:
        stop_at_first(self.state)
        in_order_of_the_deploy(self.state)
        end_cleanly(self.state)
        journaled(self.state)
        last_line(self.state)
        try:
            self.namespace: str = self.host.data.kubepod_namespace
            self.workload: str = self.host.data.kubepod_workload
            self.container: str | None = self.host.data.kubepod_container
            self.api = api(self.host)
            self.pod = ready_pod(self.api, self.namespace, self.workload)
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
        control: Any = extract_control_arguments(arguments)  # type: ignore[arg-type]
        if not (arguments.get("_sudo") or arguments.get("_su_user") or arguments.get("_doas")):
            # The shell that reads the command runs it: a nested one would show it to ps.
            arguments["_shell_executable"] = None
        unix_command = make_unix_command_for_host(self.state, self.host, command, **arguments)
        logger.debug("--> Running in pod %s/%s: %s", self.namespace, self.pod, unix_command)
        if print_input:
            echo(f"{self.host.print_prefix}>>> {unix_command}", err=True)
        succeeded, lines = self._run_script(unix_command.get_raw_value().encode(), control)
        if print_output:
            print_lines(self.host, lines)
        return succeeded, lines

    def _run_script(self, script: bytes, control: Any) -> tuple[bool, CommandOutput]:
        try:
            result = self._execute(
                ["sh", "-c", f'eval "$(dd bs=1 count={len(script)} 2>/dev/null)"'],
                script + _stdin(control.get("_stdin")),
                control.get("_timeout") or COMMAND_TIMEOUT,
            )
        except LakesteadError as error:
            return False, output(stderr=str(error))
        lines = output(
            result.stdout.decode("utf-8", "replace"), result.stderr.decode("utf-8", "replace")
        )
        return result.rc in (control.get("_success_exit_codes") or (0,)), lines

    @override
    def put_file(
        self,
        filename_or_io: Any,
        remote_filename: str,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        with get_file_io(filename_or_io) as file:
            data = file.read()
        content = data.encode() if isinstance(data, str) else data
        self._file_command(["sh", "-c", 'cat > "$1"', "sh", remote_filename], content)
        if print_output:
            echo(f"{self.host.print_prefix}file uploaded: {remote_filename}", err=True)
        return True

    @override
    def get_file(
        self,
        remote_filename: str,
        filename_or_io: Any,
        remote_temp_filename: str | None = None,
        print_output: bool = False,
        print_input: bool = False,
        **arguments: Any,
    ) -> bool:
        content = self._file_command(["cat", "--", remote_filename], None)
        with get_file_io(filename_or_io, "wb") as file:
            file.write(content)
        if print_output:
            echo(f"{self.host.print_prefix}file downloaded: {remote_filename}", err=True)
        return True

    def _file_command(self, command: list[str], stdin: bytes | None) -> bytes:
        """Run ``command``; raises OSError, which pyinfra turns into a failed operation."""
        try:
            result = self._execute(command, stdin, FILE_TIMEOUT)
        except LakesteadError as error:
            raise OSError(str(error)) from error
        if result.rc != 0:
            raise OSError(result.stderr.decode("utf-8", "replace").strip())
        return result.stdout

    def _execute(self, command: list[str], stdin: bytes | None, timeout: float) -> ExecResult:
        for attempt in (1, 2):
            try:
                return self.api.exec(
                    self.namespace,
                    self.pod,
                    command,
                    container=self.container,
                    stdin=stdin,
                    timeout=timeout,
                )
            except ApiError as error:
                # The pod was replaced since we connected.
                if error.status != 404 or attempt == 2:
                    raise
                self.pod = ready_pod(self.api, self.namespace, self.workload)
        raise AssertionError("unreachable")


def _stdin(value: Any) -> bytes:
    """pyinfra's ``_stdin``: a text, a list of lines or a file, each line ended by a newline."""
    if value is None:
        return b""
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, bytes):
        return value
    lines = [value] if isinstance(value, str) else list(value)
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines).encode()
