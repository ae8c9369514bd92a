"""The lab: every part of the platform on this machine. ``lakestead lab up`` starts it."""

from __future__ import annotations

from lakestead.lab.network import require_up as _require_up

_require_up()

# The cluster's API: capacity, Flux, everything that Kubernetes keeps.
cluster = ["@kube/lakestead-lab"]

# Pods in which commands are run: Ceph's toolbox, and the database.
toolbox = ["@kubepod/storage/deploy/rook-ceph-tools"]
database = ["@kubepod/databases/statefulset/postgresql"]

# This machine: the object storage's APIs, Git, and Iceberg are used from here.
workstation = ["@local"]
