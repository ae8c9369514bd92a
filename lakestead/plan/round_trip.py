"""Whether the object storage's round trip is to be done again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from lakestead.plan.buckets import BucketWanted
from lakestead.plan.change import Change
from lakestead.plan.rgw_user import User

# What the round trip does; whoever changes it raises the number, and it is done again everywhere.
PROCEDURE = 1
STEPS = ("put", "multipart", "get", "list", "delete")
REFUSED = "refuse without a key"


def proves(endpoint: str, user: User, access_key: str, bucket: BucketWanted) -> str:
    """A digest of everything that a round trip proves something about."""
    subject = {
        "procedure": PROCEDURE,
        "endpoint": endpoint,
        "user": {**asdict(user), "access_keys": [access_key]},
        "bucket": asdict(bucket),
    }
    text = json.dumps(subject, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def plan_round_trip(bucket: str, digest: str, marker: Mapping[str, Any] | None) -> Change:
    """What is to be done, given the marker object that the last round trip left.

    + marker: None where there is none
    """
    if marker is None:
        return Change("Round trip", f"s3://{bucket}", "create", why=", ".join(STEPS))
    if marker.get("digest") != digest:
        why = f"what was proved at {marker.get('time')} has changed"
        return Change("Round trip", f"s3://{bucket}", "update", why=why)
    return Change("Round trip", f"s3://{bucket}", "unchanged")
