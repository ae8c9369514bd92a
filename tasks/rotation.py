"""Rotation of the metastore's credentials: new ones, a restart, the old ones revoked; in that order."""

from __future__ import annotations

from pyinfra import host

from lakestead.gates.external_secrets import external_secrets_gate
from lakestead.gates.gate import require
from lakestead.kube.session import api
from lakestead.operations import rotation, rotation_database, rotation_s3
from lakestead.settings import Settings


def deploy() -> None:
    """Replace what was made before ``rotate_before``, or is older than ``secrets.max_age_days``."""
    settings = Settings.of(host)
    if "cluster" in host.groups and settings.secrets.external:
        require([external_secrets_gate(api(host), settings.secrets)])
    if "database" in host.groups:
        rotation_database.new_password(name="Rotation: a new password for the database")
    if "workstation" in host.groups:
        rotation_s3.new_key(name="Rotation: a new S3 key")
    if "cluster" in host.groups:
        rotation.roll_out(name="Rotation: restart what uses the credentials")
    if "database" in host.groups:
        rotation_database.revoke_password(name="Rotation: revoke the old password")
    if "workstation" in host.groups:
        rotation_s3.revoke_key(name="Rotation: revoke the old S3 key")
