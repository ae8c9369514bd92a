"""Where the API server keeps a value in another spelling than it was given, in Kubernetes' own kinds.

Each table says what it holds and where it is from; what is in none of them is compared as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from lakestead.plan.quantity import BINARY, DECIMAL, parse

ABSENT: Any = object()
# Where a field is: the names of the map or list that it is in, and before it of that one's own.
Path = tuple[str, str]

# API groups whose types are compiled into the API server. CustomResourceDefinition is not among
# them: it holds JSON as it was given.
NATIVE = frozenset(
    [
        "",
        "admissionregistration.k8s.io",
        "apps",
        "autoscaling",
        "batch",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "flowcontrol.apiserver.k8s.io",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
    ]
)

# Maps that are atomic wherever the name occurs (k8s.io/client-go/applyconfigurations, the schema).
ATOMIC_MAPS = frozenset(
    [
        "claimRef",
        "configMapKeyRef",
        "dataSource",
        "labelSelector",
        "namespaceSelector",
        "nodeSelector",
        "objectSelector",
        "podSelector",
        "preference",
        "requiredDuringSchedulingIgnoredDuringExecution",  # a node's; a pod's is a list
        "resourceFieldRef",
        "roleRef",
        "scopeSelector",
        "secretKeyRef",
        "selector",
        "fieldRef",
    ]
)

# Lists that are merged item by item, by where they are: an empty one sets nothing. What has no name of
# its own is the object itself. Not by name alone: the server refuses a field that is not there.
METADATA_LISTS = ("finalizers", "ownerReferences")
CONTAINER_LISTS = ("env", "ports", "volumeDevices", "volumeMounts")
POD_LISTS = (
    "ephemeralContainers",
    "hostAliases",
    "initContainers",
    "schedulingGates",
    "topologySpreadConstraints",
    "volumes",
)
MERGEABLE_LISTS = frozenset(
    [
        *((where, "metadata", name) for where in ("", "template") for name in METADATA_LISTS),
        *(("template", "spec", name) for name in POD_LISTS),
        *(("spec", "containers", name) for name in CONTAINER_LISTS),
        *(("spec", "initContainers", name) for name in CONTAINER_LISTS),
    ]
)
MERGEABLE_LISTS_OF = frozenset(
    [
        *(("Pod", "spec", name) for name in POD_LISTS),
        ("ServiceAccount", "", "secrets"),
        ("MutatingWebhookConfiguration", "", "webhooks"),
        ("ValidatingWebhookConfiguration", "", "webhooks"),
    ]
)

# Scalars that are left out when they are "", 0 or false, wherever the name occurs (k8s.io/api: no
# pointer, omitempty), so that a zero that was given and none cannot be told apart. Each with its zero:
# the server refuses one of another type.
PLAIN: dict[str, str | int] = {
    **dict.fromkeys(
        [
            "clusterIP",
            "externalName",
            "hostIP",
            "loadBalancerIP",
            "priorityClassName",
            "schedulerName",
            "serviceAccountName",
            "subPath",
            "subPathExpr",
            "subdomain",
            "workingDir",
        ],
        "",
    ),
    **dict.fromkeys(
        [
            "failureThreshold",
            "hostPort",
            "initialDelaySeconds",
            "minReadySeconds",
            "nodePort",
            "successThreshold",
        ],
        0,
    ),
    **dict.fromkeys(
        [
            "globalDefault",
            "hostIPC",
            "hostNetwork",
            "hostPID",
            "paused",
            "publishNotReadyAddresses",
            "stdin",
            "stdinOnce",
            "tty",
            "unschedulable",
        ],
        False,
    ),
}
PLAIN_AT: dict[tuple[str, str], str | int] = {
    ("", "description"): "",
    ("env", "value"): "",
    ("subjects", "apiGroup"): "",
    ("volumeMounts", "readOnly"): False,
}

# Lists that are left out when they are empty, wherever the name occurs.
PLAIN_LISTS = frozenset(
    [
        "args",
        "command",
        "egress",
        "envFrom",
        "hostAliases",
        "imagePullSecrets",
        "ingress",
        "loadBalancerSourceRanges",
        "mountOptions",
        "readinessGates",
        "rules",
        "subjects",
        "supplementalGroups",
        "tls",
        "tolerations",
    ]
)

# Empty maps, and nulls, that are left out inside of what is set as one. Only these: managedFields
# does not say which fields there are in there, and the server refuses one that it does not know.
EMPTY_AT = frozenset(
    [
        ("metadata", "annotations"),
        ("metadata", "creationTimestamp"),
        ("metadata", "labels"),
    ]
)

# Maps of strings and quantities that are left out when they are empty.
PLAIN_MAPS = frozenset(
    [
        "annotations",
        "binaryData",
        "data",
        "labels",
        "limits",
        "matchLabels",
        "nodeSelector",
        "requests",
    ]
)

# Maps that are merged field by field wherever the name occurs: an empty one asks for nothing.
MERGED_MAPS = frozenset(["resources", "securityContext", "strategy", "updateStrategy"])

# Maps whose values are quantities, by (parent, name), and single quantities.
QUANTITIES = frozenset(
    [
        ("resources", "limits"),
        ("resources", "requests"),
        ("spec", "capacity"),
        ("spec", "hard"),
        ("spec", "overhead"),
        ("overhead", "podFixed"),
        ("limits", "default"),
        ("limits", "defaultRequest"),
        ("limits", "max"),
        ("limits", "maxLimitRequestRatio"),
        ("limits", "min"),
    ]
)
QUANTITY = frozenset(
    [
        ("emptyDir", "sizeLimit"),
        ("resourceFieldRef", "divisor"),
        ("target", "averageValue"),
        ("target", "value"),
    ]
)

# What the server adds inside of what is set as one, by (map or list, field).
DEFAULTS: dict[tuple[str, str], Any] = {
    ("fieldRef", "apiVersion"): "v1",
    ("resourceFieldRef", "divisor"): "0",
    ("volumeClaimTemplates", "apiVersion"): "v1",
    ("volumeClaimTemplates", "kind"): "PersistentVolumeClaim",
    ("volumeClaimTemplates", "status"): {"phase": "Pending"},
    ("spec", "volumeMode"): "Filesystem",
    ("ports", "protocol"): "TCP",
    ("rules", "scope"): "*",
    ("subjects", "apiGroup"): "rbac.authorization.k8s.io",
    ("roleRef", "apiGroup"): "rbac.authorization.k8s.io",
    ("serviceAccountToken", "expirationSeconds"): 3600,
}


class Spelling:
    """How one object's values are kept.

    + differs: fields (``f:cpu``) whose value is there in another spelling than it was given, and those
      that are set as one with such a value in them
    """

    __slots__ = ("differs", "kind", "native")

    def __init__(self, desired: Mapping[str, Any]) -> None:
        group, slash, _ = str(desired["apiVersion"]).partition("/")
        self.native = (group if slash else "") in NATIVE
        self.kind = desired["kind"]
        self.differs: set[str] = set()

    def is_atomic(self, name: str) -> bool:
        """Whether a map of that name is always set as one."""
        return self.native and name in ATOMIC_MAPS

    def asks_nothing(self, value: Any, name: str) -> bool:
        """Whether it is an empty map that leaves what is there."""
        return self.native and value == {} and name in MERGED_MAPS

    def is_mergeable_list(self, path: Path, name: str) -> bool:
        """Whether the list ``name`` at ``path`` is merged item by item."""
        if not self.native and path != ("", "metadata"):
            return False
        if (*path, name) in MERGEABLE_LISTS:
            return True
        return path[0] == "" and (self.kind, path[1], name) in MERGEABLE_LISTS_OF

    def is_kept_as(self, value: Any, live: Any, path: Path, name: str, whole: str = "") -> bool:
        """Whether a value that is set as one is certainly kept as ``live``.

        + path: where the field is
        + name: the field's
        + whole: the name of the atomic field that it is in
        """
        whole = whole or name
        if type(value) is type(live):
            if type(value) is dict:
                return self._map(value, live, (path[1], name), whole)
            if type(value) is list:
                return len(value) == len(live) and all(
                    self.is_kept_as(item, there, path, name, whole)
                    for item, there in zip(value, live, strict=True)
                )
            if value == live:
                return True
        if (self.native or path == ("", "metadata")) and (
            _left_out(value, live, path[1], name) or _same_quantity(value, live, path, name)
        ):
            self.differs |= {f"f:{name}", f"f:{whole}"}
            return True
        return False

    def _map(
        self, value: Mapping[str, Any], live: Mapping[str, Any], path: Path, whole: str
    ) -> bool:
        for key, item in value.items():
            known = key in live or (path[1], key) in PLAIN_AT or (path[1], key) in EMPTY_AT
            if not known or not self.is_kept_as(item, live.get(key, ABSENT), path, key, whole):
                return False
        for key in live.keys() - value.keys():
            if not self.native or DEFAULTS.get((path[1], key), ABSENT) != live[key]:
                return False
            self.differs |= {f"f:{path[1]}", f"f:{whole}"}
        return True


def _left_out(value: Any, live: Any, within: str, name: str) -> bool:
    if live is not ABSENT:
        return live is None and value == [] and name in PLAIN_LISTS
    if value is None:
        return True
    if type(value) is list:
        return not value and name in PLAIN_LISTS
    if type(value) is dict:
        return not value and name in PLAIN_MAPS
    zero = PLAIN_AT.get((within, name), PLAIN.get(name))
    return type(value) is type(zero) and value == zero


def _same_quantity(value: Any, live: Any, path: Path, name: str) -> bool:
    if path not in QUANTITIES and (path[1], name) not in QUANTITY:
        return False
    return type(live) is str and canonical(value) == live


# Without sign, exponent and zeros in front; and with a point not three decimals: those that count as
# canonical to ``ParseQuantity`` are kept as they were given, as 05 and 1.500 are.
_SURE = re.compile(r"(?:0|[1-9]\d*)(?:\.(?P<decimals>\d+))?[A-Za-z]{0,2}")


def canonical(value: Any) -> str | None:
    """A quantity as the API server writes it; None where that is not sure.

    ``Quantity.CanonicalizeBytes`` of k8s.io/apimachinery/pkg/api/resource: the family of units stays,
    the number is whole, the unit the largest that it can be.
    """
    # Of a float, too, what is sent: an exponent is not sure, as nan and inf are none.
    form = _SURE.fullmatch(str(value)) if type(value) in (str, int, float) else None
    if form is None or len(form["decimals"] or "1") % 3 == 0:
        return None
    text = form[0]
    try:
        number = parse(text)
    except ValueError:
        return None
    if number != number.quantize(Decimal("1e-9")):
        return None
    if number == 0:
        return "0"
    if text.endswith("i") and number >= 1024 and number == number.to_integral_value():
        return _whole(number, [("", Decimal(1)), *((k, Decimal(v)) for k, v in BINARY.items())])
    units = sorted(DECIMAL.items(), key=lambda unit: unit[1])
    return _whole(number, units)


def _whole(number: Decimal, units: list[tuple[str, Decimal]]) -> str | None:
    fits = [(unit, size) for unit, size in units if number % size == 0]
    if not fits:
        return None
    unit, size = fits[-1]
    return f"{int(number / size)}{unit}"
