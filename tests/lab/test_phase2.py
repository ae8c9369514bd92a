"""Phase 2 on the lab: jobs from raw files to a table, run again, and run while something is wrong."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.spark.application import Job, reference
from lakestead.spark.follow import Outcome, delete, follow, pods, submit
from lakestead.spark.sample import jobs
from lakestead.spark.table import Looked, look
from tests.lab.conftest import PROJECT, Lab, said
from tests.lab.test_phase1 import audit_position, writes_since

PHASE = "deploys/phase2.py"


@pytest.fixture(scope="module", autouse=True)
def _run(lab: Lab) -> None:
    """Both phases have been applied, to a homelab that has an Airflow."""
    lab.apply(1, 2)


@pytest.fixture
def table(api: Api, settings: Settings) -> Callable[[], Looked]:
    """Looks at the sample's table, as a client that is not Spark."""
    key = user_secret(settings.object_storage.user.secret).read(api)
    assert key is not None
    return lambda: look(settings, key)


@pytest.fixture
def run(api: Api, settings: Settings) -> Iterator[Callable[..., Outcome]]:
    """Runs a job as a test's own, with some of the section spark changed."""
    made: list[ObjectRef] = []

    def one(job: Job, s3: dict[str, Any] | None = None, **changed: Any) -> Outcome:
        own = Job(f"test-{job.name}", job.script, job.arguments)
        assert settings.spark is not None
        spark = settings.spark.model_copy(update={"retries": 0, **changed})
        storage = settings.object_storage.model_copy(update=s3 or {})
        altered = settings.model_copy(update={"spark": spark, "object_storage": storage})
        ref = reference(settings, own.name)
        made.append(ref)
        return follow(api, altered, submit(api, altered, own, print), print)

    yield one
    for ref in made:
        delete(api, ref)


def test_the_second_run_changes_nothing(lab: Lab, table: Callable[[], Looked]) -> None:
    assert table() == Looked(1050, 0)
    before = audit_position()
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert writes_since(before) == []


def test_a_chart_value_that_does_not_exist_is_refused(lab: Lab) -> None:
    spark = runpy.run_path(str(PROJECT / "group_data/lab.py"))["spark"]
    spark["operator"]["values"] = {"controler": {"workers": 2}}
    before = audit_position()
    done = lab.pyinfra(PHASE, "-y", "--data", f"spark={json.dumps(spark)}")
    assert done.returncode == 1
    assert "controler (is it controller?)" in said(done)
    assert "Traceback" not in said(done)
    assert writes_since(before) == []


@pytest.mark.slow
def test_a_file_is_not_taken_twice_and_a_merge_not_done_twice(
    run: Callable[..., Outcome], settings: Settings, table: Callable[[], Looked]
) -> None:
    ingest, merge, _ = jobs(settings)
    assert run(ingest).result["files"] == 0
    told = run(merge).result
    assert (told["updated"], told["inserted"]) == (0, 0)
    assert table().right


def test_a_driver_without_memory_says_so(
    run: Callable[..., Outcome], settings: Settings, table: Callable[[], Looked]
) -> None:
    assert settings.spark is not None
    spark = settings.spark
    short = spark.driver.model_copy(update={"overhead": type(spark.driver.overhead)("8Mi")})
    # The heap is taken at once, and what is beside it does not fit any more.
    greedy = {"spark.driver.defaultJavaOptions": "-Xms512m -XX:+AlwaysPreTouch"}
    with pytest.raises(LakesteadError, match="the driver had not enough memory"):
        run(jobs(settings)[0], driver=short, configuration={**spark.configuration, **greedy})
    assert table().right


def test_a_wrong_key_says_so(
    api: Api, run: Callable[..., Outcome], settings: Settings, table: Callable[[], Looked]
) -> None:
    assert settings.spark is not None
    wrong = f"{settings.spark.namespace}/wrong-s3"
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "wrong-s3", "namespace": settings.spark.namespace},
        "stringData": {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing"},
    }
    api.apply(secret)
    user = settings.object_storage.user.model_copy(update={"secret": wrong})
    with pytest.raises(LakesteadError, match="the gateway refuses the key"):
        run(jobs(settings)[0], s3={"user": user})
    api.delete(ObjectRef.of(secret))
    assert table().right


@pytest.mark.slow
def test_a_driver_that_is_killed_is_run_again(
    api: Api, run: Callable[..., Outcome], settings: Settings, table: Callable[[], Looked]
) -> None:
    job = jobs(settings)[2]
    ref = reference(settings, f"test-{job.name}")
    killed: list[str] = []

    def kill(line: str) -> None:
        if "running" in line and not killed:
            [driver] = [pod for pod in pods(api, ref) if "driver" in pod["metadata"]["name"]]
            killed.append(driver["metadata"]["uid"])
            api.delete(ObjectRef("v1", "Pod", driver["metadata"]["name"], ref.namespace))

    own = Job(ref.name, job.script, job.arguments)
    try:
        submit(api, settings, own, print)
        outcome = follow(api, settings, ref, kill)
        assert killed
        assert any("attempt 2" in stage for stage, _ in outcome.stages)
    finally:
        delete(api, ref)
    assert table().right
