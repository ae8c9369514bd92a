"""A credential as it is kept, and the notes on its replacement that are kept with it.

All that a rotation must know after it was killed is in the Secret itself: what has begun, and which
one is to be revoked.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lakestead.credentials.copies import Copy
from lakestead.errors import LakesteadError, WrongUsage
from lakestead.kube.client import Api, ApiError
from lakestead.kube.dry_run import apply_error
from lakestead.plan.rotation import Age, Stage, cutoff, fingerprint, parse, stage
from lakestead.settings import Settings

MADE_AT = "lakestead.io/made-at"
RETIRING = "lakestead.io/retiring"
BEGUN = "lakestead.io/rotation-begun"

_LABEL = "app.kubernetes.io/managed-by"


@dataclass(frozen=True, slots=True)
class Kept:
    """A Secret of the store.

    + secret: as the API answered it; in no message
    """

    copy: Copy
    secret: Mapping[str, Any]

    @property
    def public(self) -> str:
        """The user name or access key."""
        return self.value(self.copy.keys[0])

    @property
    def fingerprint(self) -> str:
        """Stands for ``public`` in annotations."""
        return fingerprint(self.public)

    @property
    def age(self) -> Age:
        """What decides whether it is replaced."""
        notes = self.notes
        made = notes.get(MADE_AT) or self.secret["metadata"]["creationTimestamp"]
        return Age(parse(made), BEGUN in notes, notes.get(RETIRING, ""))

    @property
    def notes(self) -> dict[str, str]:
        """Annotations of ours."""
        found = self.secret["metadata"].get("annotations") or {}
        return {key: value for key, value in found.items() if key in (MADE_AT, RETIRING, BEGUN)}

    def value(self, key: str) -> str:
        """One entry; "" where it is not there."""
        return base64.b64decode((self.secret.get("data") or {}).get(key, "")).decode()

    def stage(self, settings: Settings) -> Stage:
        """What it needs by these settings."""
        try:
            moment = cutoff(
                settings.rotate_before, settings.secrets.max_age_days, datetime.now(UTC)
            )
        except ValueError as error:
            raise WrongUsage(
                "rotate_before must be a moment that has passed",
                found=str(error),
                do="name the moment before which a credential must have been made to be replaced",
            ) from None
        return stage(self.age, moment)

    def write(
        self, api: Api, values: Mapping[str, str], notes: Mapping[str, str]
    ) -> dict[str, Any]:
        """Make values and notes those; everything else of Lakestead's in the Secret goes.

        Raises LakesteadError where the Secret was changed since it was read.
        """
        metadata = self.secret["metadata"]
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {
                "name": self.copy.source.name,
                "namespace": self.copy.source.namespace,
                "resourceVersion": metadata["resourceVersion"],
                "labels": {_LABEL: "lakestead"},
                "annotations": dict(notes),
            },
            "type": self.secret.get("type", "Opaque"),
            "data": {k: base64.b64encode(v.encode()).decode() for k, v in values.items()},
        }
        try:
            # Of another manager than ours: what this program wrote by another way. See `read`.
            return api.apply(manifest, force=True)
        except ApiError as error:
            raise apply_error(self.copy.source, error) from error

    def values(self) -> dict[str, str]:
        """The credential."""
        return {key: self.value(key) for key in self.copy.keys}


def read(api: Api, copy: Copy) -> Kept:
    """The Secret as it is now; raises LakesteadError where there is none, or it is somebody else's."""
    found = api.get(copy.source)
    if found is None:
        raise LakesteadError(
            f"{copy.source} is not there: there is nothing to replace",
            do="make it first: deploys/phase1.py",
        )
    by = (found["metadata"].get("labels") or {}).get(_LABEL)
    if by != "lakestead":
        raise LakesteadError(
            f"{copy.source} was not made by Lakestead, which does not replace what is in it",
            found=f"label {_LABEL}: {by or 'none'}",
            do="change it where it comes from; then restart what reads it",
        )
    return Kept(copy, found)
