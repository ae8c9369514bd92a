"""What others do to an object after Lakestead has applied it, as steps that can be done again."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.oracle import mutate
from tests.oracle.paths import merge_patch, places, without
from tests.oracle.server import Step

Object = dict[str, Any]
EDITS: tuple[mutate.Mutation, ...] = (
    mutate.change, mutate.change, mutate.remove, mutate.labels, mutate.labels, mutate.reorder,
    mutate.repeat, mutate.add_key, mutate.nothing,
)  # fmt: skip
EDITORS = ("kubectl-edit", "kubectl-edit", "controller", "kubectl-client-side-apply", "lakestead")


def edit(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """Somebody edits the object as it is."""
    before = {key: value for key, value in live.items() if key != "status"}
    after = draw(st.sampled_from(EDITS))(draw, before, live)
    patch = merge_patch(before, after) or {"metadata": {"labels": {"edited": "by-hand"}}}
    return {"by": draw(st.sampled_from(EDITORS)), "patch": patch}


def share(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """Another applier sets some of the fields, to the same values or to others."""
    part = deepcopy(applied)
    part["metadata"].pop("finalizers", None)
    for _ in range(draw(st.integers(0, 3))):
        below = [place for place in places(part) if not isinstance(place[-1], int)]
        if below:
            part = without(part, draw(st.sampled_from(below)))
    if draw(st.booleans()):
        part = draw(st.sampled_from([mutate.change, mutate.labels, mutate.adopt]))(draw, part, live)
    return {"by": "other-applier", "apply": part, "force": draw(st.booleans())}


def apply_before(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """Lakestead itself had applied something else once."""
    mutation = draw(st.sampled_from([mutate.adopt, mutate.remove, mutate.change, mutate.labels]))
    return {"apply": mutation(draw, applied, live), "force": True}


def scale(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """kubectl scale, or an autoscaler."""
    return {
        "by": "autoscaler",
        "subresource": "scale",
        "patch": {"spec": {"replicas": draw(st.integers(0, 3))}},
    }


def status(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """A controller says what became of the object; or Lakestead's own name is on a status."""
    conditions = [{"type": "Ready", "status": "True", "reason": "Oracle", "message": "",
                   "lastTransitionTime": "2026-03-01T10:00:00Z"}]  # fmt: skip
    content = draw(st.sampled_from([{"conditions": conditions}, {"observedGeneration": 1}, {}]))
    if draw(st.booleans()):
        return {"by": "controller", "subresource": "status", "patch": {"status": content}}
    identity = {key: applied[key] for key in ("apiVersion", "kind")}
    metadata = {
        key: applied["metadata"][key] for key in ("name", "namespace") if key in applied["metadata"]
    }
    return {
        "by": "lakestead",
        "subresource": "status",
        "apply": {**identity, "metadata": metadata, "status": content},
        "force": True,
    }


def forget(draw: mutate.Draw, applied: Object, live: Object) -> Step:
    """Somebody empties managedFields, or leaves entries in them that are of no use any more."""
    entries = deepcopy(live["metadata"].get("managedFields") or [])
    group = applied["apiVersion"].rpartition("/")[0]
    old = f"{group}/v0alpha1" if group else "v0alpha1"
    left = {
        "manager": "long-gone", "operation": "Update", "apiVersion": old, "fieldsType": "FieldsV1",
        "fieldsV1": {"f:metadata": {"f:labels": {"f:old": {}}}}, "time": "2026-03-01T10:00:00Z",
    }  # fmt: skip
    empty = {**left, "apiVersion": applied["apiVersion"], "fieldsV1": {}}
    choice = draw(st.integers(0, 4))
    if choice == 0:
        entries = [{}]
    elif choice == 1:
        entries.append(left)
    elif choice == 2:
        entries.append(empty)
    elif choice == 3 and entries:
        entries.pop(draw(st.integers(0, len(entries) - 1)))
    elif entries:
        # A field that is not there is still said to be somebody's.
        fields = entries[draw(st.integers(0, len(entries) - 1))].setdefault("fieldsV1", {})
        fields.setdefault("f:metadata", {}).setdefault("f:annotations", {})["f:gone"] = {}
    return {"by": "kubectl-edit", "patch": {"metadata": {"managedFields": entries}}}


STEPS = (edit, edit, edit, edit, share, share, share, apply_before, scale, status, forget)
