"""Rotation: the metastore's password and S3 key are replaced while it serves. See docs/secrets.md."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import rotation

require(
    [
        groups_present(state.inventory.groups, ("cluster", "database", "workstation")),
        all_connected(state),
    ]
)
rotation.deploy()
