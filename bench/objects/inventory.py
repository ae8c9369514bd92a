"""The API server that the benchmark has started; $KUBECONFIG names it."""

from __future__ import annotations

cluster = ["@kube/lakestead-test"]
