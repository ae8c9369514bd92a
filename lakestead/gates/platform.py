"""Whether what the lakehouse builds on is there: Flux, Airflow, monitoring, External Secrets, triggers."""

from __future__ import annotations

from collections.abc import Callable

from lakestead.flux.installation import find
from lakestead.flux.kinds import flux_ref
from lakestead.flux.progress import condition, suspended
from lakestead.gates import external_secrets
from lakestead.gates.ceph import object_store_ready
from lakestead.gates.check import Check
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api, ObjectRef
from lakestead.plan.quantity import show_bytes, whole_bytes
from lakestead.settings import Settings

PARTS = {
    "prometheus": ("Prometheus is operational", "app.kubernetes.io/name=prometheus"),
    "grafana": ("Grafana is operational", "app.kubernetes.io/name=grafana"),
    "external-secrets": (external_secrets.NAME, external_secrets.SELECTOR),
}


def platform_checks(api: Api, settings: Settings) -> list[Check]:
    """What must be operational before anything is deployed, but for room on the nodes."""
    storage = settings.object_storage
    store = ObjectRef("ceph.rook.io/v1", "CephObjectStore", storage.object_store, storage.namespace)
    limit = float(settings.review.timeout)
    checks = [
        Check(
            "The object store is ready",
            f"CephObjectStore {store.full_name}",
            lambda: object_store_ready(api.get(store), store.full_name),
            "phase Ready",
            f"kubectl --namespace {store.namespace} describe cephobjectstore {store.name}",
            limit,
        )
    ]
    if "airflow" in settings.review.parts:
        checks.append(_airflow(api, settings))
    for part, (name, selector) in PARTS.items():
        if part == "external-secrets" and settings.secrets.external:
            checks.append(_external_secrets(api, settings, limit))
        elif part in settings.review.parts:
            checks.append(_running(api, name, selector, limit))
    checks.append(
        Check(
            "Flux reconciles",
            "Flux's controllers, GitRepository and root Kustomization",
            lambda: _flux(api, settings),
            "both ready, or no Flux and flux.manifests",
            "flux get all -A; kubectl -n flux-system get pods",
            limit,
        )
    )
    return checks


def storage_used(api: Api, limit: int) -> Gate:
    """All PersistentVolumeClaims together exceed ``limit`` bytes."""
    total, count = 0, 0
    for claim in api.list("v1", "PersistentVolumeClaim"):
        asked = (claim["spec"].get("resources") or {}).get("requests") or {}
        bound = (claim.get("status") or {}).get("capacity") or {}
        size = bound.get("storage") or asked.get("storage")
        total += whole_bytes(size) if size else 0
        count += 1
    return Gate(
        "Storage Usage",
        "pass" if total > limit else "fail",
        "the PersistentVolumeClaims of the cluster",
        f"{show_bytes(total)} in {count} PersistentVolumeClaims",
        f"more than {show_bytes(limit)} (review.pvc_total)",
    )


def exists(
    api: Api,
    name: str,
    kinds: list[tuple[str, str]],
    do: str,
    keep: Callable[[dict], bool],  # type: ignore[type-arg]
) -> Gate:
    """There is an object of one of ``kinds`` that ``keep`` says is meant.

    + kinds: apiVersion and kind of each
    """
    found = [
        f"{kind} {ObjectRef.of(item).full_name}"
        for version, kind in kinds
        for item in api.list(version, kind)
        if keep(item)
    ]
    looked_at = ", ".join(kind for _, kind in kinds)
    return Gate(
        name,
        "pass" if found else "fail",
        looked_at,
        ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
        if found
        else f"no {looked_at}",
        "at least one",
        do,
    )


def _airflow(api: Api, settings: Settings) -> Check:
    namespace, _, name = settings.review.airflow.partition("/")
    ref = flux_ref("HelmRelease", name, namespace)
    do = f"kubectl -n {namespace} describe helmrelease {name}; or take airflow out of review.parts"

    def look() -> Gate:
        found = api.get(ref)
        ready = condition(found or {}, "Ready")
        answer = {"True": "pass", "False": "fail"}.get(str(ready.get("status")), "unknown")
        saw = f"Ready is {ready.get('status')}: {ready.get('message', '')}" if ready else "no Ready"
        if found is None:
            answer, saw = "fail", "it is not there"
        return Gate("Airflow is deployed", answer, str(ref), saw, "condition Ready is True", do)  # type: ignore[arg-type]

    limit = float(settings.review.timeout)
    return Check("Airflow is deployed", str(ref), look, "condition Ready is True", do, limit)


def _external_secrets(api: Api, settings: Settings, limit: float) -> Check:
    return Check(
        external_secrets.NAME,
        external_secrets.LOOKED_AT,
        lambda: external_secrets.external_secrets_gate(api, settings.secrets),
        external_secrets.WANTED,
        timeout=limit,
    )


def _running(api: Api, name: str, selector: str, limit: float) -> Check:
    do = f"kubectl get pods -A -l {selector}; or take it out of review.parts"
    wanted = "at least one, all of them ready"

    def look() -> Gate:
        pods = [
            pod
            for pod in api.list("v1", "Pod", label_selector=selector)
            if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
        ]
        ready = [pod for pod in pods if condition(pod, "Ready").get("status") == "True"]
        return Gate(
            name,
            "pass" if pods and len(ready) == len(pods) else "fail",
            f"pods with {selector}",
            f"{len(ready)} of {len(pods)} pods ready" if pods else "no such pod",
            wanted,
            do,
        )

    return Check(name, f"pods with {selector}", look, wanted, do, limit)


def _flux(api: Api, settings: Settings) -> Gate:
    name, looked_at = "Flux reconciles", "Flux's controllers, GitRepository and root Kustomization"
    wanted = "controllers that run, and both objects ready"
    section = settings.flux
    found = find(api)
    if not found.controllers:
        can = bool(section.manifests)
        saw = "no Flux; phase 1 installs it from flux.manifests" if can else "no Flux"
        do = "set flux.manifests: flux install --export > flux.yaml"
        return Gate(name, "pass" if can else "fail", looked_at, saw, wanted, "" if can else do)
    if found.missing or found.not_ready:
        saw = "\n".join([*found.missing, *found.not_ready])
        return Gate(name, "fail", looked_at, saw, wanted, "kubectl -n flux-system get pods")
    lines, answers = [str(found)], []
    for kind, short in (
        ("GitRepository", section.git_repository),
        ("Kustomization", section.kustomization),
    ):
        ref = flux_ref(kind, short, section.namespace)
        obj = api.get(ref)
        if obj is None:
            lines.append(f"{ref} is not there yet; phase 1 makes it")
            continue
        ready = condition(obj, "Ready")
        state = "suspended" if suspended(obj) else f"Ready is {ready.get('status')}"
        lines.append(f"{ref}: {state} {ready.get('message', '')}".rstrip())
        answers.append("False" if suspended(obj) else str(ready.get("status")))
    answer = "fail" if "False" in answers else "unknown" if set(answers) - {"True"} else "pass"
    do = f"flux get all -n {section.namespace}; flux resume kustomization {section.kustomization}"
    return Gate(name, answer, looked_at, "\n".join(lines), wanted, do)  # type: ignore[arg-type]
