"""The deploy file of ``lakestead rollback ID --suspend``: Flux is told to leave an objective alone."""

from __future__ import annotations

from pyinfra import host

from lakestead.objectives.suspending import current
from lakestead.operations import kube

if "cluster" in host.groups and current.objects:
    kube.apply(name="Suspend what Flux does for the objective", objects=current.objects, wait=False)
