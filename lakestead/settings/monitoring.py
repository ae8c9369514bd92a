"""The monitoring stack, which comes with phase 4 or is there already."""

from __future__ import annotations

from lakestead.settings.framework import Section
from lakestead.settings.names import Namespace


class Monitoring(Section):
    """Objects by which a monitoring stack finds what is to be watched. All off: there may be none yet.

    + prometheus_operator: make ServiceMonitors and PrometheusRules; the cluster must have their CRDs
    + dashboards: make ConfigMaps for Grafana's sidecar
    + namespace: of Prometheus, which NetworkPolicies let in
    + labels: of ServiceMonitors and PrometheusRules, as the Prometheus selects them
    + dashboard_labels: as the sidecar selects ConfigMaps
    """

    prometheus_operator: bool = False
    dashboards: bool = False
    namespace: Namespace = "monitoring"
    labels: dict[str, str] = {}
    dashboard_labels: dict[str, str] = {"grafana_dashboard": "1"}
