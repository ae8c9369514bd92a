"""What a run did to objects, taken back; the API server is a real one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lakestead.journal import places, session
from lakestead.journal.inverse import Means, plan
from lakestead.journal.marks import facts
from lakestead.journal.object_undo import object_undo
from lakestead.journal.record import RecordedRun, load
from lakestead.journal.steps import Step
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.identity import cluster_uid
from lakestead.plan.change import Change
from tests.api_server import ApiServer

PASSWORD = "cGxhbnRlZC1zZWNyZXQ="
_numbers = itertools.count()


class World:
    """A cluster with a namespace of its own, and runs in it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.namespace = f"rollback-{next(_numbers)}"
        api.apply(self.obj("v1", "Namespace", self.namespace, namespaced=False), field_manager="me")

    def obj(
        self, version: str, kind: str, name: str, *, namespaced: bool = True, **rest: Any
    ) -> dict[str, Any]:
        metadata = {"name": name} | ({"namespace": self.namespace} if namespaced else {})
        return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}

    def config(self, **data: str) -> dict[str, Any]:
        return self.obj("v1", "ConfigMap", "c", data=data)

    def live(self, obj: dict[str, Any]) -> dict[str, Any] | None:
        return self.api.get(ObjectRef.of(obj))

    def write(self, *objects: dict[str, Any], force: bool = False, noted: bool = True) -> None:
        """As the operations write: journaled before and after."""
        for obj in objects:
            ref = ObjectRef.of(obj)
            live = self.api.get(ref)
            change = Change(ref.kind, ref.full_name, "update" if live else "create")
            item = session.item_of("", change, object_undo(ref, live))
            [write] = session.begin(self.api, [item])
            answer = self.api.apply(obj, force=force)
            if noted:
                write.done(**facts(answer))

    def end(self) -> RecordedRun:
        """The run that was under way, as its journal tells it."""
        session.finish("done")
        return load(places.journals(cluster_uid(self.api))[0])

    def plan(self, run: RecordedRun) -> list[Step]:
        return plan(run, Means(self.api))

    def roll_back(self, run: RecordedRun) -> None:
        for step in self.plan(run):
            if step.do is not None:
                step.do()

    def verdicts(self, run: RecordedRun) -> list[str]:
        return [step.verdict for step in self.plan(run)]


@pytest.fixture
def world(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))
    yield World(Api.from_kubeconfig(str(api_server.kubeconfig)))
    session.finish("interrupted")


def test_what_was_made_is_deleted_the_last_first(world: World) -> None:
    one, two = world.config(a="1"), world.obj("v1", "ServiceAccount", "s")
    world.write(one, two)
    run = world.end()

    assert [step.change.kind for step in world.plan(run)] == ["ServiceAccount", "ConfigMap"]
    world.roll_back(run)

    assert world.live(one) is None
    assert world.live(two) is None
    assert world.verdicts(run) == ["as before", "as before"]


def test_values_and_fields_are_as_before(world: World) -> None:
    world.write(world.config(a="1", b="1"))
    world.end()
    world.write(world.config(a="2", c="new"))
    run = world.end()

    world.roll_back(run)

    live = world.live(world.config())
    assert live is not None
    assert live["data"] == {"a": "1", "b": "1"}
    assert owners(live, "a") == ["lakestead"]
    assert world.verdicts(run) == ["as before"]


def test_field_that_was_taken_over_has_its_value_again_and_is_not_ours(world: World) -> None:
    world.api.apply(world.config(a="theirs", b="theirs"), field_manager="kubectl")
    world.write(world.config(a="ours"), force=True)
    run = world.end()

    world.roll_back(run)

    live = world.live(world.config())
    assert live is not None
    assert live["data"] == {"a": "theirs", "b": "theirs"}
    assert "lakestead" not in owners(live, "a") + owners(live, "b")


def test_what_somebody_changed_since_is_named(world: World) -> None:
    world.write(world.config(a="1"))
    run = world.end()
    ref = ObjectRef.of(world.config())
    world.api.raw(
        "PATCH",
        f"/api/v1/namespaces/{world.namespace}/configmaps/c",
        query={"fieldManager": "kubectl-edit"},
        body={"data": {"b": "hers"}},
        headers={"Content-Type": "application/merge-patch+json"},
    )

    [step] = world.plan(run)

    assert step.verdict == "changed since"
    assert step.do is None
    assert "kubectl-edit at 20" in step.change.why
    assert world.api.get(ref) is not None


