"""Secrets are named in the settings, never written there."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any, ClassVar, Protocol

from pydantic import Field, model_validator

from lakestead.errors import LakesteadError
from lakestead.settings.framework import Section


class Reader(Protocol):
    """What is needed of a cluster's API; ``lakestead.kube.client.Api`` is one."""

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[dict[str, Any]]:
        """All objects of a kind."""


class SecretRef(Section):
    """Where a secret is kept: exactly one of the three.

    + env: an environment variable's name
    + file: a file's path, ``~`` allowed; a last newline is not part of the secret
    + secret: a Kubernetes Secret, ``namespace/name``, with ``key`` naming its entry
    """

    accepted: ClassVar[str] = (
        'one of {"env": NAME}, {"file": PATH} or {"secret": "namespace/name", "key": KEY}'
    )

    env: str | None = Field(default=None, min_length=1)
    file: str | None = Field(default=None, min_length=1)
    secret: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+/[a-z0-9.-]+$")
    key: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_place(self) -> SecretRef:
        places = [name for name in ("env", "file", "secret") if getattr(self, name) is not None]
        if len(places) != 1 or (self.secret is None) != (self.key is None):
            raise ValueError(self.accepted)
        return self

    def __str__(self) -> str:
        if self.env:
            return f"environment variable {self.env}"
        if self.file:
            return f"file {self.file}"
        return f"key {self.key} of Secret {self.secret}"


def resolve(ref: SecretRef, api: Reader | None = None) -> str:
    """The secret itself.

    + api: the cluster, for references to a Kubernetes Secret

    Raises LakesteadError, which never holds the secret, where it is not there or empty.
    """
    if ref.env:
        value = os.environ.get(ref.env)
        missing = "it is not set"
    elif ref.file:
        value, missing = _from_file(Path(ref.file).expanduser())
    else:
        value, missing = _from_cluster(ref, api)
    if value:
        return value
    raise LakesteadError(
        f"A secret cannot be read from {ref}",
        found=missing if value is None else "it is empty",
        do=_advice(ref),
    )


def _from_file(path: Path) -> tuple[str | None, str]:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n"), ""
    except (OSError, UnicodeDecodeError) as error:
        return None, str(getattr(error, "strerror", None) or error)


def _from_cluster(ref: SecretRef, api: Reader | None) -> tuple[str | None, str]:
    namespace, _, name = (ref.secret or "").partition("/")
    if api is None:
        return None, "no cluster to ask"
    found = api.list("v1", "Secret", namespace, field_selector=f"metadata.name={name}")
    if not found:
        return None, "there is no such Secret"
    data = found[0].get("data") or {}
    if ref.key not in data:
        return None, "keys " + (", ".join(sorted(data)) or "none at all")
    return base64.b64decode(data[ref.key]).decode("utf-8", "replace"), ""


def _advice(ref: SecretRef) -> str:
    if ref.env:
        return f"export {ref.env}=…"
    if ref.file:
        return f"write it to {ref.file}, readable by you alone (mode 0600)"
    namespace, _, name = (ref.secret or "").partition("/")
    return f"kubectl -n {namespace} get secret {name}"
