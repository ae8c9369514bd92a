"""What is applied before what."""

from __future__ import annotations

from lakestead.plan.stages import stage, stage_name

ORDER = [
    ["Namespace"],
    ["CustomResourceDefinition"],
    ["ServiceAccount", "ClusterRoleBinding", "ConfigMap", "Secret", "StorageClass"],
    ["Deployment", "Service", "HelmRelease"],
    ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"],
]


def test_order() -> None:
    numbers = [{stage({"kind": kind}) for kind in kinds} for kinds in ORDER]
    assert all(len(found) == 1 for found in numbers)
    assert sorted(numbers, key=min) == numbers
    assert len({stage_name(min(found)) for found in numbers}) == len(ORDER)