def test_labels_and_status_of_controllers_are_no_change(world: World) -> None:
    deployment = world.obj(
        "apps/v1",
        "Deployment",
        "d",
        spec={
            "selector": {"matchLabels": {"app": "d"}},
            "template": {
                "metadata": {"labels": {"app": "d"}},
                "spec": {"containers": [{"name": "c", "image": "i"}]},
            },
        },
    )
    world.write(deployment)
    run = world.end()
    ref = ObjectRef.of(deployment)
    world.api.patch(ref, {"status": {"observedGeneration": 1}}, subresource="status")
    world.api.patch(ref, {"metadata": {"annotations": {"deployment.kubernetes.io/revision": "1"}}})

    assert world.verdicts(run) == ["take back"]


def test_later_run_first_then_the_one_before(world: World) -> None:
    world.write(world.config(a="1"))
    first = world.end()
    world.write(world.config(a="2"))
    second = world.end()

    assert world.verdicts(first) == ["changed since"]
    world.roll_back(second)
    world.roll_back(first)

    assert world.live(world.config()) is None


def test_write_in_flight_may_have_been_done_or_not(world: World) -> None:
    done, not_done = world.config(a="1"), world.obj("v1", "ServiceAccount", "s")
    world.write(done, noted=False)
    ref = ObjectRef.of(not_done)
    session.begin(
        world.api,
        [session.item_of("", Change("ServiceAccount", "s", "create"), object_undo(ref, None))],
    )
    run = world.end()

    assert world.verdicts(run) == ["as before", "take back"]
    world.roll_back(run)

    assert world.live(done) is None


def test_what_somebody_else_made_after_the_kill_is_not_deleted(world: World) -> None:
    ref = ObjectRef.of(world.config())
    session.begin(
        world.api, [session.item_of("", Change("ConfigMap", "c", "create"), object_undo(ref, None))]
    )
    run = world.end()
    world.api.apply(world.config(a="hers"), field_manager="kubectl")

    assert world.verdicts(run) == ["cannot"]


def test_secret_is_deleted_where_it_was_made_and_stays_where_it_was_changed(world: World) -> None:
    secret = world.obj("v1", "Secret", "s", data={"password": PASSWORD})
    world.write(secret)
    made = world.end()
    world.write(secret | {"data": {"password": PASSWORD[4:]}})
    changed = world.end()

    assert world.verdicts(changed) == ["cannot"]
    assert world.verdicts(made) == ["changed since"]
    for run in (made, changed):
        assert PASSWORD[4:] not in run.path.read_text()


def test_namespace_with_other_things_in_it_stays(world: World) -> None:
    namespace = world.obj("v1", "Namespace", f"{world.namespace}-new", namespaced=False)
    world.write(namespace)
    run = world.end()
    stranger = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}
    stranger["metadata"] = {"name": "x", "namespace": f"{world.namespace}-new"}
    world.api.apply(stranger, field_manager="kubectl")

    [step] = world.plan(run)

    assert step.verdict == "cannot"
    assert "1 other objects: ConfigMap" in step.change.why


def test_what_was_pruned_is_there_again_with_its_owners(world: World) -> None:
    world.write(world.config(a="1"))
    world.end()
    world.api.apply(world.config(b="hers"), field_manager="kubectl")
    ref = ObjectRef.of(world.config())
    undo = object_undo(ref, world.api.get(ref), deletes=True)
    [write] = session.begin(
        world.api, [session.item_of("", Change("ConfigMap", "c", "delete"), undo)]
    )
    world.api.delete(ref)
    write.done()
    run = world.end()

    world.roll_back(run)

    live = world.api.get(ref)
    assert live is not None
    assert live["data"] == {"a": "1", "b": "hers"}
    assert owners(live, "a") == ["lakestead"]


def owners(live: dict[str, Any], key: str) -> list[str]:
    return [
        entry["manager"]
        for entry in live["metadata"]["managedFields"]
        if f"f:{key}" in entry["fieldsV1"].get("f:data", {})
    ]
