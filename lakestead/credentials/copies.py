"""The Secrets that hold credentials, and the copies of them that pods read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakestead.flux.progress import condition
from lakestead.kube.client import Api, ObjectRef
from lakestead.metastore.credentials import secret_ref
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings

API_VERSION = "external-secrets.io/v1"


@dataclass(frozen=True, slots=True)
class Copy:
    """One Secret with a credential.

    + keys: its entries
    + source: where Lakestead writes it
    + target: what pods read; the same as ``source`` without External Secrets
    """

    keys: tuple[str, ...]
    source: ObjectRef
    target: ObjectRef

    @property
    def name(self) -> str:
        """Name of both Secrets, and of the ExternalSecret."""
        return self.source.name

    @property
    def external_secret(self) -> ObjectRef:
        """The object that asks External Secrets for the copy."""
        return ObjectRef(API_VERSION, "ExternalSecret", self.name, self.target.namespace)


def database_copy(settings: Settings) -> Copy:
    """The metastore's user and password in PostgreSQL."""
    source = secret_ref(settings.metastore)
    return Copy(("username", "password"), source, _target(settings, source))


def s3_copy(settings: Settings) -> Copy:
    """The S3 key of the user who owns the buckets."""
    secret = user_secret(settings.object_storage.user.secret)
    keys = (secret.access_key, secret.secret_key)
    return Copy(keys, secret.ref, _target(settings, secret.ref))


def copies(settings: Settings) -> list[Copy]:
    """All of them."""
    return [database_copy(settings), s3_copy(settings)]


def lag(cluster: Api, copy: Copy) -> str:
    """Why pods do not get the credential as it is kept; "" where they do."""
    kept = cluster.get(copy.source)
    if kept is None:
        return f"{copy.source} is not there"
    if copy.source == copy.target:
        return ""
    there = cluster.get(copy.target)
    if there is not None and _values(there, copy) == _values(kept, copy):
        return ""
    asked = cluster.get(copy.external_secret)
    if asked is None:
        return f"{copy.external_secret} is not there"
    ready = condition(asked, "Ready")
    said = (
        f"{ready.get('reason', '')}: {ready.get('message', '')}" if ready else "not looked at yet"
    )
    if ready.get("status") == "True":
        said = "it has not been refreshed yet"
    else:
        said += _warning(cluster, copy.external_secret)
    return f"{copy.external_secret}: {said}{_store(cluster, asked)}"


def refresh(cluster: Api, copy: Copy) -> None:
    """Tell the operator to look now, and not at its next turn."""
    if copy.source != copy.target and cluster.get(copy.external_secret) is not None:
        now = datetime.now(UTC).isoformat()
        cluster.patch(
            copy.external_secret, {"metadata": {"annotations": {"lakestead.io/refresh": now}}}
        )


def _warning(cluster: Api, ref: ObjectRef) -> str:
    """The operator's last warning, which has the cause that a condition leaves out."""
    about = f"involvedObject.kind={ref.kind},involvedObject.name={ref.name},type=Warning"
    events = cluster.list("v1", "Event", ref.namespace, field_selector=about)
    last = max(events, key=lambda event: str(event.get("lastTimestamp") or ""), default=None)
    return f"\n{last['message']}" if last else ""


def _store(cluster: Api, asked: Mapping[str, Any]) -> str:
    """What is wrong with the store, where that is why."""
    name = asked["spec"]["secretStoreRef"]["name"]
    ref = ObjectRef(API_VERSION, "SecretStore", name, asked["metadata"]["namespace"])
    ready = condition(cluster.get(ref) or {}, "Ready")
    if ready.get("status") == "True":
        return ""
    return f"\n{ref}: {ready.get('reason', 'not ready')}: {ready.get('message', 'no status yet')}"


def _values(secret: Mapping[str, Any], copy: Copy) -> list[str | None]:
    data = secret.get("data") or {}
    return [data.get(key) for key in copy.keys]


def _target(settings: Settings, source: ObjectRef) -> ObjectRef:
    return ObjectRef("v1", "Secret", source.name, settings.metastore.namespace)
