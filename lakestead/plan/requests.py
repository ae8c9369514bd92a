"""What one pod requests, as the scheduler counts.

Source of the rules: k8s.io/component-helpers/resource, ``PodRequests``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.plan.amount import NOTHING, Amount, amount

# What a container without a request counts as when nodes are compared (pkg/scheduler/util).
UNSPOKEN = Amount(100, 200 * 2**20)


def pod_requests(pod: Mapping[str, Any], missing: Amount = NOTHING) -> Amount:
    """What a pod (or a workload's pod template) requests, as the scheduler counts it.

    Containers and sidecars add up; init containers run one after another, each beside the sidecars
    that were started before it; overhead and pod-level requests count; while a container is being
    resized, the larger of old and new.

    + missing: what a container counts for that requests no CPU or no memory
    """
    spec = pod.get("spec") or {}
    actual = _actual(pod)
    running = NOTHING
    for item in spec.get("containers") or ():
        wanted = _container(item, actual, missing)
        running = wanted if running is NOTHING else running + wanted
    total = running
    if spec.get("initContainers"):
        sidecars, peak = NOTHING, NOTHING
        for item in spec["initContainers"]:
            wanted = _container(item, actual, missing)
            if item.get("restartPolicy") == "Always":
                sidecars += wanted
                peak = peak.at_least(sidecars)
            else:
                peak = peak.at_least(sidecars + wanted)
        total = (running + sidecars).at_least(peak)
    if spec.get("resources"):
        whole = spec["resources"].get("requests") or {}
        said = amount(whole)
        total = Amount(
            said.cpu if "cpu" in whole else total.cpu,
            said.memory if "memory" in whole else total.memory,
            {**total.other, **said.other},
        )
    return total + amount(spec["overhead"]) if spec.get("overhead") else total


def pod_limits(pod: Mapping[str, Any]) -> Amount:
    """What its containers and sidecars may use; a container without a limit adds nothing."""
    spec = pod.get("spec") or {}
    total = NOTHING
    for item in spec.get("containers") or ():
        total += amount((item.get("resources") or {}).get("limits"))
    for item in spec.get("initContainers") or ():
        if item.get("restartPolicy") == "Always":
            total += amount((item.get("resources") or {}).get("limits"))
    return total


def says_all(pod: Mapping[str, Any]) -> bool:
    """Whether every container requests CPU and memory."""
    for item in (pod.get("spec") or {}).get("containers") or ():
        resources = item.get("resources") or {}
        requests = resources.get("requests") or resources.get("limits") or {}
        if "cpu" not in requests or "memory" not in requests:
            return False
    return True


def _container(item: Mapping[str, Any], actual: Mapping[str, Amount], missing: Amount) -> Amount:
    resources = item.get("resources")
    # A limit without a request is the request too; the API server writes that down for pods, but
    # not in the templates of workloads.
    requests = (
        {**(resources.get("limits") or {}), **(resources.get("requests") or {})}
        if resources
        else {}
    )
    wanted = amount(requests)
    if missing is not NOTHING and ("cpu" not in requests or "memory" not in requests):
        wanted = Amount(
            wanted.cpu if "cpu" in requests else missing.cpu,
            wanted.memory if "memory" in requests else missing.memory,
            wanted.other,
        )
    held = actual.get(item.get("name", "")) if actual else None
    return wanted if held is None or held is wanted else wanted.at_least(held)


def _actual(pod: Mapping[str, Any]) -> dict[str, Amount]:
    """What containers hold now; differs from the spec while one is resized in place."""
    state = pod.get("status") or {}
    held: dict[str, Amount] = {}
    for group in ("initContainerStatuses", "containerStatuses"):
        for item in state.get(group) or ():
            requests = (item.get("resources") or {}).get("requests")
            allocated = item.get("allocatedResources")
            if requests or allocated:
                held[item["name"]] = amount(requests).at_least(amount(allocated))
    return held
