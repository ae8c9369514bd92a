"""Whether the cluster knows the objects by which the Prometheus Operator is told what to watch."""

from __future__ import annotations

from lakestead.gates.gate import Gate
from lakestead.kube.client import Api

API_VERSION = "monitoring.coreos.com/v1"
KINDS = ("ServiceMonitor", "PrometheusRule")


def monitoring_kinds(api: Api) -> Gate:
    """The CRDs that ``monitoring.prometheus_operator`` needs are there."""
    missing = [kind for kind in KINDS if api.served(API_VERSION, kind) is None]
    return Gate(
        name="The cluster knows the Prometheus Operator's kinds",
        answer="fail" if missing else "pass",
        looked_at=f"the API's kinds of {API_VERSION}",
        saw=f"no {' and no '.join(missing)}" if missing else " and ".join(KINDS),
        wanted=" and ".join(KINDS),
        do="install the monitoring stack first, or set monitoring.prometheus_operator to False: the "
        "metrics are served all the same",
    )
