"""What Helm knows of a release: its storage Secrets (helm.sh/helm/v4/pkg/storage/driver/secrets.go)."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from dataclasses import dataclass, field
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.helm.manifests import objects
from lakestead.kube.client import Api

GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Release:
    """The newest revision of a release.

    + name, namespace: of the release; its objects may be elsewhere
    + revision: Helm's count
    + status: Helm's word: ``deployed``, ``failed``, ``pending-upgrade``, …
    + chart, version: name and version of its chart
    + values: the values that it was installed with, without the chart's own
    + server_side: whether it was applied by server-side apply
    """

    name: str
    namespace: str
    revision: int
    status: str
    chart: str
    version: str
    values: dict[str, Any] = field(repr=False)
    manifest: str = field(repr=False)
    server_side: bool

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The objects that the revision has applied; hooks are not among them."""
        return objects(self.manifest, f"release {self.namespace}/{self.name}")


def last_release(api: Api, name: str, storage_namespace: str) -> Release | None:
    """The newest revision of a release, or None where there is none.

    + storage_namespace: namespace of Helm's Secrets
    """
    secrets = api.list("v1", "Secret", storage_namespace, label_selector=f"owner=helm,name={name}")
    numbered = [(_revision(secret), secret) for secret in secrets]
    if not numbered:
        return None
    revision, newest = max(numbered, key=lambda pair: pair[0])
    try:
        return _decode(newest, revision)
    except (KeyError, TypeError, ValueError, OSError, zlib.error) as error:
        raise LakesteadError(
            f"What Helm has stored of release {name} cannot be read",
            where=f"Secret {storage_namespace}/{newest['metadata']['name']}",
            found=f"{type(error).__name__}: {error}",
        ) from None


def _revision(secret: dict[str, Any]) -> int:
    version = (secret["metadata"].get("labels") or {}).get("version") or "0"
    return int(version) if version.isdigit() else 0


def _decode(secret: dict[str, Any], revision: int) -> Release:
    raw = base64.b64decode(base64.b64decode(secret["data"]["release"]))
    data = json.loads(gzip.decompress(raw) if raw.startswith(GZIP) else raw)
    chart = data["chart"]["metadata"]
    return Release(
        data["name"],
        data["namespace"],
        revision,
        data["info"]["status"],
        chart["name"],
        chart["version"],
        data.get("config") or {},
        data.get("manifest") or "",
        data.get("apply_method") == "ssa",
    )
