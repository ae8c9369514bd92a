"""All that a capacity review reads of a cluster: page by page, each let go when it was counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError
from lakestead.kube.paging import complete, pages
from lakestead.plan.amount import NOTHING
from lakestead.plan.capacity import Amount, Gathering, Node, Pod, amount
from lakestead.plan.placement import Cluster
from lakestead.plan.volumes import storage

STATS_TIMEOUT = 5
KUBELETS = 100
"""Nodes up to which each kubelet is asked: one call a node."""

STORAGE = "/apis/storage.k8s.io/v1"
LISTS = (
    "/api/v1/namespaces",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/persistentvolumes",
    f"{STORAGE}/storageclasses",
    f"{STORAGE}/csidrivers",
    f"{STORAGE}/csistoragecapacities",
)
METRICS = "/apis/metrics.k8s.io/v1beta1/nodes"
Summary = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """A cluster as it was read.

    + waiting: pods that no node has taken yet
    + unknown: what could not be read, and why, a line each
    + used: what each namespace's pods use now; None where a kubelet did not tell
    """

    cluster: Cluster
    waiting: Sequence[Pod] = ()
    unknown: Sequence[str] = field(default_factory=list)
    used: Mapping[str, Amount] | None = None

    @property
    def nodes(self) -> Sequence[Node]:
        """By name, with their pods."""
        return self.cluster.nodes


def read(api: Api, *, kubelets: bool | None = None) -> Reading:
    """Read nodes, pods, storage and use; nothing is written.

    + kubelets: ask each node's kubelet for its use, disk and volumes; None asks up to 100 nodes.
      Those that do not answer, and all where they are not asked, have metrics-server's figures.

    Raises LakesteadError where nodes or pods cannot be read, which says what is missing.
    """
    unknown: list[str] = []
    with ThreadPoolExecutor(4) as pool:
        lists = {path: pool.submit(complete, lambda path=path: _all(api, path)) for path in LISTS}
        gathering = complete(lambda: _gather(api))
        names = gathering.names
        asked = kubelets if kubelets is not None else len(names) <= KUBELETS
        summaries = kubelet_summaries(api, names) if asked else dict.fromkeys(names)
        if any(_node_use(summary) is None for summary in summaries.values()):
            _fill(summaries, metrics(api, unknown))
        found = {
            path.rpartition("/")[2]: _or_unknown(future, path, unknown)
            for path, future in lists.items()
        }
    unknown += [
        f"{count} pods are bound to node {name}, which is not there: they are counted nowhere"
        for name, count in sorted(gathering.lost.items())
    ]
    silent = [name for name, summary in summaries.items() if _node_use(summary) is None]
    if silent:
        unknown.append(
            f"use of {_some(silent, len(names))}: no kubelet and no metrics-server tells"
        )
    return Reading(
        Cluster(
            gathering.made(summaries),
            storage(
                found["persistentvolumeclaims"],
                found["storageclasses"],
                found["persistentvolumes"],
                found["csidrivers"],
                found["csistoragecapacities"],
                _claims_used(summaries),
            ),
            {
                item["metadata"]["name"]: item["metadata"].get("labels") or {}
                for item in found["namespaces"]
            },
        ),
        gathering.waiting,
        unknown,
        _namespaces_used(summaries),
    )


def kubelet_summaries(api: Api, names: Sequence[str]) -> dict[str, Summary | None]:
    """Each node's ``/stats/summary`` through the API; None where it does not answer."""
    if not names:
        return {}
    with ThreadPoolExecutor(8) as pool:
        return dict(zip(names, pool.map(lambda name: _summary(api, name), names), strict=True))


def metrics(api: Api, unknown: list[str]) -> dict[str, Summary]:
    """metrics-server's figures in the form of a summary; why there are none goes to ``unknown``."""
    try:
        items = _all(api, METRICS)
    except ApiError as error:
        if error.status == 403:
            unknown.append("metrics-server: " + permission(METRICS))
        elif error.status != 404:
            unknown.append(f"metrics-server: {error.what}")
        return {}
    except LakesteadError as error:
        unknown.append(f"metrics-server: {error.what}")
        return {}
    found = {}
    for item in items:
        try:
            usage = item["usage"]
            usage = amount({"cpu": usage["cpu"], "memory": usage["memory"]})
            found[item["metadata"]["name"]] = _as_summary(usage)
        except (KeyError, TypeError, ValueError):
            unknown.append(f"metrics-server: half an answer: {str(item)[:120]}")
    return found


