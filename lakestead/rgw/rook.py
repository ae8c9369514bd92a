"""Which users and buckets Rook owns, so that nobody manages one both ways.

Source: Rook's CephObjectStoreUser (its name is the uid) and, for claims, ObjectBucket
(``spec.additionalState.cephUser`` and ``spec.endpoint.bucketName``).
"""

from __future__ import annotations

from typing import Any

from lakestead.kube.client import Api


def owner_of_user(api: Api, namespace: str, object_store: str, uid: str) -> str | None:
    """The Rook object that owns the user ``uid``, in words; None where none does."""
    for user in api.list("ceph.rook.io/v1", "CephObjectStoreUser"):
        spec = user.get("spec") or {}
        home = user["metadata"]["namespace"]
        cluster = spec.get("clusterNamespace") or home
        if (user["metadata"]["name"], spec.get("store"), cluster) == (uid, object_store, namespace):
            return f"CephObjectStoreUser {home}/{uid}"
    for bucket in _claimed(api):
        if (bucket["spec"].get("additionalState") or {}).get("cephUser") == uid:
            return f"ObjectBucketClaim {_claim(bucket)}"
    return None


def owner_of_bucket(api: Api, bucket_name: str) -> str | None:
    """The ObjectBucketClaim that owns the bucket, in words; None where none does."""
    for bucket in _claimed(api):
        if (bucket["spec"].get("endpoint") or {}).get("bucketName") == bucket_name:
            return f"ObjectBucketClaim {_claim(bucket)}"
    return None


def _claimed(api: Api) -> list[dict[str, Any]]:
    found = api.list("objectbucket.io/v1alpha1", "ObjectBucket")
    return [bucket for bucket in found if isinstance(bucket.get("spec"), dict)]


def _claim(bucket: dict[str, Any]) -> str:
    claim = bucket["spec"].get("claimRef") or {}
    if claim.get("name"):
        return f"{claim.get('namespace')}/{claim['name']}"
    return f"behind ObjectBucket {bucket['metadata']['name']}"
