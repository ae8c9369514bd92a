"""What a plan of objects says and how often it asks, against a real API server."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from lakestead.errors import LakesteadError, Refused, WrongUsage
from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import PlannedObject, plan_objects
from lakestead.kube.readiness import wait_ready
from tests.api_server import ApiServer

Object = dict[str, Any]


@pytest.fixture
def api(api_server: ApiServer) -> Api:
    return Api.from_kubeconfig(str(api_server.kubeconfig))


@pytest.fixture
def namespace(api: Api) -> str:
    """A namespace of the test's own. Nothing here deletes it: no controller would."""
    name = f"test-{secrets.token_hex(4)}"
    api.apply(named("Namespace", name))
    return name


def named(kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, **more}


def config(name: str, namespace: str, **data: str) -> Object:
    return named("ConfigMap", name, namespace, data=data)


def web(namespace: str, **spec: Any) -> Object:
    container = {"name": "app", "image": "app:1", "resources": {"limits": {"cpu": "1"}}}
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [container]}}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": template, **spec},
    }


def definition(group: str, **properties: Any) -> Object:
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "properties": properties}},
            }
        },
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [version],
        },
    }


def widget(group: str, namespace: str, **spec: Any) -> Object:
    return {**named("Widget", "w", namespace, spec=spec), "apiVersion": f"{group}/v1"}


def actions(planned: list[PlannedObject]) -> list[str]:
    return [item.change.action for item in planned]


def test_unchanged_objects_cost_one_list_a_kind(
    api_server: ApiServer, api: Api, namespace: str
) -> None:
    objects = [config(f"c{number}", namespace, a="1") for number in range(12)]
    objects += [named("Secret", f"s{number}", namespace, data={}) for number in range(3)]
    objects.append(web(namespace, replicas=2))
    for obj in objects:
        api.apply(obj)

    with api_server.counting() as calls:
        planned = plan_objects(Api.from_kubeconfig(str(api_server.kubeconfig)), objects)

    assert actions(planned) == ["unchanged"] * 16
    assert sum(calls.values()) == 2 + 3


def test_an_object_that_nobody_owns_a_field_of(api: Api, namespace: str) -> None:
    bare = named("Secret", "bare", namespace)
    api.apply(bare)
    assert actions(plan_objects(api, [bare])) == ["unchanged"]


def test_only_suspects_are_asked_about(api_server: ApiServer, api: Api, namespace: str) -> None:
    objects = [config(f"c{number}", namespace, a="1") for number in range(5)]
    for obj in objects:
        api.apply(obj)
    objects[3] = config("c3", namespace, a="2")

    with api_server.counting() as calls:
        planned = plan_objects(api, objects)

    assert actions(planned) == [*["unchanged"] * 3, "update", "unchanged"]
    assert calls["patch (dry run)"] == 1
    assert "-  a: '1'\n+  a: '2'" in planned[3].change.diff
    assert planned[3].change.by.startswith("lakestead, ")
    assert planned[3].change.before.startswith("sha256:")


def test_a_diff_shows_no_defaults_and_no_other_spelling(api: Api, namespace: str) -> None:
    [planned] = plan_objects(api, [web(namespace, replicas=2)])
    assert planned.change.action == "create"
    assert "terminationGracePeriodSeconds" not in planned.change.diff
    api.apply(web(namespace, replicas=2))

    [planned] = plan_objects(api, [web(namespace, replicas=3)])

    lines = planned.change.diff.splitlines()[2:]
    assert [line for line in lines if line[0] in "+-"] == ["-  replicas: 2", "+  replicas: 3"]


def test_a_field_that_is_no_longer_asked_for_is_taken_away(api: Api, namespace: str) -> None:
    api.apply(config("c", namespace, a="1", b="2"))
    [planned] = plan_objects(api, [config("c", namespace, a="1")])
    assert planned.change.action == "update"
    assert "-  b: '2'" in planned.change.diff


def test_a_conflict_names_field_and_owner_and_how_to_take_over(api: Api, namespace: str) -> None:
    api.apply(web(namespace, replicas=2), field_manager="somebody")

    [planned] = plan_objects(api, [web(namespace, replicas=3)])

    assert isinstance(planned.error, Refused)
    assert '.spec.replicas: conflict with "somebody"' in str(planned.error)
    wish = f"Deployment {namespace}/web: .spec.replicas"
    assert f"kube.apply(take_over=('{wish}',))" in str(planned.error)
    [planned] = plan_objects(api, [web(namespace, replicas=3)], take_over=[wish])
    assert planned.error is None
    assert planned.takes_over
    assert planned.change.why == "takes .spec.replicas over from somebody"


