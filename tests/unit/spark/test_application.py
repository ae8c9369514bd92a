"""A job as the Spark Operator gets it."""

from __future__ import annotations

import json

from lakestead.settings import Settings
from lakestead.spark.application import FINGERPRINT, Job, application
from lakestead.spark.follow import same
from lakestead.spark.sample import jobs

JOB = Job("ingest", "ingest.py", ("--table", "sample.orders"))


def test_pods_ask_for_what_the_settings_say(settings: Settings) -> None:
    spec = application(settings, JOB)["spec"]
    driver, executor = spec["driver"], spec["executor"]
    assert (driver["coreRequest"], driver["memory"], driver["memoryOverhead"]) == (
        "500m", "2048m", "1024m",
    )  # fmt: skip
    assert (executor["instances"], executor["cores"], executor["memory"]) == (2, 2, "6144m")


def test_the_key_is_referred_to_and_nowhere_written(settings: Settings) -> None:
    spec = application(settings, JOB)["spec"]
    for part, container in (
        ("driver", "spark-kubernetes-driver"),
        ("executor", "spark-kubernetes-executor"),
    ):
        [first] = spec[part]["template"]["spec"]["containers"]
        assert first["name"] == container
        secrets = {
            env["name"]: env.get("valueFrom") for env in first["env"] if "SECRET" in env["name"]
        }
        reference = {"name": "lakehouse-s3", "key": "AWS_SECRET_ACCESS_KEY"}
        assert secrets == {"AWS_SECRET_ACCESS_KEY": {"secretKeyRef": reference}}
    assert not [name for name in spec["sparkConf"] if "secret" in name or "access.key" in name]


def test_a_catalog_elsewhere(settings: Settings) -> None:
    assert settings.spark is not None
    conf = application(settings, JOB)["spec"]["sparkConf"]
    uri = "spark.sql.catalog.lakehouse.uri"
    assert conf[uri] == "thrift://hive-metastore.data-platform.svc.cluster.local:9083"
    spark = settings.spark.model_copy(update={"metastore": "thrift://other:9083"})
    changed = settings.model_copy(update={"spark": spark})
    assert application(changed, JOB)["spec"]["sparkConf"][uri] == "thrift://other:9083"


def test_the_users_configuration_wins(settings: Settings) -> None:
    assert settings.spark is not None
    own = {"spark.sql.defaultCatalog": "other", "spark.sql.ansi.enabled": True}
    spark = settings.spark.model_copy(update={"configuration": own})
    conf = application(settings.model_copy(update={"spark": spark}), JOB)["spec"]["sparkConf"]
    assert (conf["spark.sql.defaultCatalog"], conf["spark.sql.ansi.enabled"]) == ("other", "true")


def test_another_argument_is_another_job(settings: Settings) -> None:
    made = application(settings, JOB)
    assert same(json.loads(json.dumps(made)), application(settings, JOB))
    assert not same(made, application(settings, Job("ingest", "ingest.py", ("--table", "x.y"))))
    going = {**made, "metadata": {**made["metadata"], "deletionTimestamp": "2026-11-21T22:00:00Z"}}
    assert not same(going, made)
    assert not same({**made, "metadata": {"name": "ingest"}}, made)
    assert FINGERPRINT in made["metadata"]["annotations"]


def test_the_sample_jobs_name_scripts_that_are_there(settings: Settings) -> None:
    from tasks.spark import JOBS

    assert [job.name for job in jobs(settings)] == ["ingest", "merge", "compact"]
    assert all((JOBS / job.script).is_file() for job in jobs(settings))
