"""What Airflow gets: a job as a template of its own, and a version that all of it decides about."""

from __future__ import annotations

import json

import jinja2
import pytest
import yaml

from lakestead.airflow.dags import additions, files, fingerprint, parameters
from lakestead.gitops.list_items import with_items
from lakestead.lab.homelab import files as homelab
from lakestead.settings import Settings
from lakestead.spark.application import application
from lakestead.spark.sample import jobs


def changed(settings: Settings, section: str, **keys: object) -> Settings:
    return settings.model_copy(update={section: getattr(settings, section).model_copy(update=keys)})


def test_the_job_is_the_sample_ingest_with_the_runs_parameters(settings: Settings) -> None:
    settings = changed(settings, "spark", configuration={"spark.x": "{{APP_ID}} {%a #} {#b"})
    params = parameters(settings) | {"folder": 's3a://b/it\'s "raw" & {{more}}'}
    rendered = jinja2.Environment().from_string(files(settings)["ingest.yaml"])
    made = yaml.safe_load(rendered.render(params=params))
    expected = application(settings, jobs(settings)[0])

    assert made["spec"]["arguments"][1] == params["folder"]
    assert made["spec"]["arguments"][2:] == expected["spec"]["arguments"][2:]
    assert made["spec"]["sparkConf"]["spark.x"] == "{{APP_ID}} {%a #} {#b"
    assert made["spec"]["restartPolicy"] == {"type": "Never"}
    own = ("arguments", "restartPolicy", "timeToLiveSeconds")
    for spec in (made["spec"], expected["spec"]):
        for key in own:
            spec.pop(key, None)
    assert made["spec"] == expected["spec"]


@pytest.mark.parametrize(
    ("section", "keys"),
    [("spark", {"image": "x:2"}), ("airflow", {"retries": 7}), ("spark", {"raw": "s3a://b/c"})],
)
def test_the_version_is_another_where_anything_is(
    settings: Settings, section: str, keys: dict[str, object]
) -> None:
    told = json.loads(files(settings)["lakestead.json"])
    assert told["fingerprint"] == fingerprint(settings)
    assert fingerprint(changed(settings, section, **keys)) != fingerprint(settings)
    assert fingerprint(changed(settings, "airflow", timeout=1)) == fingerprint(settings)


def test_the_release_gets_three_items_and_keeps_every_byte(settings: Settings) -> None:
    path = settings.airflow.file if settings.airflow else ""
    before = homelab("airflow")[path].decode()
    after = with_items(before.encode(), additions(settings), path).decode()
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert [line.strip() for line in added] == [
        "- {name: AIRFLOW_CONN_LAKESTEAD_SPARK, value: 'kubernetes://?in_cluster=True&namespace=spark'}",
        "volumes:",
        "- {name: lakestead-dags, configMap: {name: lakestead-dags}}",
        "volumeMounts:",
        "- {name: lakestead-dags, mountPath: /opt/airflow/dags/lakestead, readOnly: true}",
    ]
    kept = [line for line in after.splitlines(keepends=True) if line.rstrip("\n") not in added]
    assert "".join(kept) == before
