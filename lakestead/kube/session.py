"""The API of the cluster that a pyinfra host belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lakestead import settings
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api

if TYPE_CHECKING:
    from pyinfra.api.host import Host

_apis: dict[tuple[str | None, str | None], Api] = {}


def api(host: Host) -> Api:
    """One Api per kubeconfig and context, shared by all hosts of this run.

    + host: its ``kube`` data name both: ``{"kubeconfig": PATH, "context": NAME}``; a host
      ``@kube/<context>`` names the context itself
    """
    cluster = settings.kube(host)
    try:
        return connect(cluster.kubeconfig, host.data.get("kube_context") or cluster.context)
    except LakesteadError:
        settings.refuse_mistakes(host)  # These can be mended without a cluster, and come first.
        raise


def connected() -> dict[str, Api]:
    """The Apis of this process so far, by context; "" is the kubeconfig's own choice."""
    return {context or "": api for (_, context), api in _apis.items()}


def connect(kubeconfig: str | None, context: str | None) -> Api:
    """The one Api of this process for a kubeconfig and context."""
    key = (kubeconfig, context)
    if key not in _apis:
        _apis[key] = Api.from_kubeconfig(*key)
    return _apis[key]
