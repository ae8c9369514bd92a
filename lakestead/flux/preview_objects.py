"""What one of Flux's controllers would do with objects, asked of the server as that controller."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux.preview_secrets import Secrets
from lakestead.kube import permission
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import prepared
from lakestead.plan.change import Change
from lakestead.plan.diff import object_diff
from lakestead.plan.fingerprint import fingerprint, last_changed_by
from lakestead.plan.schema import definitions, violations

Object = dict[str, Any]
SOURCES = "source.toolkit.fluxcd.io/v1"
IMMUTABLE = ("immutable", "may not change once set", "field is immutable")


@dataclass(frozen=True, slots=True)
class Planned:
    """One object and what would become of it.

    + obj: as the controller would apply it
    + refused: why the server would not take it
    """

    change: Change
    obj: Object = field(default_factory=dict)
    refused: LakesteadError | None = None

    @property
    def ref(self) -> ObjectRef:
        """The object's address."""
        return ObjectRef.of(self.obj)


class Cluster:
    """The cluster while a preview is made: what is there, and what the preview would put there."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._live: dict[ObjectRef, Object | None] = {}
        self._coming: dict[tuple[str, str | None, str], Object] = {}
        self._schemas: dict[tuple[str, str], Mapping[str, Any]] = {}

    def live(self, ref: ObjectRef) -> Object | None:
        """The object as it is now; read once."""
        if ref not in self._live:
            self._live[ref] = self.api.get(ref)
        return self._live[ref]

    def every(self, api_version: str, kind: str) -> list[Object]:
        """All objects of a kind, none where it is not served."""
        found = self.api.list(api_version, kind)
        self._live |= {ObjectRef.of(obj): obj for obj in found}
        return found

    def comes(self, objects: Iterable[Object]) -> None:
        """What the preview has would be applied: later reads see it."""
        coming = list(objects)
        self._schemas |= definitions(coming)
        for obj in coming:
            metadata = obj["metadata"]
            self._coming[obj["kind"], metadata.get("namespace"), metadata["name"]] = prepared(obj)

    def read(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """A ConfigMap or Secret as it would be."""
        coming = self._coming.get((kind, namespace, name))
        return coming or self.live(ObjectRef("v1", kind, name, namespace))

    def secret_texts(self) -> list[str]:
        """Every value of a Secret: a chart that looks objects up could have any of them."""
        secrets = self.api.list("v1", "Secret", field_selector="type!=helm.sh/release.v1")
        encoded = [text for secret in secrets for text in (secret.get("data") or {}).values()]
        return encoded + [base64.b64decode(text).decode("utf-8", "replace") for text in encoded]

    def source(self, kind: str, namespace: str, name: str) -> Mapping[str, Any] | None:
        """A source of charts as it would be: HelmRepository, OCIRepository, HelmChart."""
        coming = self._coming.get((kind, namespace, name))
        return coming or self.live(ObjectRef(SOURCES, kind, name, namespace))

    def namespaced(self, obj: Mapping[str, Any]) -> bool:
        """Whether objects of this kind are in namespaces; so is a kind of which nothing is known."""
        found = self.api.served(obj["apiVersion"], obj["kind"])
        if found is not None:
            return found.namespaced
        group = obj["apiVersion"].rpartition("/")[0]
        for (kind, _, _), crd in self._coming.items():
            spec = crd.get("spec") or {}
            names = (spec.get("group"), (spec.get("names") or {}).get("kind"))
            if kind == "CustomResourceDefinition" and names == (group, obj["kind"]):
                return bool(spec["scope"] == "Namespaced")
        return True

    def plan(self, obj: Object, manager: str, why: str, secrets: Secrets, force: bool) -> Planned:
        """What server-side apply by ``manager`` would do, conflicts overridden as Flux does.

        + why: for the plan
        + force: make an object anew where a field that cannot be changed would be changed
        """
        obj = prepared(obj)
        try:
            return self._plan(obj, manager, why, secrets, force)
        except ApiError as error:
            if error.status != 403:  # it may not even be read
                raise
            return refused(obj, why, secrets, error, None)

    def _plan(self, obj: Object, manager: str, why: str, secrets: Secrets, force: bool) -> Planned:
        ref = ObjectRef.of(obj)
        try:
            result = self.api.apply(obj, dry_run=True, force=True, field_manager=manager)
        except ApiError as error:
            if error.status == 404:
                return self._later(obj, manager, why, secrets, error)
            live = self.live(ref)
            if force and live is not None and any(word in str(error) for word in IMMUTABLE):
                why = f"{why}; deleted and made anew, since a field cannot be changed"
                return Planned(_change(ref, "update", why, secrets.diff(live, obj), live), obj)
            return refused(obj, why, secrets, error, live)
        live = self.live(ref)
        if live is None:
            return Planned(_change(ref, "create", why, secrets.diff(None, obj), None), obj)
        diff = secrets.diff(live, result)
        return Planned(_change(ref, "update" if diff else "unchanged", why, diff, live), obj)

    def _later(
        self, obj: Object, manager: str, why: str, secrets: Secrets, error: ApiError
    ) -> Planned:
        """An object whose kind or namespace is not there yet; the server checks what it can."""
        ref = ObjectRef.of(obj)
        missing = "kind" if error.reason == "KindNotServed" else "namespace"
        if missing == "kind" and (schema := self._schemas.get((ref.api_version, ref.kind))):
            found = secrets.hide("\n".join(violations(obj, schema)))
            if found:
                said = unknown(ref.kind, ref.full_name, f"{why}; it is not valid: {found}")
                return Planned(said, obj, LakesteadError(f"{ref} is not valid", found=found))
        if missing == "namespace":
            elsewhere = {**obj, "metadata": {**obj["metadata"], "namespace": "default"}}
            try:
                self.api.apply(elsewhere, dry_run=True, force=True, field_manager=manager)
            except ApiError as refusal:
                return refused(obj, why, secrets, refusal, None)
        why = f"{why}; its {missing} is not there yet"
        diff = secrets.diff(None, obj)
        return Planned(
            Change(ref.kind, ref.full_name, "known after apply", diff, why, will="create"), obj
        )


def deleted(live: Object, why: str) -> Change:
    """The change that deletes an object."""
    return _change(ObjectRef.of(live), "delete", why, object_diff(live, None), live)


def unknown(kind: str, name: str, why: str) -> Change:
    """The change of something that could not be looked into."""
    return Change(kind, name, "known after apply", why=f"not previewed: {' '.join(why.split())}")


def said(error: LakesteadError) -> str:
    """An error in one line, for a reason in a plan."""
    lines = [line.strip() for line in (error.found or "").splitlines() if line.strip()]
    return f"{error.what}: {lines[-1][:300]}" if lines else error.what


def refused(
    obj: Object, why: str, secrets: Secrets, error: ApiError, live: Object | None
) -> Planned:
    """An object that the API server would not take, or that this user may not ask about."""
    ref = ObjectRef.of(obj)
    message = secrets.hide(str(error.body.get("message") or error.what))
    if obj["kind"] == "Secret":
        message = f"{error.status} {error.reason}"  # it may quote values
    refusal = LakesteadError(f"{ref}: the API server would refuse it", found=message)
    # Anything else may be different by then: rights, webhooks that do not answer, a busy server.
    final = error.status in (400, 422) or "typed patch object" in message
    denied = permission.missing(message)
    reason = (
        f"not previewed, {denied.what}" if denied else f"the API server would refuse it: {message}"
    )
    change = Change(
        ref.kind,
        ref.full_name,
        "known after apply",
        why=f"{why}; {reason}",
        before=fingerprint(live),
    )
    return Planned(change, obj, refusal if final else None)


def _change(ref: ObjectRef, action: Any, why: str, diff: str, live: Object | None) -> Change:
    return Change(
        *(ref.kind, ref.full_name, action, diff, why),
        before=fingerprint(live),
        by=last_changed_by(live) if action != "unchanged" else "",
    )
