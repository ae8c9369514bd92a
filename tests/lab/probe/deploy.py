"""An app of one pod that runs $PROBE_SCRIPT, through the homelab repo and Flux."""

from __future__ import annotations

import os
from pathlib import Path

from pyinfra import host

from lakestead.gitops.chart import chart_files
from lakestead.lab.images import reference
from lakestead.operations import flux, gitops

HERE = Path(__file__).parent
APPS = "kubernetes/apps/data-platform"
RELEASE = f"""\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: probe
spec:
  interval: 1h
  timeout: 20s
  chart:
    spec:
      chart: ./kubernetes/charts/probe
      sourceRef: {{kind: GitRepository, name: flux-system, namespace: flux-system}}
  values:
    image: {reference("git-server")}
    script: {os.environ["PROBE_SCRIPT"]!r}
"""

if "workstation" in host.groups:
    gitops.files(
        name="Probe: in the homelab repo",
        files={
            f"{APPS}/probe/ks.yaml": (HERE / "ks.yaml").read_text(),
            f"{APPS}/probe/app/kustomization.yaml": "resources:\n  - ./helmrelease.yaml\n",
            f"{APPS}/probe/app/helmrelease.yaml": RELEASE,
            **chart_files(HERE / "chart/probe"),
        },
        resources={f"{APPS}/kustomization.yaml": ["./probe/ks.yaml"]},
        message="Deploy a probe\n\nFlux's ways are tested with it.",
    )
if "cluster" in host.groups:
    flux.reconcile(
        name="Probe: wait for its release",
        kind="HelmRelease",
        object_name="probe",
        namespace="data-platform",
        timeout=120,
    )
