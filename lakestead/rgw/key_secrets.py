"""Kubernetes Secrets that hold a key of the object gateway."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.rgw.credentials import Credentials


@dataclass(frozen=True, slots=True)
class KeySecret:
    """A Secret and the names of the entries that hold the two halves of the key.

    + name: ``namespace/name``
    + type: the Secret's type; Rook has one of its own
    """

    name: str
    access_key: str
    secret_key: str
    type: str = "Opaque"

    @property
    def ref(self) -> ObjectRef:
        """The Secret's address."""
        namespace, _, name = self.name.partition("/")
        return ObjectRef("v1", "Secret", name, namespace)

    def read(self, api: Api) -> Credentials | None:
        """The key; None where there is no such Secret.

        Raises LakesteadError where the Secret holds something else.
        """
        return self.parse(api.get(self.ref))

    def parse(self, found: Mapping[str, Any] | None) -> Credentials | None:
        """The key in a Secret that the API answered."""
        if found is None:
            return None
        data = found.get("data") or {}
        missing = [name for name in (self.access_key, self.secret_key) if not data.get(name)]
        if missing:
            raise LakesteadError(
                f"Secret {self.name} holds no key of the object gateway",
                found="entries " + (", ".join(sorted(data)) or "none"),
                expected=f"entries {self.access_key} and {self.secret_key}",
                do="name another Secret in object_storage, or delete this one: it is made anew",
            )
        halves = [base64.b64decode(data[name]).decode() for name in self._entries]
        return Credentials(halves[0], halves[1])

    def manifest(self, credentials: Credentials) -> dict[str, Any]:
        """The Secret, to be applied."""
        values = (credentials.access_key, credentials.secret_key)
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self.ref.name,
                "namespace": self.ref.namespace,
                "labels": {"app.kubernetes.io/managed-by": "lakestead"},
            },
            "type": self.type,
            "data": {
                name: base64.b64encode(value.encode()).decode()
                for name, value in zip(self._entries, values, strict=True)
            },
        }

    @property
    def _entries(self) -> tuple[str, str]:
        return self.access_key, self.secret_key


def admin_secret(name: str) -> KeySecret:
    """The Admin Ops API's key, in the form that Rook reads for an external cluster."""
    return KeySecret(name, "accessKey", "secretKey", "kubernetes.io/rook")


def user_secret(name: str) -> KeySecret:
    """A user's S3 key, under the names that every AWS SDK reads from the environment."""
    return KeySecret(name, "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
