"""Lifecycle rules of a bucket, in one spelling.

S3 has three ways to write one filter (``Prefix``, ``Filter`` and ``Filter.And``), and the object
gateway answers another one than it was told. Both are compared here in the spelling of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """What happens by itself to which objects of a bucket.

    + id: its name, unique in the bucket
    + prefix, tags, size_greater_than, size_less_than: which objects; sizes in bytes
    + expire_days: objects of that age are deleted
    + noncurrent_days: versions are deleted so many days after they were replaced
    + newer_noncurrent_versions: but so many replaced versions are kept
    + abort_multipart_days: uploads that were never finished are removed
    + expired_delete_markers: delete markers with nothing behind them are removed
    + other: what S3 knows beyond these, as it was found; never in a rule that is wanted
    """

    id: str
    enabled: bool = True
    prefix: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    size_greater_than: int | None = None
    size_less_than: int | None = None
    expire_days: int | None = None
    noncurrent_days: int | None = None
    newer_noncurrent_versions: int | None = None
    abort_multipart_days: int | None = None
    expired_delete_markers: bool = False
    other: str = ""

    def set_fields(self) -> dict[str, Any]:
        """The fields that differ from their defaults, and ``id``."""
        empty = LifecycleRule(self.id)
        return {
            item.name: getattr(self, item.name)
            for item in fields(self)
            if item.name == "id" or getattr(self, item.name) != getattr(empty, item.name)
        }


def in_order(rules: Iterable[LifecycleRule]) -> tuple[LifecycleRule, ...]:
    """Sorted by ID, as the gateway keeps them."""
    return tuple(sorted(rules, key=lambda rule: rule.id))


def from_s3(rule: Mapping[str, Any]) -> LifecycleRule:
    """A rule as ``GetBucketLifecycleConfiguration`` answers it.

    Source: the S3 API reference, LifecycleRule.
    """
    rest = dict(rule)
    place = dict(rest.pop("Filter", {}))
    place.update(place.pop("And", {}))
    tags = [*place.pop("Tags", []), *([place.pop("Tag")] if "Tag" in place else [])]
    expiration = dict(rest.pop("Expiration", {}))
    noncurrent = dict(rest.pop("NoncurrentVersionExpiration", {}))
    abort = dict(rest.pop("AbortIncompleteMultipartUpload", {}))
    prefix = place.pop("Prefix", None)
    old_prefix = rest.pop("Prefix", None)
    made = LifecycleRule(
        id=rest.pop("ID", ""),
        enabled=rest.pop("Status") == "Enabled",
        prefix=prefix or old_prefix or "",
        tags={tag["Key"]: tag["Value"] for tag in tags},
        size_greater_than=place.pop("ObjectSizeGreaterThan", None),
        size_less_than=place.pop("ObjectSizeLessThan", None),
        expire_days=expiration.pop("Days", None),
        expired_delete_markers=bool(expiration.pop("ExpiredObjectDeleteMarker", False)),
        noncurrent_days=noncurrent.pop("NoncurrentDays", None),
        newer_noncurrent_versions=noncurrent.pop("NewerNoncurrentVersions", None),
        abort_multipart_days=abort.pop("DaysAfterInitiation", None),
    )
    left = {
        "Filter": place,
        "Expiration": expiration,
        "NoncurrentVersionExpiration": noncurrent,
        "AbortIncompleteMultipartUpload": abort,
        **rest,
    }
    other = {name: value for name, value in left.items() if value}
    if not other:
        return made
    text = json.dumps(other, sort_keys=True, default=str)
    return LifecycleRule(**{**made.set_fields(), "other": text})


def to_s3(rule: LifecycleRule) -> dict[str, Any]:
    """A rule as ``PutBucketLifecycleConfiguration`` wants it."""
    place: dict[str, Any] = {}
    if rule.prefix or not (rule.tags or rule.size_greater_than or rule.size_less_than):
        place["Prefix"] = rule.prefix
    tags = [{"Key": key, "Value": value} for key, value in sorted(rule.tags.items())]
    if tags:
        place["Tags"] = tags
    if rule.size_greater_than is not None:
        place["ObjectSizeGreaterThan"] = rule.size_greater_than
    if rule.size_less_than is not None:
        place["ObjectSizeLessThan"] = rule.size_less_than
    if len(place) > 1 or len(tags) > 1:
        place = {"And": place}
    elif tags:
        place = {"Tag": tags[0]}
    expiration = {
        "Days": rule.expire_days,
        "ExpiredObjectDeleteMarker": rule.expired_delete_markers or None,
    }
    noncurrent = {
        "NoncurrentDays": rule.noncurrent_days,
        "NewerNoncurrentVersions": rule.newer_noncurrent_versions,
    }
    made = {
        "ID": rule.id,
        "Status": "Enabled" if rule.enabled else "Disabled",
        "Filter": place,
        "Expiration": _given(expiration),
        "NoncurrentVersionExpiration": _given(noncurrent),
        "AbortIncompleteMultipartUpload": _given(
            {"DaysAfterInitiation": rule.abort_multipart_days}
        ),
    }
    return {name: value for name, value in made.items() if value}


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
