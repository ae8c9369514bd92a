"""What is rendered into the homelab repo for the metastore."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from typing import Any

import pytest
import yaml

from lakestead.errors import LakesteadError
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from tasks.metastore import APPS, CHART, files

SETTINGS = Path(__file__).parents[1] / "settings/valid/minimal.py"
EXTERNAL = SETTINGS.with_name("external_secrets.py")
VALUES = "kubernetes/charts/hive-metastore/values.yaml"


def settings(monitoring: dict[str, Any] | None = None, **metastore: Any) -> Settings:
    data = {key: value for key, value in runpy.run_path(str(SETTINGS)).items() if key[:2] != "__"}
    data["metastore"] = {**data["metastore"], **metastore}
    data["monitoring"] = monitoring or {}
    return Settings.load(data, Sources())


def release(**metastore: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(files(settings(**metastore))[VALUES])
    return loaded


def test_the_release_takes_its_values_from_the_settings() -> None:
    values = release(
        image="registry.example/hive-metastore:4.0.0",
        service_address="10.96.0.24",
        configuration={"metastore.txn.timeout": "90s", "metastore.server.max.threads": 1000000},
    )
    wanted = settings()
    assert values["image"] == "registry.example/hive-metastore:4.0.0"
    assert values["resources"]["limits"] == {"memory": wanted.allocations["hive-metastore"].memory}
    assert values["s3"]["endpoint"] == wanted.object_storage.cluster_endpoint
    assert values["service"] == {"type": "ClusterIP", "clusterIP": "10.96.0.24", "annotations": {}}
    # As text: Helm would render a large number as 1e+06.
    assert values["configuration"]["metastore.server.max.threads"] == "1000000"


def test_the_chart_knows_every_value_that_the_release_sets() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = release(
        service_address="10.96.0.24",
        configuration={"a.b": True},
        priority_class="platform",
        network={"namespaces": ["trino"], "addresses": ["10.0.0.0/24"]},
        monitoring={"prometheus_operator": True, "labels": {"release": "stack"}},
    )
    assert list(unknown(values, schema)) == []
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    assert list(unknown(defaults, schema)) == []
    assert defaults.keys() == schema["properties"].keys() - {"global"}


def unknown(values: Any, schema: dict[str, Any], path: str = "") -> Any:
    if not isinstance(values, dict) or schema.get("additionalProperties") is not False:
        return
    for key, value in values.items():
        if key in schema["properties"]:
            yield from unknown(value, schema["properties"][key], f"{path}.{key}")
        else:
            yield f"{path}.{key}"


def test_no_password_is_rendered() -> None:
    for path, content in files(settings()).items():
        assert b"stringData" not in content, path


def test_a_key_in_another_namespace_is_refused() -> None:
    with pytest.raises(LakesteadError, match="not in elsewhere, as"):
        settings(namespace="elsewhere")


def test_a_network_policy_lets_out_what_is_needed() -> None:
    network = {"addresses": ["10.0.0.0/24"]}
    values = release(network=network)
    assert values["networkPolicy"]["egress"]["namespaces"] == ["databases", "storage"]
    outside = {"host": "postgres.example"}
    with pytest.raises(LakesteadError, match=r"postgres\.example is no Service"):
        files(settings(database=outside, network=network))
    values = release(database=outside, network={"egress_addresses": ["10.0.0.7/32"]})
    assert values["networkPolicy"]["egress"]["namespaces"] == ["storage"]


def test_with_external_secrets_the_operator_may_read_what_is_copied_and_nothing_else() -> None:
    values = {key: value for key, value in runpy.run_path(str(EXTERNAL)).items() if key[0] != "_"}
    data = {key: value for key, value in runpy.run_path(str(SETTINGS)).items() if key[0] != "_"}
    rendered = files(Settings.load({**data, **values}, Sources()))
    objects = [
        obj
        for path, content in rendered.items()
        if path.startswith(f"{APPS}/secrets/app/")
        for obj in yaml.safe_load_all(content)
        if obj
    ]
    by_kind = {obj["kind"]: obj for obj in objects}
    copied = {o["metadata"]["name"]: o for o in objects if o["kind"] == "ExternalSecret"}
    assert copied.keys() == {"hive-metastore-database", "lakehouse-s3"}
    [rule] = by_kind["Role"]["rules"]
    assert (rule["resources"], rule["verbs"]) == (["secrets"], ["get"])
    assert set(rule["resourceNames"]) == copied.keys()
    assert by_kind["Role"]["metadata"]["namespace"] == "kept"
    store = by_kind["SecretStore"]
    assert store["spec"]["provider"]["kubernetes"]["remoteNamespace"] == "kept"
    for name, secret in copied.items():
        assert secret["metadata"]["namespace"] == store["metadata"]["namespace"] == "data-platform"
        assert secret["spec"]["target"]["name"] == name
        assert {entry["remoteRef"]["key"] for entry in secret["spec"]["data"]} == {name}
    # What pods are told to read is the copy.
    release = yaml.safe_load(rendered[VALUES])
    assert {release["database"]["secret"]["name"], release["s3"]["secret"]} == copied.keys()
    depends = yaml.safe_load(rendered[f"{APPS}/hive-metastore/ks.yaml"])["spec"]["dependsOn"]
    assert depends == [{"name": "data-platform-secrets"}]


def test_without_external_secrets_nothing_of_it_is_rendered() -> None:
    assert not [path for path in files(settings()) if "/secrets/" in path]
