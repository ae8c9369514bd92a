"""Facts of a Ceph cluster, read in the toolbox pod."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pyinfra.api import FactBase
from typing_extensions import override

from lakestead.plan import ceph_status


class CephStatus(FactBase[dict[str, Any]]):
    """What ``ceph status`` says; ``{"error": TEXT}`` where it says nothing.

    .. code:: python

        {"health": {"status": "HEALTH_OK", ...}, "osdmap": {"num_up_osds": 3, ...}, ...}
    """

    @override
    def command(self) -> str:
        return f'{ceph_status.COMMAND} 2>&1 || echo "ceph status: exit code $?"'

    @override
    def process(self, output: Iterable[str]) -> dict[str, Any]:
        return ceph_status.parse_status("\n".join(output))
