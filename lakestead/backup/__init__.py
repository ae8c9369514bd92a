"""Backups of the metastore's database: the bucket, the Jobs, the drill, the recovery."""
