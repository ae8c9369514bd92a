"""What server-side apply would do with a set of objects: proven, or asked of the server itself."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.conflict import (
    TakeOver,
    apply_error,
    conflict_error,
    conflicts,
    taken,
    webhook_of,
)
from lakestead.kube.live import PARALLEL, look_at
from lakestead.kube.manifest import all_prepared, digest, prepared
from lakestead.kube.status import Status, status, waits_for
from lakestead.plan.change import Change
from lakestead.plan.diff import object_diff
from lakestead.plan.fingerprint import fingerprint, last_changed_by
from lakestead.plan.ownership import proves_unchanged
from lakestead.plan.schema import definitions, violations
from lakestead.plan.stages import stage

__all__ = ["PlannedObject", "apply_error", "plan_objects", "prepared"]

Object = dict[str, Any]
# What a dry run answered, by API, manifest and live version: asked in prepare, needed again in execute.
_answers: dict[tuple[Api, str, str], PlannedObject] = {}
_diffs: dict[str, str] = {}


@dataclass(frozen=True, slots=True)
class PlannedObject:
    """One object, what apply would do with it, and what is there now.

    + live: the object now; None where it is not there, or is as it should be
    + error: why apply would fail
    + takes_over: whether fields of others are taken over
    """

    obj: Object
    change: Change
    live: Object | None = None
    error: LakesteadError | None = None
    takes_over: bool = False

    @property
    def ref(self) -> ObjectRef:
        """The object's address."""
        return ObjectRef.of(self.obj)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is kept of a live object: all of it only where it may have to change."""

    state: Status
    suspect: Object | None


def plan_objects(
    api: Api,
    objects: Iterable[Mapping[str, Any]],
    *,
    take_over: Sequence[str] = (),
    wait: bool = False,
    validate: bool = True,
) -> list[PlannedObject]:
    """Plan server-side apply of ``objects``, in the order to apply them in.

    What is proven unchanged is not asked for (``lakestead.plan.ownership``). An object whose namespace
    or kind is not there yet is ``known after apply``; it is checked as far as that can be done.

    + take_over: fields to take over from other field managers: ``"Deployment ns/name: .spec.replicas"``
    + wait: count an unchanged object that is not ready as ``wait``
    + validate: let the server check by dry run what will be created, too
    """
    ordered = sorted(all_prepared(objects), key=stage)
    asked = TakeOver(take_over)
    asked.check(map(ObjectRef.of, ordered))
    with _no_garbage():
        found = look_at(api, ordered, _look)
    planner = _Planner(api, ordered, found, asked, wait, validate)
    planned: dict[int, PlannedObject] = {}
    rest = []
    for number, obj in enumerate(ordered):
        there = found.get(ObjectRef.of(obj))
        if there is not None and there.suspect is None:
            planned[number] = planner.unchanged(obj, there.state)
        else:
            rest.append(number)
    with ThreadPoolExecutor(PARALLEL) as pool:
        plans = pool.map(lambda number: planner.plan(ordered[number]), rest)
        planned |= zip(rest, plans, strict=True)
    return [planned[number] for number in range(len(ordered))]


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Without looking for cycles: parsed JSON has none, and the search is a fifth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _look(obj: Object, live: Object) -> _Found:
    return _Found(status(live), None if proves_unchanged(obj, live) else live)


class _Planner:
    def __init__(
        self,
        api: Api,
        objects: Sequence[Object],
        found: Mapping[ObjectRef, _Found],
        take_over: TakeOver,
        wait: bool,
        validate: bool,
    ) -> None:
        self.api = api
        self.found = found
        self.take_over = take_over
        self.wait = wait
        self.validate = validate
        self.definitions = definitions(objects)
        self.coming = definitions(obj for obj in objects if self._changes(obj))
        self.new_namespaces = {
            obj["metadata"]["name"]
            for obj in objects
            if obj["kind"] == "Namespace" and ObjectRef.of(obj) not in found
        }

    def _changes(self, obj: Object) -> bool:
        there = self.found.get(ObjectRef.of(obj))
        return there is None or there.suspect is not None

    def plan(self, obj: Object) -> PlannedObject:
        """Ask the server, unless it has answered the same question before."""
        there = self.found.get(ObjectRef.of(obj))
        live = there.suspect if there else None
        key = (self.api, digest(obj), live["metadata"]["resourceVersion"] if live else "")
        known = _answers.get(key)
        if known is None:
            known = self._later(obj) or self._ask(obj, live)
            if self.validate and known.error is None and known.change.action != "known after apply":
                _answers[key] = known
        if known.change.action in ("unchanged", "wait") and there is not None:
            return self.unchanged(obj, there.state)
        return known

    def unchanged(self, obj: Object, state: Status) -> PlannedObject:
        ref = ObjectRef.of(obj)
        if self.wait and not state.ready:
            why = f"not ready: {state.reason}"
            waiting = Change(ref.kind, ref.full_name, "wait", why=why, waits_for=waits_for(obj))
            return PlannedObject(obj, waiting)
        return PlannedObject(obj, Change(ref.kind, ref.full_name, "unchanged"))

    def _change(self, obj: Object, live: Object | None, **more: Any) -> Change:
        ref = ObjectRef.of(obj)
        change = Change(
            ref.kind,
            ref.full_name,
            "create" if live is None else "update",
            waits_for=waits_for(obj) if self.wait else "",
            before=fingerprint(live),
            by=last_changed_by(live),
        )
        return replace(change, **more)

    def _later(self, obj: Object) -> PlannedObject | None:
        """An object whose namespace or kind comes earlier in this plan."""
        ref = ObjectRef.of(obj)
        definition = self.definitions.get((ref.api_version, ref.kind))
        if self.api.served(ref.api_version, ref.kind) is None:
            problems = violations(obj, definition) if definition else []
            if problems:
                return self._failed(obj, None, _not_valid(ref, problems))
            why = "its kind is not there yet"
        elif ref.namespace in self.new_namespaces:
            why = "its namespace is not there yet"
            # The server checks it in a namespace that every cluster has.
            error = self._check_in(obj, "default") if self.validate else None
            if error is not None:
                return self._failed(obj, None, error)
        else:
            return None
        diff = _diff_of_new(obj)
        later = self._change(
            obj, None, action="known after apply", why=why, diff=diff, will="create"
        )
        return PlannedObject(obj, later)

    def _check_in(self, obj: Object, namespace: str) -> LakesteadError | None:
        elsewhere = {**obj, "metadata": {**obj["metadata"], "namespace": namespace}}
        try:
            self.api.apply(elsewhere, dry_run=True, force=True, strict=True)
        except ApiError as error:
            if error.status in (400, 422):
                return apply_error(ObjectRef.of(obj), error)
        return None

    def _ask(self, obj: Object, live: Object | None) -> PlannedObject:
        if live is None and not self.validate:
            return PlannedObject(obj, self._change(obj, None, diff=_diff_of_new(obj)))
        ref = ObjectRef.of(obj)
        dry_run = partial(self.api.apply, obj, dry_run=True, strict=True)
        why = ""
        try:
            result = dry_run()
        except ApiError as error:
            found = conflicts(error)
            missing = self.take_over.missing(ref, found)
            if not found or missing:
                return self._refused(obj, live, error, missing)
            why = taken(found)
            try:
                result = dry_run(force=True)
            except ApiError as again:
                return self._refused(obj, live, again, [])
        if live is None:
            # Shown as it is asked for, not with all that the server adds.
            return PlannedObject(obj, self._change(obj, None, diff=_diff_of_new(obj)))
        diff = object_diff(live, result)
        if diff or why:
            change = self._change(obj, live, diff=diff, why=why)
            return PlannedObject(obj, change, live, takes_over=bool(why))
        if _owners(live) != _owners(result):
            why = "only whose fields they are changes"
            return PlannedObject(obj, self._change(obj, live, why=why), live)
        return self.unchanged(obj, status(live))

    def _refused(
        self, obj: Object, live: Object | None, error: ApiError, missing: list[Any]
    ) -> PlannedObject:
        ref = ObjectRef.of(obj)
        webhook, definition = webhook_of(error), self.coming.get((ref.api_version, ref.kind))
        why = "its namespace is not there yet" if error.status == 404 else ""
        if webhook:
            why = f"webhook {webhook} does not answer"
        elif definition and error.status in (400, 422, 500):
            # The server knows the definition as it was.
            problems = violations(obj, definition)
            if problems:
                return self._failed(obj, live, _not_valid(ref, problems))
            why = "its definition is changed before"
        if why:
            will = "update" if live else "create"
            change = self._change(obj, live, action="known after apply", why=why, will=will)
            diff = "" if live else _diff_of_new(obj)
            return PlannedObject(obj, replace(change, diff=diff), live)
        failed = conflict_error(ref, missing, error.where) if missing else apply_error(ref, error)
        return self._failed(obj, live, failed)

    def _failed(self, obj: Object, live: Object | None, error: LakesteadError) -> PlannedObject:
        return PlannedObject(obj, self._change(obj, live), live, error)


def _diff_of_new(obj: Object) -> str:
    """The diff of an object that is not there: made once, it is needed in prepare and in execute."""
    key = digest(obj)
    if key not in _diffs:
        _diffs[key] = object_diff(None, obj)
    return _diffs[key]


def _owners(obj: Mapping[str, Any]) -> list[str]:
    """Who owns which fields, whenever that was."""
    entries = obj["metadata"].get("managedFields") or []
    return sorted(
        json.dumps({**entry, "time": None}, sort_keys=True)
        for entry in entries
        # What the server notes of an object that nobody owned a field of says nothing about anybody.
        if entry.get("manager") != "before-first-apply"
    )


def _not_valid(ref: ObjectRef, problems: Sequence[str]) -> LakesteadError:
    return LakesteadError(
        f"{ref} is not valid",
        where="the schema of its CustomResourceDefinition in the same plan",
        found="\n".join(problems),
        do="correct the manifest",
    )