def permission(path: str) -> str:
    """The permission that listing ``path`` needs, in words."""
    group, _, resource = path.removeprefix("/api").removeprefix("s").strip("/").rpartition("/")
    group = group.rpartition("/")[0]
    return f"permission to list {resource}" + (f" of {group}" if group else "") + " is missing"


def _gather(api: Api) -> Gathering:
    gathering = Gathering()
    for path, take in (("/api/v1/nodes", gathering.nodes), ("/api/v1/pods", gathering.pods)):
        try:
            for page in pages(api, path):
                take(page)
        except ApiError as error:
            if error.status == 403:
                raise _forbidden(api, path, error) from error
            raise
    return gathering


def _all(api: Api, path: str) -> list[dict[str, Any]]:
    return [item for page in pages(api, path) for item in page]


def _or_unknown(
    future: Future[list[dict[str, Any]]], path: str, unknown: list[str]
) -> list[dict[str, Any]]:
    try:
        return future.result()
    except ApiError as error:
        if error.status != 404:
            missing = permission(path) if error.status == 403 else error.what
            unknown.append(f"{path.rpartition('/')[2]}: {missing}")
        return []


def _forbidden(api: Api, path: str, error: ApiError) -> LakesteadError:
    resource = path.rpartition("/")[2]
    options = f"--kubeconfig {api.access.kubeconfig} --context {api.access.context}"
    return LakesteadError(
        f"A capacity review needs to list {resource} in the whole cluster, and may not",
        where=error.where,
        found=error.what,
        expected="a ClusterRole, bound to this user by a ClusterRoleBinding, with\n"
        f'{{apiGroups: [""], resources: [{resource}], verbs: [list]}}',
        do=f"kubectl {options} auth can-i list {resource} --all-namespaces",
    )


def _summary(api: Api, node: str) -> Summary | None:
    path = f"/api/v1/nodes/{quote(node)}/proxy/stats/summary"
    # Where a kubelet cannot tell its file systems apart it refuses the whole, but not this part.
    queries: tuple[dict[str, str], ...] = ({}, {"only_cpu_and_memory": "true"})
    for query in queries:
        try:
            answer = api.raw("GET", path, query=query, timeout=STATS_TIMEOUT)
        except ApiError as error:
            if error.status == 500:
                continue
            return None
        except LakesteadError:
            return None
        return answer if isinstance(answer, dict) else None
    return None


def _node_use(summary: Summary | None) -> bool | None:
    """True where a summary says how much CPU and memory are in use; None is unknown."""
    node = (summary or {}).get("node") or {}
    known = "usageNanoCores" in (node.get("cpu") or {}) and "workingSetBytes" in (
        node.get("memory") or {}
    )
    return known or None


def _fill(summaries: dict[str, Summary | None], more: Mapping[str, Summary]) -> None:
    for name, summary in summaries.items():
        if _node_use(summary) is None and name in more:
            ours = dict(summary or {})
            ours["node"] = {**(ours.get("node") or {}), **more[name]["node"]}
            summaries[name] = ours


def _as_summary(usage: Amount) -> Summary:
    return {
        "node": {
            "cpu": {"usageNanoCores": usage.cpu * 1_000_000},
            "memory": {"workingSetBytes": usage.memory},
        }
    }


def _claims_used(summaries: Mapping[str, Summary | None]) -> dict[tuple[str, str], int]:
    return {
        (volume["pvcRef"]["namespace"], volume["pvcRef"]["name"]): int(volume["usedBytes"])
        for summary in summaries.values()
        for pod in (summary or {}).get("pods") or ()
        for volume in pod.get("volume") or ()
        if volume.get("pvcRef") and volume.get("usedBytes") is not None
    }


def _namespaces_used(summaries: Mapping[str, Summary | None]) -> dict[str, Amount] | None:
    """None unless every kubelet has told of its pods; a pod that has just begun has no figures yet."""
    found: dict[str, Amount] = {}
    for summary in summaries.values():
        if summary is None or "pods" not in summary:
            return None
        for pod in summary["pods"]:
            name = pod["podRef"]["namespace"]
            used = Amount(
                int((pod.get("cpu") or {}).get("usageNanoCores") or 0) // 1_000_000,
                int((pod.get("memory") or {}).get("workingSetBytes") or 0),
            )
            found[name] = found.get(name, NOTHING) + used
    return found


def _some(names: Sequence[str], of: int) -> str:
    if len(names) == of and of > 3:
        return f"all {of} nodes"
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more nodes" if len(names) > 3 else "")
