"""The gateway's clients, made from the keys in the cluster's Secrets."""

from __future__ import annotations

from functools import lru_cache

from lakestead.kube.client import Api
from lakestead.rgw.client import AdminOps
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.key_secrets import admin_secret, user_secret
from lakestead.s3.client import S3
from lakestead.settings.object_storage import ObjectStorage


def admin_ops(api: Api, settings: ObjectStorage) -> AdminOps | None:
    """The Admin Ops API with the key in ``settings.admin.secret``; None where it is not there yet."""
    name = settings.admin.secret
    credentials = admin_secret(name).read(api)
    if credentials is None:
        return None
    return _admin_ops(
        settings.endpoint, credentials, f"Secret {name}", settings.region, settings.ca_bundle
    )


def user_s3(api: Api, settings: ObjectStorage) -> tuple[S3, Credentials] | None:
    """S3 with the user's own key in ``settings.user.secret``; None where it is not there yet."""
    name = settings.user.secret
    credentials = user_secret(name).read(api)
    if credentials is None:
        return None
    s3 = _s3(settings.endpoint, credentials, f"Secret {name}", settings.region, settings.ca_bundle)
    return s3, credentials


def anonymous_s3(settings: ObjectStorage) -> S3:
    """S3 without any key."""
    return _s3(settings.endpoint, None, "nobody", settings.region, settings.ca_bundle)


@lru_cache(maxsize=8)
def _admin_ops(
    endpoint: str, credentials: Credentials, owner: str, region: str, ca_bundle: str | None
) -> AdminOps:
    return AdminOps(endpoint, credentials, owner=owner, region=region, ca_bundle=ca_bundle)


@lru_cache(maxsize=8)
def _s3(
    endpoint: str, credentials: Credentials | None, owner: str, region: str, ca_bundle: str | None
) -> S3:
    return S3(endpoint, credentials, owner=owner, region=region, ca_bundle=ca_bundle)
