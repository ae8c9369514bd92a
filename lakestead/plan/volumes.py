"""Where a pod's volumes let it run: bound ones, and those that are bound when the pod is placed.

Source: pkg/scheduler/framework/plugins/volumebinding, volumezone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lakestead.plan.quantity import whole_bytes
from lakestead.plan.selectors import Labels, node_selected, selects, topology_allowed

NO_PROVISIONER = "kubernetes.io/no-provisioner"
ZONES = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region")


@dataclass(frozen=True, slots=True)
class Claim:
    """A PersistentVolumeClaim, there or planned.

    + volume: the PersistentVolume that it is bound to; empty if none yet
    + size: bytes that it asks for
    + used: bytes in use as its kubelet measures; None is unknown
    """

    namespace: str
    name: str
    storage_class: str
    size: int = 0
    volume: str = ""
    modes: Sequence[str] = ("ReadWriteOnce",)
    lost: bool = False
    used: int | None = None
    selector: Mapping[str, Any] | None = None
    volume_mode: str = "Filesystem"


@dataclass(frozen=True, slots=True)
class StorageClass:
    """A StorageClass; ``delayed``: a volume is chosen when the first pod is placed."""

    name: str
    provisioner: str = ""
    delayed: bool = False
    topologies: Sequence[Mapping[str, Any]] = ()
    default: bool = False


@dataclass(frozen=True, slots=True)
class Volume:
    """A PersistentVolume; ``claim`` is ``namespace/name`` of whom it is for."""

    name: str
    storage_class: str
    size: int
    claim: str = ""
    affinity: Sequence[Mapping[str, Any]] | None = None
    labels: Labels = field(default_factory=dict)
    modes: Sequence[str] = ("ReadWriteOnce",)
    phase: str = "Available"
    volume_mode: str = "Filesystem"


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a CSI driver says that it can make for a class on some nodes, in bytes."""

    storage_class: str
    size: int
    topology: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Storage:
    """All of a cluster's; None is unknown.

    + limited: provisioners that say how much they can make
    """

    claims: Mapping[tuple[str, str], Claim] = field(default_factory=dict)
    classes: Mapping[str, StorageClass] = field(default_factory=dict)
    volumes: Mapping[str, Volume] = field(default_factory=dict)
    limited: frozenset[str] = frozenset()
    capacities: Sequence[Capacity] = ()


class Binding:
    """Volumes while pods are placed: what is chosen for one is gone for the next."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._chosen: dict[str, str] = {}  # claim → volume
        self._made: dict[str, str] = {}  # claim → node it will be made on

    def nowhere(self, namespace: str, names: Sequence[str]) -> str:
        """Why a pod with these claims can run on no node at all; empty if it may."""
        for name in names:
            claim = self._storage.claims.get((namespace, name))
            if claim is None:
                return f"there is no claim {name}"
            if claim.lost:
                return f"claim {name} has lost its volume"
            if claim.volume:
                if claim.volume not in self._storage.volumes:
                    return f"claim {name} is bound to a volume that is not there"
                continue
            known = self._storage.classes.get(claim.storage_class)
            if known is None or not known.delayed:
                return f"claim {name} is not bound yet"
        return ""

    def refuses(self, namespace: str, names: Sequence[str], node: str, labels: Labels) -> str:
        """Why the claims' volumes cannot be on a node; empty if they can."""
        if not names:
            return ""
        return self._chosen_for(namespace, names, node, labels)[0]

    def take(self, namespace: str, names: Sequence[str], node: str, labels: Labels) -> None:
        """The pod goes to that node, and its claims with it."""
        for claim, volume in self._chosen_for(namespace, names, node, labels)[1].items():
            if volume:
                self._chosen[claim] = volume
            else:
                self._made[claim] = node

    def _chosen_for(
        self, namespace: str, names: Sequence[str], node: str, labels: Labels
    ) -> tuple[str, dict[str, str]]:
        found: dict[str, str] = {}
        claims = [self._storage.claims[namespace, name] for name in names]
        for claim in sorted(claims, key=lambda claim: claim.size):
            key = f"{claim.namespace}/{claim.name}"
            bound = claim.volume or self._chosen.get(key)
            if bound:
                if not _reaches(self._storage.volumes[bound], node, labels):
                    return f"the volume of claim {claim.name} is not reachable there", {}
                continue
            if key in self._made:
                # Where it is made is known; what its topology will be is not: that node is safe.
                if self._made[key] != node:
                    return f"the volume of claim {claim.name} will be on {self._made[key]}", {}
                continue
            taken = {*self._chosen.values(), *found.values()}
            volume = self._matching(claim, key, node, labels, taken)
            if volume is None:
                reason = self._not_made(claim, labels)
                if reason:
                    return reason, {}
            found[key] = volume.name if volume else ""
        return "", found

    def _matching(
        self, claim: Claim, key: str, node: str, labels: Labels, taken: set[str]
    ) -> Volume | None:
        """The smallest volume that is there already and fits.

        Source: FindMatchingVolume in k8s.io/component-helpers/storage/volume.
        """
        fitting = []
        for volume in self._storage.volumes.values():
            if volume.name in taken or volume.volume_mode != claim.volume_mode:
                continue
            if volume.claim and volume.claim != key:
                continue
            if volume.storage_class != claim.storage_class or volume.size < claim.size:
                continue
            if not volume.claim and (
                volume.phase != "Available"
                or (claim.selector is not None and not selects(claim.selector, volume.labels))
                or not set(claim.modes) <= set(volume.modes)
            ):
                continue
            if _reaches(volume, node, labels):
                fitting.append(volume)
        return min(fitting, key=lambda volume: (not volume.claim, volume.size), default=None)

    def _not_made(self, claim: Claim, labels: Labels) -> str:
        """Why no volume can be made for a claim on a node; empty if one can."""
        known = self._storage.classes[claim.storage_class]
        if known.provisioner in ("", NO_PROVISIONER):
            return f"no volume of class {known.name} for claim {claim.name}"
        if claim.selector is not None:
            return f"claim {claim.name} selects volumes, so none is made for it"
        if not topology_allowed(known.topologies, labels):
            return f"class {known.name} makes no volumes there"
        if known.provisioner in self._storage.limited and not any(
            room.storage_class == known.name
            and room.size >= claim.size
            and room.topology is not None
            and selects(room.topology, labels)
            for room in self._storage.capacities
        ):
            return f"class {known.name} has no room for claim {claim.name} there"
        return ""


