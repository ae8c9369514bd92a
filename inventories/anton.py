"""A real homelab: one Talos control plane and three workers, Rook-Ceph, CloudNativePG and Flux in it.

Copy this file and group_data/anton.py under another name, and make them yours. The hosts that the
tasks know are the groups below; a group that your homelab has no part for may be left out only if no
objective needs it.
"""

from __future__ import annotations

# The cluster's API, by a context of the kubeconfig that group_data/anton.py names. Talos nodes have
# no SSH: what is to be known of nodes comes from this API.
cluster = ["@kube/anton"]

# Rook's toolbox pod (https://rook.io/docs/rook/latest-release/Troubleshooting/ceph-toolbox/): Ceph's
# health, and the first key for the gateway's Admin Ops API.
toolbox = ["@kubepod/storage/deploy/rook-ceph-tools"]

# The primary of the PostgreSQL cluster, in which psql makes the metastore's database and role.
database = ["@kubepod/databases/pod/postgres-1:postgres"]

# The machine that you type on: it needs a way to the gateway, to Git and to the metastore's Service.
workstation = ["@local"]
