"""An upgrade of a release that Helm does not apply by server-side apply: a three-way merge patch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lakestead.flux.preview_objects import Cluster, Object, Planned
from lakestead.flux.preview_secrets import Secrets
from lakestead.kube.client import ApiError, ObjectRef
from lakestead.plan.change import Change
from lakestead.plan.fingerprint import fingerprint, last_changed_by


def patched(
    cluster: Cluster, before: Object, obj: Object, manager: str, why: str, secrets: Secrets
) -> Planned:
    """What patching a live object from its last manifest to its next would do, by a dry run.

    Elements that are gone from a list with keys are not taken out of it here, as Helm would.

    + before: of the last release
    """
    ref = ObjectRef.of(obj)
    live = cluster.live(ref)
    resource = cluster.api.served(obj["apiVersion"], obj["kind"])
    assert resource is not None
    assert live is not None

    def ask(kind: str) -> Any:
        return cluster.api.raw(
            "PATCH",
            resource.path(ref.namespace, ref.name),
            query={"fieldManager": manager, "dryRun": "All"},
            body=without(before, obj),
            headers={"Content-Type": f"application/{kind}+json"},
            timeout=30,
        )

    try:
        try:
            result = ask("strategic-merge-patch")
        except ApiError as error:
            if error.status != 415:  # a custom resource has no strategy
                raise
            result = ask("merge-patch")
    except ApiError as error:
        message = secrets.hide(str(error.body.get("message") or error.what))
        refused = f"{why}; the API server would refuse it: {message}"
        return Planned(
            Change(ref.kind, ref.full_name, "known after apply", why=refused), obj, error
        )
    diff = secrets.diff(live, result)
    action: Any = "update" if diff else "unchanged"
    by = last_changed_by(live) if diff else ""
    change = Change(ref.kind, ref.full_name, action, diff, why, before=fingerprint(live), by=by)
    return Planned(change, obj)


def without(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """``after`` as a merge patch that takes out what only ``before`` has."""
    patch: dict[str, Any] = dict.fromkeys(before.keys() - after.keys())
    for key, value in after.items():
        old = before.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        patch[key] = without(old, value) if both else value  # type: ignore[arg-type]
    return patch