def _reaches(volume: Volume, node: str, labels: Labels) -> bool:
    if volume.affinity is not None and not node_selected(volume.affinity, node, labels):
        return False
    for key in ZONES:
        value = volume.labels.get(key)
        # Zones of a volume in several are joined by __.
        if value and key in labels and labels[key] not in value.split("__"):
            return False
    return True


def storage(
    claims: Sequence[Mapping[str, Any]],
    classes: Sequence[Mapping[str, Any]],
    volumes: Sequence[Mapping[str, Any]],
    drivers: Sequence[Mapping[str, Any]] = (),
    capacities: Sequence[Mapping[str, Any]] = (),
    used: Mapping[tuple[str, str], int] | None = None,
) -> Storage:
    """From what the API answered.

    + used: bytes in use by namespace and claim, from the kubelets
    """
    found_classes = {item["metadata"]["name"]: _class(item) for item in classes}
    default = next((item.name for item in found_classes.values() if item.default), "")
    found = [_claim(item, default, used or {}) for item in claims]
    return Storage(
        claims={(item.namespace, item.name): item for item in found},
        classes=found_classes,
        volumes={item["metadata"]["name"]: _volume(item) for item in volumes},
        limited=frozenset(
            item["metadata"]["name"]
            for item in drivers
            if (item.get("spec") or {}).get("storageCapacity")
        ),
        capacities=[_capacity(item) for item in capacities],
    )


def _class(item: Mapping[str, Any]) -> StorageClass:
    marks = item["metadata"].get("annotations") or {}
    return StorageClass(
        item["metadata"]["name"],
        str(item.get("provisioner") or ""),
        item.get("volumeBindingMode") == "WaitForFirstConsumer",
        item.get("allowedTopologies") or (),
        marks.get("storageclass.kubernetes.io/is-default-class") == "true",
    )


def _claim(item: Mapping[str, Any], default: str, used: Mapping[tuple[str, str], int]) -> Claim:
    spec, metadata = item.get("spec") or {}, item["metadata"]
    name = spec.get("storageClassName")
    return Claim(
        metadata["namespace"],
        metadata["name"],
        default if name is None else name,
        whole_bytes(((spec.get("resources") or {}).get("requests") or {}).get("storage", 0)),
        str(spec.get("volumeName") or ""),
        spec.get("accessModes") or (),
        (item.get("status") or {}).get("phase") == "Lost",
        used.get((metadata["namespace"], metadata["name"])),
        spec.get("selector"),
        spec.get("volumeMode") or "Filesystem",
    )


def _volume(item: Mapping[str, Any]) -> Volume:
    spec = item.get("spec") or {}
    claim = spec.get("claimRef") or {}
    required = (spec.get("nodeAffinity") or {}).get("required")
    return Volume(
        item["metadata"]["name"],
        str(spec.get("storageClassName") or ""),
        whole_bytes((spec.get("capacity") or {}).get("storage", 0)),
        f"{claim.get('namespace')}/{claim.get('name')}" if claim else "",
        None if required is None else required.get("nodeSelectorTerms") or (),
        item["metadata"].get("labels") or {},
        spec.get("accessModes") or (),
        str((item.get("status") or {}).get("phase") or "Available"),
        spec.get("volumeMode") or "Filesystem",
    )


def _capacity(item: Mapping[str, Any]) -> Capacity:
    size = item.get("maximumVolumeSize") or item.get("capacity") or 0
    return Capacity(item.get("storageClassName", ""), whole_bytes(size), item.get("nodeTopology"))
