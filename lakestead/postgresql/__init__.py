"""What has to be known about PostgreSQL beside its SQL."""
