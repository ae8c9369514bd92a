"""The Ceph Object Gateway's Admin Ops API: users, keys, caps, quotas."""
