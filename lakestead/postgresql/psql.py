"""SQL by ``psql`` on a host of group ``database``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinfra.api import StringCommand

from lakestead.errors import LakesteadError

if TYPE_CHECKING:
    from pyinfra.api.host import Host

PSQL = "psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=postgres"


def query(host: Host, sql: str) -> list[str]:
    """The lines that ``psql`` prints for ``sql``, columns separated by ``|``.

    + sql: reaches psql by its standard input, so that it is in no process list; may hold secrets

    Raises LakesteadError with PostgreSQL's own message.
    """
    done, output = host.run_shell_command(StringCommand(PSQL), _stdin=sql)
    if not done:
        raise LakesteadError(
            "PostgreSQL did not do what was asked",
            where=host.name,
            found=output.stderr or "psql failed without a message",
            do=_where_the_log_is(host),
        )
    return [line for line in output.stdout_lines if line]


def _where_the_log_is(host: Host) -> str:
    if namespace := host.data.get("kubepod_namespace"):
        return f"see its log: kubectl --namespace {namespace} logs {host.data.kubepod_workload}"
    return "see its log"
