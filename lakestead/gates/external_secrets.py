"""Whether the External Secrets Operator is there, where the settings want it."""

from __future__ import annotations

from lakestead.credentials.copies import API_VERSION
from lakestead.flux.progress import condition
from lakestead.gates.gate import Answer, Gate
from lakestead.kube.client import Api
from lakestead.settings.secrets import Secrets

NAME = "External Secrets is operational"
SELECTOR = "app.kubernetes.io/name=external-secrets"
LOOKED_AT = f"the kinds of {API_VERSION}, and pods with {SELECTOR}"
WANTED = "ExternalSecret and SecretStore served, all pods ready"
_KINDS = ("ExternalSecret", "SecretStore")
_MISSING = (
    "install it (docs/secrets.md), let phase 1 do it (secrets.operator), or let Lakestead write the "
    'Secrets itself: secrets = {"kind": "kubernetes"}'
)


def external_secrets_gate(api: Api, settings: Secrets) -> Gate:
    """It serves what is needed and runs; or it is not there and phase 1 will install it."""
    served = [kind for kind in _KINDS if api.served(API_VERSION, kind)]
    pods = [
        pod
        for pod in api.list("v1", "Pod", label_selector=SELECTOR)
        if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")
    ]
    ready = [pod for pod in pods if condition(pod, "Ready").get("status") == "True"]
    runs = bool(pods) and len(ready) == len(pods)
    kinds = f"{' and '.join(served) or 'none of the kinds'} served"
    saw = f"{kinds}; " + (f"{len(ready)} of {len(pods)} pods ready" if pods else "no such pod")
    if len(served) == len(_KINDS) and runs:
        return _gate("pass", saw, "")
    if settings.operator is not None:
        how = "waits for it" if served or pods else "adds it to the homelab repo"
        return _gate("pass", f"{saw}; phase 1 {how}", "")
    do = f"kubectl get pods -A -l {SELECTOR}" if len(served) == len(_KINDS) and pods else _MISSING
    return _gate("fail", saw, do)


def _gate(answer: Answer, saw: str, do: str) -> Gate:
    return Gate(NAME, answer, LOOKED_AT, saw, WANTED, do)
