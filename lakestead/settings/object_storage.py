"""The object storage: the gateway, its admin key, one user and that user's buckets."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from lakestead.plan.buckets import BucketWanted
from lakestead.plan.lifecycle import LifecycleRule, in_order
from lakestead.plan.quota import UNLIMITED
from lakestead.plan.quota import Quota as PlannedQuota
from lakestead.plan.rgw_user import User as PlannedUser
from lakestead.settings.framework import Section
from lakestead.settings.names import Namespace, NamespacedName, ObjectName
from lakestead.settings.quantity import Storage

KIB = 1024
# Source: the Admin Ops documentation; each was tried on Ceph 18.2.7.
CAPS = (
    "amz-cache",
    "bilog",
    "buckets",
    "datalog",
    "info",
    "mdlog",
    "metadata",
    "oidc-provider",
    "ratelimit",
    "roles",
    "usage",
    "user-policy",
    "users",
    "zone",
)

Uid = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]+$")]
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
Days = Annotated[int, Field(gt=0)]
Texts = list[Annotated[str, Field(min_length=1)]]


class Quota(Section):
    """How much may be stored; what is not given is unlimited.

    + max_size: ``20Gi``, whole KiB
    + max_objects: number of objects
    """

    max_size: Storage | None = None
    max_objects: Annotated[int, Field(gt=0)] | None = None

    @field_validator("max_size")
    @classmethod
    def _whole_kib(cls, value: Storage | None) -> Storage | None:
        if value is not None and value.bytes % KIB:
            raise ValueError('whole KiB, since the gateway counts in KiB: "20Gi", "512Mi"')
        return value

    @property
    def planned(self) -> PlannedQuota:
        """The quota as the plan compares it."""
        return PlannedQuota(
            self.max_size.bytes if self.max_size else UNLIMITED, self.max_objects or UNLIMITED
        )


class Admin(Section):
    """The user whose key the Admin Ops API takes.

    + uid: made in the toolbox pod where the Secret is not there; with a key in the Secret it is not
      looked at
    + secret: ``namespace/name`` of the Secret with ``accessKey`` and ``secretKey``
    """

    uid: Uid = "lakestead-admin"
    secret: NamespacedName


class User(Section):
    """The user who owns the buckets.

    + caps: capabilities for the Admin Ops API, ``usage=read``; most users need none
    + max_buckets: 0 is any number
    + quota: for all that the user owns; None leaves it as it is
    + secret: ``namespace/name`` of the Secret for ``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``
    """

    uid: Uid
    display_name: Annotated[str, Field(min_length=1)]
    caps: Texts = Field(default_factory=list)
    max_buckets: Annotated[int, Field(ge=0)] = 1000
    quota: Quota | None = None
    secret: NamespacedName

    @field_validator("caps")
    @classmethod
    def _known_caps(cls, value: list[str]) -> list[str]:
        for cap in value:
            kind, _, permission = cap.partition("=")
            if kind not in CAPS or permission not in ("read", "write", "*"):
                raise ValueError(
                    f"{cap!r}: TYPE=read, TYPE=write or TYPE=* with TYPE one of {', '.join(CAPS)}"
                )
        kinds = [cap.partition("=")[0] for cap in value]
        if len(set(kinds)) < len(kinds):
            raise ValueError("each TYPE once; TYPE=* is read and write")
        return value

    @property
    def planned(self) -> PlannedUser:
        """The user as the plan compares it."""
        return PlannedUser(
            uid=self.uid,
            display_name=self.display_name,
            max_buckets=self.max_buckets,
            caps=dict(cap.split("=", 1) for cap in self.caps),
            quota=self.quota.planned if self.quota else None,
        )


class Lifecycle(Section):
    """One lifecycle rule; see ``lakestead.plan.lifecycle.LifecycleRule`` for the fields."""

    id: Annotated[str, Field(min_length=1, max_length=255)]
    enabled: bool = True
    prefix: str = ""
    tags: dict[str, str] = Field(default_factory=dict)
    size_greater_than: Storage | None = None
    size_less_than: Storage | None = None
    expire_days: Days | None = None
    noncurrent_days: Days | None = None
    newer_noncurrent_versions: Annotated[int, Field(gt=0, le=100)] | None = None
    abort_multipart_days: Days | None = None
    expired_delete_markers: bool = False

    @model_validator(mode="after")
    def _does_something_possible(self) -> Lifecycle:
        if not (
            self.expire_days
            or self.noncurrent_days
            or self.abort_multipart_days
            or self.expired_delete_markers
        ):
            raise ValueError(
                "at least one of expire_days, noncurrent_days, abort_multipart_days "
                "and expired_delete_markers"
            )
        if self.newer_noncurrent_versions and not self.noncurrent_days:
            raise ValueError("newer_noncurrent_versions only together with noncurrent_days")
        if self.expired_delete_markers and (self.expire_days or self.tags):
            raise ValueError("expired_delete_markers without expire_days and tags")
        if self.abort_multipart_days and (
            self.tags or self.size_greater_than or self.size_less_than
        ):
            raise ValueError("abort_multipart_days without tags and sizes: uploads have neither")
        return self

    @property
    def planned(self) -> LifecycleRule:
        """The rule as the plan compares it."""
        values = self.model_dump(exclude={"size_greater_than", "size_less_than"})
        return LifecycleRule(
            **values,
            size_greater_than=self.size_greater_than.bytes if self.size_greater_than else None,
            size_less_than=self.size_less_than.bytes if self.size_less_than else None,
        )


class Principal(Section):
    """Whom a statement is about: ``{"AWS": ["arn:aws:iam:::user/UID"]}``."""

    AWS: str | Texts

    @field_validator("AWS")
    @classmethod
    def _users(cls, value: str | list[str]) -> str | list[str]:
        for arn in [value] if isinstance(value, str) else value:
            if arn != "*" and not re.fullmatch(r"arn:aws:iam::[^:/]*:user/[^/]+", arn):
                raise ValueError(f'{arn!r}: "arn:aws:iam:::user/UID" or "*"')
        return value


class Statement(Section):
    """One statement of a bucket's policy, in the policy language of S3."""

    Sid: str | None = None
    Effect: Literal["Allow", "Deny"]
    Principal: Literal["*"] | Principal
    Action: str | Texts
    Resource: str | Texts
    Condition: dict[str, dict[str, str | Texts]] | None = None

    @field_validator("Action")
    @classmethod
    def _actions(cls, value: str | list[str]) -> str | list[str]:
        for action in [value] if isinstance(value, str) else value:
            if not re.fullmatch(r"s3:[A-Za-z*?]+", action):
                raise ValueError(f'{action!r}: "s3:GetObject", "s3:*" and the like')
        return value

    @field_validator("Resource")
    @classmethod
    def _resources(cls, value: str | list[str]) -> str | list[str]:
        for resource in [value] if isinstance(value, str) else value:
            if not resource.startswith("arn:aws:s3:::"):
                raise ValueError(f'{resource!r}: "arn:aws:s3:::BUCKET" or "arn:aws:s3:::BUCKET/*"')
        return value


