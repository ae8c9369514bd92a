"""What is rendered into the homelab repo for Trino."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from lakestead.errors import LakesteadError
from lakestead.trino import release
from tasks.trino import APPS, CHART, files
from tests.unit.trino.test_secrets import settings

VALUES = "kubernetes/charts/trino/values.yaml"


def values(**trino: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(files(settings(**trino))[VALUES])
    return found


def test_the_chart_knows_every_value_that_the_release_sets() -> None:
    schema = json.loads((CHART / "values.schema.json").read_text())
    defaults = yaml.safe_load((CHART / "values.yaml").read_text())
    network = {"namespaces": ["airflow"], "egress_addresses": ["10.0.0.7/32"]}
    set_here = values(service_address="10.96.0.25", network=network, priority_class="platform")
    assert list(unknown(set_here, schema)) == []
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


def test_the_release_takes_its_values_from_the_settings() -> None:
    given = values(
        properties={"query.max-run-time": "1h", "protocol.v1.alternate-header-name": True}
    )
    wanted = settings()
    assert given["server"]["workers"] == 2
    assert given["server"]["config"]["query"] == {"maxMemory": "1688MB"}
    assert given["worker"]["jvm"]["maxHeapSize"] == "1408M"
    assert given["worker"]["resources"]["limits"] == {
        "memory": wanted.allocations["trino-worker"].memory
    }
    assert given["additionalConfigProperties"] == [
        "internal-communication.shared-secret=${ENV:TRINO_SHARED_SECRET}",
        "query.max-run-time=1h",
        "protocol.v1.alternate-header-name=true",
    ]


def test_the_catalog_is_the_metastores_and_keys_come_from_the_environment() -> None:
    lakehouse = values(catalog_properties={"iceberg.unique-table-location": False})["catalogs"][
        "lakehouse"
    ]
    lines = dict(line.split("=", 1) for line in lakehouse.splitlines())
    assert lines["hive.metastore.uri"] == "thrift://hive-metastore.data-platform.svc:9083"
    assert lines["s3.endpoint"] == "http://rgw.storage.svc:80"
    assert lines["s3.aws-secret-key"] == "${ENV:AWS_SECRET_ACCESS_KEY}"
    assert lines["iceberg.unique-table-location"] == "false"


def test_tpch_is_a_catalog_only_where_its_tables_are_asked_for() -> None:
    assert values()["catalogs"].keys() == {"lakehouse", "tpch"}
    assert values(tpch=None)["catalogs"].keys() == {"lakehouse"}


def test_users_wait_for_one_another_and_lakesteads_checks_for_nobody() -> None:
    groups = json.loads(
        release.resource_groups(settings(queries={"concurrent": 3, "concurrent_per_user": 2}))
    )
    users, own = groups["rootGroups"]
    assert (users["hardConcurrencyLimit"], users["subGroups"][0]["hardConcurrencyLimit"]) == (3, 2)
    assert groups["selectors"] == [
        {"user": "lakestead", "group": own["name"]},
        {"group": "users.${USER}"},
    ]


def test_only_servers_may_change_a_servers_state() -> None:
    rules = json.loads(release.rules(settings()))
    writers = [r["user"] for r in rules["system_information"] if "write" in r["allow"]]
    assert writers == ["<internal>"]


def test_a_network_policy_lets_out_what_is_needed() -> None:
    network = {"addresses": ["10.0.0.0/24"]}
    egress = values(network=network)["networkPolicy"]["egress"]
    assert egress["namespaces"] == ["data-platform", "storage"]
    outside = settings(network=network)
    store = outside.object_storage.model_copy(update={"cluster_endpoint": "https://s3.example"})
    with pytest.raises(LakesteadError, match=r"s3\.example is no Service"):
        files(outside.model_copy(update={"object_storage": store}))


def test_no_secret_is_rendered() -> None:
    for path, content in files(settings("external_secrets")).items():
        assert b"stringData" not in content, path


def test_with_external_secrets_the_stores_reader_may_read_trinos_too() -> None:
    rendered = files(settings("external_secrets"))
    objects = list(yaml.safe_load_all(rendered[f"{APPS}/trino/secrets/externalsecrets.yaml"]))
    copied = {o["metadata"]["name"] for o in objects if o["kind"] == "ExternalSecret"}
    [role] = [o for o in objects if o["kind"] == "Role"]
    assert set(role["rules"][0]["resourceNames"]) == copied
    assert role["metadata"]["namespace"] == "kept"
    first, second = yaml.safe_load_all(rendered[f"{APPS}/trino/ks.yaml"])
    assert first["spec"]["dependsOn"] == [{"name": "data-platform-secrets"}]
    assert {"name": "trino-secrets"} in second["spec"]["dependsOn"]
    assert not [path for path in files(settings()) if "/secrets/" in path]
