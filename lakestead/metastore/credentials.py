"""The Secret with the metastore's user name and password in PostgreSQL."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.settings.metastore import Metastore


@dataclass(frozen=True, slots=True)
class Credentials:
    """User name and password for PostgreSQL."""

    username: str
    password: str = field(repr=False)


def secret_ref(settings: Metastore) -> ObjectRef:
    """The Secret that ``settings`` name."""
    return ObjectRef("v1", "Secret", settings.database.secret, settings.secret_namespace)


def read(cluster: Api, settings: Metastore) -> Credentials | None:
    """What the Secret holds; None where it is not there.

    Raises LakesteadError where a key is missing, or the user is none of ``database.users``.
    """
    ref = secret_ref(settings)
    found = cluster.get(ref)
    return None if found is None else parse(ref, found, settings)


def parse(ref: ObjectRef, found: Mapping[str, Any], settings: Metastore) -> Credentials:
    """The credentials in a Secret that the API answered."""
    data = found.get("data") or {}
    if missing := sorted({"username", "password"} - data.keys()):
        raise LakesteadError(
            f"{ref} is there, but not with the credentials for PostgreSQL",
            found="keys " + (", ".join(sorted(data)) or "none at all"),
            expected="keys username and password",
            do=f"add {' and '.join(missing)}, or name another Secret in metastore.database.secret",
        )
    username, password = (base64.b64decode(data[key]).decode() for key in ("username", "password"))
    if username not in settings.database.users:
        raise LakesteadError(
            f"{ref} is for another user of PostgreSQL",
            found=f"username {username}",
            expected=f"{' or '.join(settings.database.users)}, as metastore.database.role has it",
            do="change one of the two",
        )
    return Credentials(username, password)


def create(cluster: Api, settings: Metastore) -> dict[str, Any] | None:
    """Make the Secret; one that is there meanwhile stays as it is: None.

    Where pods have a copy, or had the Secret in their own namespace, it holds what that holds; else the
    password is random.
    """
    path = f"/api/v1/namespaces/{settings.secret_namespace}/secrets"
    try:
        made: dict[str, Any] = cluster.raw("POST", path, body=_new(cluster, settings))
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        return None
    return made


def copied(cluster: Api, settings: Metastore) -> Credentials | None:
    """What pods have in their own namespace, where the Secret is kept in another one."""
    ref = secret_ref(settings)
    pods = ObjectRef(ref.api_version, ref.kind, ref.name, settings.namespace)
    found = cluster.get(pods) if pods != ref else None
    return None if found is None else parse(pods, found, settings)


def _new(cluster: Api, settings: Metastore) -> dict[str, Any]:
    ref = secret_ref(settings)
    known = copied(cluster, settings)
    return {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {
            "name": ref.name,
            "namespace": ref.namespace,
            "labels": {"app.kubernetes.io/managed-by": "lakestead"},
        },
        "type": "Opaque",
        "stringData": {
            "username": known.username if known else settings.database.role,
            "password": known.password if known else secrets.token_urlsafe(24),
        },
    }
