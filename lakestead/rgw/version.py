"""Which Ceph the gateway is."""

from __future__ import annotations

from lakestead.kube.client import Api
from lakestead.kube.pods import ready_pod
from lakestead.plan.ceph_status import COMMAND, gateway_version, parse_status

TOOLBOX = "deploy/rook-ceph-tools"


def running_version(api: Api, namespace: str) -> str:
    """The gateway's version, ``18.2.7``, as the toolbox pod sees it; empty where it cannot tell."""
    pod = ready_pod(api, namespace, TOOLBOX)
    answer = api.exec(namespace, pod, ["sh", "-c", COMMAND], timeout=30)
    return gateway_version(parse_status(answer.stdout.decode("utf-8", "replace")))
