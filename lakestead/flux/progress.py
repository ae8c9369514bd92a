"""How far Flux has got with one of its objects and one revision, read from the object's status alone.

``lakestead.kube.status`` tells whether an object is ready; here "ready" must be about a revision, and a
failed attempt at it is told from work in progress. The fields are those of Flux's v1 and v2 APIs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.flux.kinds import short
from lakestead.kube.status import Status

Object = Mapping[str, Any]

NOT_SEEN = "its controller has not seen its last change yet"

# Reasons of Ready=False with which Flux waits for another object, half a minute till its next look.
HELD_UP = ("DependencyNotReady", "ArtifactFailed", "SourceNotReady")


def progress(obj: Object | None, wanted: str, chart: Object | None = None) -> Status:
    """The state of a GitRepository, Kustomization or HelmRelease with regard to a revision.

    + wanted: ``main@sha1:…``, which should be fetched, applied or released
    + chart: the HelmChart of a HelmRelease, where it has one
    """
    if obj is None:
        return Status("not found", "it does not exist")
    if suspended(obj):
        return Status("failed", "it is suspended: Flux leaves it alone (spec.suspend)")
    ready = condition(obj, "Ready")
    stalled = condition(obj, "Stalled")
    if stalled.get("status") == "True" and _observed(obj):
        both = f"{_words(stalled)}\n{_words(ready)}" if ready != stalled else _words(stalled)
        return Status("failed", both)
    if chart is not None and _chart_stalled(chart, wanted):
        return Status("failed", f"its chart: {_words(condition(chart, 'Stalled'))}")
    lacks = LACKS[obj["kind"]](obj, wanted, chart)
    if lacks:
        return Status("failed" if _tried(obj, wanted) else "in progress", _because(ready, lacks))
    reconciling = condition(obj, "Reconciling")
    if not _observed(obj):
        busy = reconciling.get("status") == "True" and reconciling.get("message")
        why = f"its controller is still at the change before: {busy}" if busy else NOT_SEEN
        return Status("in progress", why)
    if ready.get("status") == "True" and reconciling.get("status") == "True":
        return Status("in progress", _words(reconciling))  # what is ready is what was there before
    if ready.get("status") == "True":
        return Status("current", _words(ready))
    return Status("failed" if _tried(obj, wanted) else "in progress", _because(ready, "not Ready"))


def applied(kustomization: Object, wanted: str) -> bool:
    """Whether the objects of a Kustomization are those of ``wanted``, healthy or not yet."""
    state = kustomization.get("status") or {}
    if not _observed(kustomization):
        return False
    if state.get("lastAppliedRevision") == wanted:
        return True
    healthy = condition(kustomization, "Healthy")
    checking = healthy.get("status") == "Unknown" and wanted in str(healthy.get("message"))
    checked = condition(kustomization, "Ready").get("reason") == "HealthCheckFailed"
    return state.get("lastAttemptedRevision") == wanted and (checking or checked)


def suspended(obj: Object) -> bool:
    """Whether somebody told Flux to leave the object alone."""
    return bool((obj.get("spec") or {}).get("suspend"))


def held_up(obj: Object) -> bool:
    """Whether Flux waits for something that the object depends on, without trying."""
    return condition(obj, "Ready").get("reason") in HELD_UP


def condition(obj: Object, name: str) -> Mapping[str, Any]:
    """The condition of a type; empty where there is none."""
    for found in (obj.get("status") or {}).get("conditions") or []:
        if found.get("type") == name:
            answer: Mapping[str, Any] = found
            return answer
    return {}


def _observed(obj: Object) -> bool:
    """Whether the status is about the object as it is, and about the last request to reconcile."""
    state = obj.get("status") or {}
    # A Kustomization sets observedGeneration when it succeeds, its conditions have their own.
    seen = max(
        [state.get("observedGeneration") or 0]
        + [item.get("observedGeneration") or 0 for item in state.get("conditions") or []]
    )
    requested = (obj["metadata"].get("annotations") or {}).get("reconcile.fluxcd.io/requestedAt")
    handled = state.get("lastHandledReconcileAt")
    return seen >= obj["metadata"].get("generation", 1) and requested in (None, handled)


def _tried(obj: Object, wanted: str) -> bool:
    """Whether an attempt of a source or Kustomization, as it is, at ``wanted`` has ended in failure.

    Of a HelmRelease that is never said: another try may follow, and that none does is Stalled.
    """
    ready, reconciling = condition(obj, "Ready"), condition(obj, "Reconciling")
    if ready.get("status") != "False" or reconciling.get("reason") != "ProgressingWithRetry":
        return False
    if ready.get("reason") == "DependencyNotReady" or not _observed(obj):
        return False
    attempted = (obj.get("status") or {}).get("lastAttemptedRevision")
    # It is not set when the folder is missing, but said: Fetching manifests for revision …
    at_wanted = attempted == wanted or wanted in str(reconciling.get("message"))
    return obj["kind"] == "GitRepository" or (obj["kind"] == "Kustomization" and at_wanted)


def _source_lacks(obj: Object, wanted: str, chart: Object | None) -> str:
    fetched = ((obj.get("status") or {}).get("artifact") or {}).get("revision")
    return "" if fetched == wanted else f"it has fetched {short(fetched)}, not {short(wanted)}"


def _kustomization_lacks(obj: Object, wanted: str, chart: Object | None) -> str:
    done = (obj.get("status") or {}).get("lastAppliedRevision")
    return "" if done == wanted else f"it has applied {short(done)}, not {short(wanted)}"


def _chart_stalled(chart: Object, wanted: str) -> bool:
    """Whether source-controller has given up on a chart, of the revision that counts."""
    seen = (chart.get("status") or {}).get("observedSourceArtifactRevision")
    current = seen == wanted or chart["spec"]["sourceRef"]["kind"] != "GitRepository"
    return current and condition(chart, "Stalled").get("status") == "True" and _observed(chart)


def _release_lacks(obj: Object, wanted: str, chart: Object | None) -> str:
    if chart is None:
        return ""
    state = chart.get("status") or {}
    if condition(chart, "Ready").get("status") == "False":
        return f"its chart: {_words(condition(chart, 'Ready'))}"
    if chart["spec"]["sourceRef"]["kind"] == "GitRepository":
        seen = state.get("observedSourceArtifactRevision")
        if seen != wanted:
            return f"its chart is from {short(seen)}, not {short(wanted)}"
    packaged = (state.get("artifact") or {}).get("revision")
    tried = (obj.get("status") or {}).get("lastAttemptedRevision")
    return "" if tried == packaged else f"chart version {tried or 'none'}, not {packaged}"


LACKS = {
    "GitRepository": _source_lacks,
    "Kustomization": _kustomization_lacks,
    "HelmRelease": _release_lacks,
}


def _because(ready: Mapping[str, Any], lacks: str) -> str:
    return _words(ready) if ready.get("status") in ("False", "Unknown") else lacks


def _words(found: Mapping[str, Any]) -> str:
    parts = (found.get("reason"), found.get("message"))
    return (
        ": ".join(str(part).strip() for part in parts if part)
        or "no controller has looked at it yet"
    )
