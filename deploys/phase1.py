"""Phase 1, the foundation: from object storage to an Iceberg table that can be read back."""

from __future__ import annotations

from pyinfra import state

from lakestead.gates.gate import require
from lakestead.gates.hosts import all_connected, groups_present
from tasks import backup, capacity, external_secrets, flux, iceberg, metastore, object_storage

# Nothing is changed unless every part of the platform can be reached and has room.
PARTS = ("cluster", "toolbox", "database", "workstation")
require([groups_present(state.inventory.groups, PARTS), all_connected(state)])
capacity.deploy(phase=1)

# 1.1 S3 storage: user, buckets, and proof that they hold what they are given.
object_storage.deploy()

# GitOps: what follows goes through the homelab repo.
flux.deploy()

# Where credentials are copied to pods by External Secrets.
external_secrets.deploy()

# 1.2 The Hive Metastore, and 1.3 an Iceberg table in it.
metastore.deploy()
iceberg.deploy()

# 1.4 Scheduled dumps of what the metastore knows; lakestead execute 1.4 also restores one.
backup.deploy()