def test_taking_over_one_field_leaves_the_others_in_conflict(api: Api, namespace: str) -> None:
    api.apply(config("c", namespace, a="1", b="1"), field_manager="somebody")
    wish = f"ConfigMap {namespace}/c: .data.a"
    [planned] = plan_objects(api, [config("c", namespace, a="2", b="2")], take_over=[wish])
    assert planned.error is not None
    assert "data.a" not in str(planned.error)
    assert "data.b" in str(planned.error)


@pytest.mark.parametrize(
    "wish", ["ConfigMap x/c", "ConfigMap x/c: data", "ConfigMap x/other: .data.a"]
)
def test_a_wish_that_cannot_be_meant(api: Api, wish: str) -> None:
    with pytest.raises(WrongUsage):
        plan_objects(api, [config("c", "x")], take_over=[wish])


def test_a_namespace_of_the_same_plan(api: Api) -> None:
    name = f"new-{secrets.token_hex(4)}"
    bad = config("Bad_Name", name)
    planned = plan_objects(api, [config("c", name, a="1"), named("Namespace", name), bad])

    assert actions(planned)[:2] == ["create", "known after apply"]
    assert planned[1].change.will == "create"
    assert planned[1].change.why == "its namespace is not there yet"
    assert planned[2].error is not None
    assert "Bad_Name" in str(planned[2].error)


def test_a_definition_of_the_same_plan(api: Api, namespace: str) -> None:
    group = f"{namespace}.example"
    crd = definition(group, size={"type": "integer", "maximum": 3})

    good = plan_objects(api, [widget(group, namespace, size=2), crd])
    bad = plan_objects(api, [widget(group, namespace, size=4, colour="red"), crd])

    assert actions(good) == ["create", "known after apply"]
    assert (good[1].change.will, good[1].error) == ("create", None)
    assert bad[1].error is not None
    assert ".spec.size: 4 is more than 3" in str(bad[1].error)
    assert ".spec.colour: there is no such field" in str(bad[1].error)


def test_a_definition_that_changes_in_the_same_plan(api: Api, namespace: str) -> None:
    group = f"{namespace}.example"
    old, new = definition(group, size={"type": "integer"}), {"size": {"type": "integer"}}
    api.apply(old)
    wait_ready(api, [ObjectRef.of(old)], 10, interval=0.1)
    changed = definition(group, **new, colour={"type": "string", "enum": ["red"]})

    good = plan_objects(api, [changed, widget(group, namespace, colour="red")])
    bad = plan_objects(api, [changed, widget(group, namespace, colour="blue")])

    assert actions(good) == ["update", "known after apply"]
    assert good[1].change.why == "its definition is changed before"
    assert "'blue' is none of red" in str(bad[1].error)


def test_values_of_a_secret_are_not_in_the_servers_refusal(api: Api, namespace: str) -> None:
    wrong = named("Secret", "s", namespace, data={"password": {"value": "PLANTED"}})
    [planned] = plan_objects(api, [wrong])
    assert planned.error is not None
    assert "PLANTED" not in str(planned.error) + planned.change.diff


def test_what_the_server_would_refuse_is_said_by_the_plan(api: Api, namespace: str) -> None:
    [planned] = plan_objects(api, [web(namespace, replicas=-1)])
    assert planned.error is not None
    assert "spec.replicas" in str(planned.error)


def test_a_dry_run_is_not_asked_for_twice(api_server: ApiServer, api: Api, namespace: str) -> None:
    objects = [config(f"c{number}", namespace, a="1") for number in range(4)]
    plan_objects(api, objects)
    with api_server.counting() as calls:
        planned = plan_objects(api, objects)
    assert actions(planned) == ["create"] * 4
    assert not calls["patch (dry run)"]


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([config("c", "x"), config("c", "x")], "Two manifests are for ConfigMap x/c"),
        ([named("ConfigMap", "c")], "says no namespace"),
        ([config("c", "default", a=float("nan"))], "JSON has no word"),  # type: ignore[arg-type]
    ],
)
def test_manifests_that_are_none(api: Api, objects: list[Object], message: str) -> None:
    with pytest.raises(LakesteadError, match=message):
        plan_objects(api, objects)


def test_an_unreachable_server_is_no_empty_cluster(api: Api, monkeypatch: Any) -> None:
    def away(*arguments: Any, **more: Any) -> Any:
        raise ApiError("gone", status=503, reason="")

    plan_objects(api, [config("c", "default")])
    monkeypatch.setattr(api, "raw", away)
    with pytest.raises(ApiError):
        plan_objects(api, [config("c", "default")])
