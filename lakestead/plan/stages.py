"""The order in which objects are applied: what others need comes first, what rules others last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STAGES: tuple[tuple[str, frozenset[str]], ...] = (
    ("namespaces", frozenset(["Namespace"])),
    ("definitions", frozenset(["CustomResourceDefinition"])),
    (
        "what others use",
        frozenset(
            [
                "ClusterRole",
                "ClusterRoleBinding",
                "ConfigMap",
                "IngressClass",
                "LimitRange",
                "NetworkPolicy",
                "PersistentVolume",
                "PersistentVolumeClaim",
                "PriorityClass",
                "ResourceQuota",
                "Role",
                "RoleBinding",
                "RuntimeClass",
                "Secret",
                "ServiceAccount",
                "StorageClass",
            ]
        ),
    ),
)
REST = len(STAGES)
# A webhook whose server is not there yet would refuse everything it rules.
LAST = frozenset(
    [
        "APIService",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
    ]
)


def stage(obj: Mapping[str, Any]) -> int:
    """Which stage an object is applied in; those of one stage need nothing of each other."""
    kind = str(obj["kind"])
    if kind in LAST:
        return REST + 1
    return next((number for number, (_, kinds) in enumerate(STAGES) if kind in kinds), REST)


def stage_name(number: int) -> str:
    """What is in a stage, in words."""
    if number < REST:
        return STAGES[number][0]
    return "workloads and the rest" if number == REST else "what rules others"
