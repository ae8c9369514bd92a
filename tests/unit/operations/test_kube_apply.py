"""``kube.apply`` as pyinfra runs it, against a real API server."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops

from lakestead.journal.record import load
from lakestead.kube import session as kube_session
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import plan_objects
from lakestead.operations import kube, show
from lakestead.plan.apply_set import PROTECTION, ApplySet, kinds_of
from lakestead.plan.change import Change
from tests.api_server import ApiServer

Object = dict[str, Any]


class World:
    """An API server, a namespace in it, and runs of ``kube.apply``."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.api = Api.from_kubeconfig(str(server.kubeconfig))
        self.namespace = f"test-{secrets.token_hex(4)}"
        self.shown: list[Change] = []

    def apply(self, *objects: Object, wait: bool = False, **arguments: Any) -> dict[str, str]:
        """Run it; answers what became of each object, as it was shown while executing."""
        data = {"kube": {"kubeconfig": str(self.server.kubeconfig)}}
        state = State(Inventory((["@local"], data)), Config(FAIL_PERCENT=100))
        connect_all(state)
        self.shown = []
        try:
            add_op(state, kube.apply, objects=list(objects), wait=wait, **arguments)
            self.shown = []
            run_ops(state)
        finally:
            disconnect_all(state)
            kube_session._apis.clear()
        return {f"{change.kind} {change.name}": change.action for change in self.shown}

    def config(self, name: str, **more: Any) -> Object:
        metadata = {"name": name, "namespace": self.namespace, **more}
        return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}

    def there(self, name: str) -> Object | None:
        return self.api.get(ObjectRef("v1", "ConfigMap", name, self.namespace))

    def written(self) -> list[tuple[str, str]]:
        """What the last run's journal says."""
        files = sorted(
            self.folder.glob("journal/*/*.jsonl"), key=lambda file: file.stat().st_mtime_ns
        )
        return [(write.what, write.state) for write in load(files[-1]).writes]


@pytest.fixture
def world(
    api_server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    monkeypatch.setenv("LAKESTEAD_STATE_DIR", str(tmp_path))
    made = World(api_server, tmp_path)
    made.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.namespace}})

    def listen(host: Any, name: str, changes: list[Change]) -> None:
        made.shown += changes

    show.listeners.append(listen)
    yield made
    show.listeners.remove(listen)


def test_from_nothing_each_object_is_written_once(world: World) -> None:
    objects = [world.config(f"c{number}") for number in range(70)]  # more than one lot

    with world.server.counting() as calls:
        world.apply(*objects)

    assert calls["patch"] == 70
    assert calls["patch (dry run)"] == 70  # by the plan; not again when it is executed
    assert {state for _, state in world.written()} == {"done"}
    assert len(world.written()) == 70
    with world.server.counting() as calls:
        assert set(world.apply(*objects).values()) == {"unchanged"}
    assert not calls["patch"]


def test_a_definition_and_its_object_in_one_go(world: World) -> None:
    group = f"{world.namespace}.example"
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {"openAPIV3Schema": {"type": "object"}},
                }
            ],
        },
    }
    widget = {**world.config("w"), "apiVersion": f"{group}/v1", "kind": "Widget"}

    world.apply(widget, crd)

    assert world.api.get(ObjectRef.of(widget)) is not None
    assert [what for what, _ in world.written()] == [
        f"create CustomResourceDefinition widgets.{group}",
        f"known after apply Widget {world.namespace}/w",
    ]


def test_what_was_taken_over_is_ours(world: World) -> None:
    theirs = {**world.config("c"), "data": {"a": "1", "b": "1"}}
    world.api.apply(theirs, field_manager="somebody")
    ours = {**world.config("c"), "data": {"a": "2"}}

    world.apply(ours, take_over=[f"ConfigMap {world.namespace}/c: .data.a"])

    found = world.there("c")
    assert found is not None
    assert found["data"] == {"a": "2", "b": "1"}
    assert set(world.apply(ours).values()) == {"unchanged"}


