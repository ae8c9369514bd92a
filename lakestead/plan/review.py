"""A capacity review as a document: what is there, what is free, what fits, what a lost node does.

One JSON object, schemas/capacity.json. Amounts are millicores and bytes; null is unknown.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, computed_field

Fit = Literal["fits", "runs", "does not fit", "not always"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Share(_Part):
    """One resource of a node or of all: what there is and what of it is taken."""

    allocatable: int
    requested: int
    limits: int
    used: int | None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def free(self) -> int:
        """Allocatable and not requested; below 0 where more is requested than there is."""
        return self.allocatable - self.requested

    @property
    def percent(self) -> float:
        """Requested, of what is allocatable."""
        return 100 * self.requested / self.allocatable if self.allocatable else 100.0

    @property
    def used_percent(self) -> float | None:
        """In use, of what is allocatable."""
        if self.used is None:
            return None
        return 100 * self.used / self.allocatable if self.allocatable else 100.0


class HostFacts(_Part):
    """What a node says of itself over SSH; null is what it did not say.

    + drift: seconds that its clock is ahead of this machine's, give or take ``drift_error``
    """

    host: str
    error: str = ""
    hostname: str | None = None
    cores: int | None = None
    memory: int | None = None
    memory_available: int | None = None
    load: list[float] | None = None
    kernel: str | None = None
    disks: list[dict[str, Any]] | None = None
    drift: float | None = None
    drift_error: float | None = None


class NodeReview(_Part):
    """One node; ``host`` is null where nothing is known over SSH."""

    name: str
    closed: str
    pressure: list[str]
    taints: list[str]
    cpu: Share
    memory: Share
    disk: int | None
    disk_used: int | None
    pods: int
    max_pods: int
    host: HostFacts | None = None


class NamespaceReview(_Part):
    """What a namespace's pods request; ``silent`` ones request no CPU or no memory."""

    name: str
    pods: int
    silent: int
    cpu: int
    memory: int
    cpu_limits: int
    memory_limits: int
    cpu_used: int | None
    memory_used: int | None
    claims: int
    claimed: int


class ClassReview(_Part):
    """A storage class and the claims of it; ``used`` is null unless all of them are measured."""

    name: str
    provisioner: str
    default: bool
    delayed: bool
    claims: int
    claimed: int
    used: int | None
    unbound: int


class ClaimReview(_Part):
    """A PersistentVolumeClaim."""

    namespace: str
    name: str
    storage_class: str
    size: int
    used: int | None
    bound: bool


class Reason(_Part):
    """Why nodes do not take a pod: the same for ``nodes`` of them, such as ``such_as``."""

    reason: str
    nodes: int
    such_as: list[str]


class PodReview(_Part):
    """A planned pod, the node that it would go to, and why none takes it."""

    name: str
    cpu: int
    memory: int
    answer: Fit
    node: str | None
    reasons: list[Reason]


class After(_Part):
    """How full the open nodes are when something is done; headroom is up to the line."""

    cpu_percent: float
    memory_percent: float
    cpu_headroom: int
    memory_headroom: int

    @property
    def over(self) -> bool:
        """Whether more is requested than the line allows."""
        return self.cpu_headroom < 0 or self.memory_headroom < 0


class PhaseReview(_Part):
    """A phase, on top of those before it."""

    phase: int
    pods: list[PodReview]
    after: After

    @property
    def fits(self) -> bool:
        """Whether every pod of it has a node."""
        return all(pod.answer in ("fits", "runs") for pod in self.pods)


class LostReview(_Part):
    """What happens where one node is lost, with everything that is planned.

    + moved, ended: pods that must find another node, and those that end with it
    + homeless: those that find none, or may not; when it goes worst ``most`` of them at once
    """

    node: str
    moved: int
    ended: int
    homeless: list[PodReview]
    most: int
    after: After


class Review(_Part):
    """All of it.

    + nodes: each one
    + total_cpu, total_memory: of the open ones, neither closed nor tainted; use is null where that of
      one is unknown
    + waiting: pods that no node has taken yet, as namespace/name
    + lost: one entry a node on small clusters, of large ones those that hold the most
    + unknown: what could not be read, and why
    + strangers: hosts that only SSH or only the API knows
    """

    schema_: Literal["lakestead.capacity/v1"] = "lakestead.capacity/v1"
    lakestead: str
    made: str
    context: str
    server: str
    line_percent: int
    nodes: list[NodeReview]
    total_cpu: Share
    total_memory: Share
    namespaces: list[NamespaceReview]
    storage_classes: list[ClassReview]
    claims: list[ClaimReview]
    waiting: list[str]
    phases: list[PhaseReview]
    lost: list[LostReview]
    strangers: list[str]
    unknown: list[str]

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=lambda name: name.rstrip("_"),
        validate_by_name=True, serialize_by_alias=True,
    )  # fmt: skip

    @property
    def fits(self) -> bool:
        """Whether every planned pod has a node."""
        return all(phase.fits for phase in self.phases)