class Bucket(Section):
    """One bucket; what is not given is left as it is.

    + versioning: False also accepts a bucket that never had it
    + lifecycle: all its rules; ``[]`` removes them
    + policy: all its statements; ``[]`` removes the policy
    + quota: ``{}`` lifts it
    """

    versioning: bool | None = None
    lifecycle: list[Lifecycle] | None = None
    policy: list[Statement] | None = None
    quota: Quota | None = None

    @field_validator("lifecycle")
    @classmethod
    def _unique(cls, value: list[Lifecycle] | None) -> list[Lifecycle] | None:
        ids = [rule.id for rule in value or []]
        if len(set(ids)) < len(ids):
            raise ValueError("each id once")
        return value

    def planned(self, name: str, owner: str) -> BucketWanted:
        """The bucket as the plan compares it."""
        rules, policy = self.lifecycle, self.policy
        return BucketWanted(
            name=name,
            owner=owner,
            versioning=self.versioning,
            lifecycle=None if rules is None else in_order(rule.planned for rule in rules),
            policy=None
            if policy is None
            else tuple(item.model_dump(exclude_none=True) for item in policy),
            quota=self.quota.planned if self.quota else None,
        )


class ObjectStorage(Section):
    """The object storage of the platform.

    + namespace, object_store: the CephObjectStore, as Rook names it
    + endpoint: the gateway as the workstation reaches it
    + cluster_endpoint: the gateway as pods reach it
    + region: name of the gateway's zonegroup; ``us-east-1`` where it has the default one
    + ca_bundle: file of the certificate authority, for an ``https`` endpoint with one of your own
    + buckets: by name; all are owned by ``user``
    """

    namespace: Namespace
    object_store: ObjectName
    endpoint: str
    cluster_endpoint: str
    region: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")] = "us-east-1"
    ca_bundle: str | None = None
    admin: Admin
    user: User
    buckets: Annotated[dict[BucketName, Bucket], Field(min_length=1)]

    @field_validator("endpoint", "cluster_endpoint")
    @classmethod
    def _url(cls, value: str) -> str:
        if not re.fullmatch(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?/?", value):
            raise ValueError("http://HOST:PORT or https://HOST:PORT")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _separate_users(self) -> ObjectStorage:
        if self.admin.uid == self.user.uid:
            raise ValueError(
                "user.uid must not be admin.uid: the platform's key needs no admin caps"
            )
        if self.user.max_buckets and len(self.buckets) > self.user.max_buckets:
            raise ValueError(
                f"user.max_buckets is {self.user.max_buckets}, but there are {len(self.buckets)} "
                "buckets"
            )
        return self

    @property
    def wanted_buckets(self) -> list[BucketWanted]:
        """The buckets as the plan compares them, by name."""
        return [
            bucket.planned(name, self.user.uid) for name, bucket in sorted(self.buckets.items())
        ]
