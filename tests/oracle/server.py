"""Brings objects on the server into a state, step by step, and asks it what an apply would do."""

from __future__ import annotations

import json
import time
from copy import deepcopy
from dataclasses import replace
from typing import Any, Literal

from lakestead.errors import LakesteadError
from lakestead.kube.client import FIELD_MANAGER, Api, ApiError, ObjectRef
from lakestead.kube.dry_run import plan_objects, prepared
from lakestead.plan.ownership import proves_unchanged

Object = dict[str, Any]
Step = dict[str, Any]
Answer = Literal["unchanged", "changed", "conflict", "refused"]
PATHS = {"": "", "status": "/status", "scale": "/scale"}


class Scene:
    """One object on the server.

    + ref: its address
    """

    def __init__(self, api: Api, ref: ObjectRef) -> None:
        self.api = api
        self.ref = ref

    def play(self, step: Step) -> None:
        """Do one step: ``apply``, merge ``patch`` or ``create``, ``by`` a field manager.

        ``{"apply": manifest, "by": "lakestead", "force": false, "subresource": ""}``,
        ``{"patch": {...}, ...}`` or ``{"create": manifest, ...}``. Raises ApiError where the server refuses it.
        """
        query = {"fieldManager": step.get("by", FIELD_MANAGER)}
        if "create" in step:
            resource = self.api._require(self.ref)
            path = resource.path(self.ref.namespace)
            self.api.raw("POST", path, query=query, body=step["create"])
            return
        version = step.get("apply", {}).get("apiVersion")  # one can apply in another version
        path = self.path(step.get("subresource", ""), version)
        if "apply" in step:
            kind = "apply-patch+yaml"
            query["force"] = str(step.get("force", False)).lower()
        else:
            kind = "merge-patch+json"
        self.api.raw(
            "PATCH",
            path,
            query=query,
            body=step.get("apply", step.get("patch")),
            headers={"Content-Type": f"application/{kind}"},
        )

    def live(self, api_version: str) -> Object | None:
        """The object in a version, as it is now."""
        return self.api.get(
            ObjectRef(api_version, self.ref.kind, self.ref.name, self.ref.namespace)
        )

    def settle(self) -> None:
        """Wait for what the server itself does to a new CustomResourceDefinition.

        Draws look at the live object; hypothesis wants the same ones for the same choices.
        """
        if self.ref.kind != "CustomResourceDefinition":
            return
        deadline = time.monotonic() + 10
        while not _is_established(self.api, self.ref.name) and time.monotonic() < deadline:
            time.sleep(0.02)

    def path(self, subresource: str = "", version: str | None = None) -> str:
        """The object's path on the server."""
        resource = self.api._require(replace(self.ref, api_version=version or self.ref.api_version))
        return resource.path(self.ref.namespace, self.ref.name) + PATHS[subresource]

    def remove(self) -> None:
        """Delete the object; one that is not there, or not to be deleted, is left."""
        try:
            if self.ref.kind in ("Pod", "PersistentVolume", "PersistentVolumeClaim", "ConfigMap"):
                self.play({"patch": {"metadata": {"finalizers": None}}})
            self.api.raw(
                "DELETE",
                self.path(),
                query={"propagationPolicy": "Background", "gracePeriodSeconds": 0},
            )
        except ApiError:
            pass


def asked(api: Api, desired: Object, live: Object) -> Answer:
    """What the server says that applying ``desired`` as lakestead would do."""
    try:
        result = api.apply(prepared(desired), dry_run=True)
    except ApiError as error:
        causes = (error.body.get("details") or {}).get("causes") or []
        conflict = any(cause.get("reason") == "FieldManagerConflict" for cause in causes)
        return "conflict" if conflict else "refused"
    except LakesteadError:
        return "refused"
    return "unchanged" if text(timeless(result)) == text(timeless(live)) else "changed"


def proven(desired: Object, live: Object) -> bool:
    """What the shortcut says."""
    try:
        manifest = prepared(desired)
    except LakesteadError:
        return False
    return proves_unchanged(manifest, live)


def disagreement(api: Api, desired: Object, live: Object, answer: Answer) -> str:
    """What is wrong about the whole plan for an object, given the server's answer; or nothing."""
    try:
        (planned,) = plan_objects(api, [desired])
    except LakesteadError:
        return "" if answer == "refused" else f"not planned; the server says {answer}"
    says = "refused" if planned.error else planned.change.action
    fits: dict[Answer, tuple[str, ...]] = {
        "unchanged": ("unchanged",),
        "changed": ("update",),
        "conflict": ("refused",),
        "refused": ("refused",),
    }
    if says in fits[answer]:
        return ""
    if says == "refused" and _is_refused_strictly(api, desired):
        return ""
    if (says, answer) == ("unchanged", "changed") and _shows_nothing(api, desired, live):
        return ""
    return f"planned as {says}; the server says {answer}"


def _is_refused_strictly(api: Api, desired: Object) -> bool:
    """Whether the server refuses fields that it would otherwise drop."""
    try:
        api.apply(prepared(desired), dry_run=True, strict=True)
    except ApiError:
        return True
    return False


def _shows_nothing(api: Api, desired: Object, live: Object) -> bool:
    """Whether an apply would only count up the generation, with nothing else that differs (1.0 that
    is kept as 1, each time anew), or note what was there before anybody applied something.
    """

    def known(obj: Object) -> str:
        copy = timeless(obj)
        entries = copy["metadata"].pop("managedFields", [])
        copy["metadata"].pop("generation", None)
        copy["entries"] = [one for one in entries if one["manager"] != "before-first-apply"]
        return text(copy)

    return known(api.apply(prepared(desired), dry_run=True)) == known(live)


def timeless(obj: Object) -> Object:
    """An object without what depends on when it was asked about.

    That is the times of its managedFields, and their order: the server sorts them by time, and where a
    value is only spelled otherwise, it notes the time of asking before it sees that nothing differs.
    And a selfLink: a dry run says back the one that was sent, an apply never keeps it.
    """
    copy = deepcopy(obj)
    copy["metadata"].pop("selfLink", None)
    entries = copy["metadata"].get("managedFields") or []
    for entry in entries:
        entry.pop("time", None)
    entries.sort(key=text)
    return copy


def text(value: Any) -> str:
    """JSON that tells 1 from true, which Python thinks equal."""
    return json.dumps(value, sort_keys=True)


def install(api: Api, definitions: list[Object]) -> None:
    """Serve CustomResourceDefinitions."""
    for definition in definitions:
        api.apply(definition, field_manager="installer")
    deadline = time.monotonic() + 60
    for definition in definitions:
        name = definition["metadata"]["name"]
        while not _is_established(api, name):
            assert time.monotonic() < deadline, f"{name} is not established"
            time.sleep(0.05)


def _is_established(api: Api, name: str) -> bool:
    path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
    conditions = (api.raw("GET", path).get("status") or {}).get("conditions") or []
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)
