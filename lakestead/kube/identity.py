"""Which cluster this is, whatever its address and name are."""

from __future__ import annotations

from lakestead.kube.client import Api

_uids: dict[Api, str] = {}


def cluster_uid(api: Api) -> str:
    """uid of the namespace ``kube-system``: as long as the cluster lives, and no other cluster's."""
    if api not in _uids:
        answer = api.raw("GET", "/api/v1/namespaces/kube-system")
        _uids[api] = str(answer["metadata"]["uid"])
    return _uids[api]
