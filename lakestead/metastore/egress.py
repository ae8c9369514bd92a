"""Whom the metastore must reach, for its NetworkPolicies."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError
from lakestead.settings import Settings


def egress_namespaces(settings: Settings) -> list[str]:
    """The namespaces of PostgreSQL and the gateway, as the names of their hosts have them.

    Raises LakesteadError where a NetworkPolicy is asked for and one of them is in none.
    """
    section = settings.metastore
    gateway = urlsplit(settings.object_storage.cluster_endpoint).hostname or ""
    found = {}
    for host_name in (section.database.host, gateway):
        service = re.fullmatch(r"[^.]+\.([^.]+)\.svc(\..+)?", host_name)
        if service:
            found[service[1]] = True
        elif section.network and not section.network.egress_addresses:
            raise LakesteadError(
                "The metastore's NetworkPolicy would keep it from what it needs",
                where="metastore.network",
                found=f"{host_name} is no Service of the cluster (NAME.NAMESPACE.svc)",
                expected="its address in metastore.network.egress_addresses, as CIDR",
                do='"egress_addresses": ["10.0.0.7/32"]',
            )
    return list(found)