def test_one_that_is_refused_fails_the_operation_and_is_journaled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = world.config("good"), world.config("bad", annotations={"a": "b"})
    apply = Api.apply

    def fails(self: Api, obj: Any, **more: Any) -> Any:
        if obj["metadata"]["name"] == "bad" and not more.get("dry_run"):
            obj = {**obj, "data": {"a": 1}}
        return apply(self, obj, **more)

    monkeypatch.setattr(Api, "apply", fails)
    with pytest.raises(PyinfraError):
        world.apply(bad, good)
    assert (f"create ConfigMap {world.namespace}/bad", "failed") in world.written()


@pytest.fixture
def silent_webhook(world: World) -> Iterator[Object]:
    """A webhook that rules the ConfigMaps of the test's namespace, at whose address nobody is."""
    hook = {
        "name": "silent.example.org",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [
            {
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "operations": ["*"],
                "resources": ["configmaps"],
            }
        ],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": world.namespace}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
    }
    made = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": world.namespace},
        "webhooks": [hook],
    }
    world.api.apply(made)
    for _ in range(100):  # the server looks at its webhooks' list now and then
        try:
            world.api.apply(world.config("probe"), dry_run=True)
        except ApiError:
            break
    yield made
    world.api.delete(ObjectRef.of(made))


def test_a_webhook_that_answers_later_is_waited_for(
    world: World, silent_webhook: Object, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = Api.apply

    def answers_after_the_first_write(self: Api, obj: Any, **more: Any) -> Any:
        try:
            return apply(self, obj, **more)
        finally:
            if not more.get("dry_run"):
                self.delete(ObjectRef.of(silent_webhook))

    monkeypatch.setattr(Api, "apply", answers_after_the_first_write)
    world.apply(world.config("c"))
    assert world.there("c") is not None


def test_a_webhook_that_never_answers_is_named(world: World, silent_webhook: Object) -> None:
    [planned] = plan_objects(world.api, [world.config("c")])
    assert planned.change.action == "known after apply"
    assert planned.change.why == "webhook silent.example.org does not answer"
    with pytest.raises(PyinfraError):
        world.apply(world.config("c"), timeout=0.5)


def test_what_left_the_set_is_deleted(world: World) -> None:
    members = ApplySet("parts")
    secret = {**world.config("s"), "kind": "Secret"}
    world.apply(world.config("a"), world.config("b"), secret, prune="parts")

    done = world.apply(world.config("a"), wait=True, prune="parts")

    place = world.namespace
    assert done[f"ConfigMap {place}/a"] == "unchanged"
    assert done[f"ConfigMap {place}/b"] == done[f"Secret {place}/s"] == "delete"
    assert world.there("b") is None
    assert world.there("a") is not None
    parent = world.api.get(ObjectRef("v1", "ConfigMap", members.parent_name, "kube-system"))
    assert kinds_of(parent) == {("", "ConfigMap")}
    assert (f"delete ConfigMap {place}/b", "done") in world.written()
    assert set(world.apply(world.config("a"), prune="parts").values()) == {"unchanged"}


def test_what_is_protected_stays_and_is_remembered(world: World) -> None:
    kept = world.config("kept", annotations={PROTECTION: "false"})
    claim = {
        **world.config("data"),
        "kind": "PersistentVolumeClaim",
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    }
    world.apply(world.config("a"), kept, claim, prune="kept")

    done = world.apply(world.config("a"), prune="kept")

    assert done[f"ConfigMap {world.namespace}/kept"] == "unchanged"
    assert done[f"PersistentVolumeClaim {world.namespace}/data"] == "unchanged"
    [why] = [change.why for change in world.shown if change.name.endswith("/kept")]
    assert why == f'kept: it is annotated {PROTECTION}: "false"'
    assert world.there("kept") is not None
    assert world.apply(world.config("a"), prune="kept")[f"ConfigMap {world.namespace}/kept"]


def test_two_sets_leave_each_other_alone(world: World) -> None:
    world.apply(world.config("one"), prune="first")
    world.apply(world.config("two"), prune="second")
    world.apply(world.config("three"), prune="second")
    assert world.there("one") is not None
    assert world.there("two") is None
