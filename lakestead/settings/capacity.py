"""What each component gets, and what the cluster must have to spare."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from lakestead.settings.framework import Section
from lakestead.settings.quantity import Cpu, Memory


class Allocation(Section):
    """What the pods of one component request.

    + replicas: pods
    + cpu: requested by each of them
    + memory: requested by each of them, and the limit of each
    + cpu_limit: what a pod may use; by default all that is free
    + phase: that brings the component; Lakestead knows it of its own components
    """

    phase: Annotated[int, Field(gt=0)] | None = None
    replicas: Annotated[int, Field(gt=0)] = 1
    cpu: Cpu
    memory: Memory
    cpu_limit: Cpu | None = None


class Spare(Section):
    """What must be free (allocatable less requested) on all schedulable nodes together.

    + cpu: beside what the phase's pods request
    + memory: beside what the phase's pods request
    """

    cpu: Cpu | None = None
    memory: Memory | None = None


class Capacity(Section):
    """What the cluster must have to spare before anything is changed, beside room for the phase.

    + free: on all schedulable nodes together
    + used_below_percent: of the nodes' CPU and of their memory, as measured now
    """

    free: Spare = Spare()
    used_below_percent: Annotated[int, Field(gt=0, le=100)] | None = None
