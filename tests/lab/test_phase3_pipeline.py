"""Objective 3.3 on the lab: the whole way, again, and with a failure in the middle of a job."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lakestead.airflow.client import Client, Run
from lakestead.airflow.dags import DAG
from lakestead.airflow.follow import follow
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.operations.airflow import signed_in
from lakestead.pipeline.asked import asked
from lakestead.pipeline.data import DRILL, deliveries
from lakestead.pipeline.look import Looked
from lakestead.s3.client import S3
from lakestead.s3.session import user_s3
from lakestead.settings import Settings
from lakestead.trino.client import TrinoError, connected, rows
from lakestead.trino.secrets import known_login
from tests.lab.conftest import Lab, said
from tests.lab.test_phase1 import audit_position, writes_since

PHASE = "deploys/phase3.py"
OBJECTIVE = "deploys/objectives/pipeline.py"
FILES, ROWS = 5, 300_000


@pytest.fixture(scope="module", autouse=True)
def _run(lab: Lab) -> None:
    """All phases have been applied."""
    lab.apply(1, 2, 3)


@pytest.fixture
def client(lab: Lab, settings: Settings) -> Client:
    return signed_in(lab.api(), settings)


@pytest.fixture
def s3(api: Api, settings: Settings) -> S3:
    found = user_s3(api, settings.object_storage)
    assert found is not None
    return found[0]


def mine(client: Client) -> list[Run]:
    """The objective's runs of the DAG, newest first."""
    return [run for run in client.runs(DAG) if run.id.startswith("lakestead-pipeline-")]


def test_a_second_run_changes_nothing(
    lab: Lab, api: Api, client: Client, settings: Settings
) -> None:
    runs, before = mine(client), asked(api, settings)
    position = audit_position()
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert writes_since(position) == []
    assert mine(client) == runs
    assert asked(api, settings) == before


def test_a_job_that_fails_in_the_middle_leaves_nothing_and_is_corrected(
    lab: Lab, api: Api, client: Client, settings: Settings
) -> None:
    before, _ = asked(api, settings)
    [delivery] = deliveries(DRILL)
    assert not before.has(delivery)
    done = lab.pyinfra(OBJECTIVE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    # What is said of the failure: compared before the file was corrected.
    told = said(done)
    snapshot, count = before.snapshots["targets"], len(before.rows["targets"])
    assert f"table targets is still at snapshot {snapshot}, with {count} rows" in told
    assert "that no snapshot has: 1" in told
    after, _ = asked(api, settings)
    assert len(after.rows["targets"]) == count + sum(map(len, delivery.files.values()))
    assert after.rows["observations"] == before.rows["observations"]
    assert [run.state for run in mine(client)[:2]] == ["success", "failed"]
    again = lab.pyinfra(OBJECTIVE, "-y")
    assert again.returncode == 0, said(again)[-6000:]
    assert len(mine(client)) == 5


@pytest.fixture
def parameters(s3: S3, settings: Settings) -> Iterator[dict[str, str]]:
    """Of a run that makes a table of large files: three tasks, each some seconds, one after the other."""
    assert settings.spark is not None
    keys = [f"raw/test/killed/{number}.csv" for number in range(FILES)]
    for number, key in enumerate(keys):
        first = number * ROWS
        lines = [f"{first + row},what is in row {row} of file {number}" for row in range(ROWS)]
        s3.call("PutObject", Bucket="lakehouse", Key=key, Body="\n".join(["id,text", *lines]))
    yield {
        "folder": "s3a://lakehouse/raw/test/killed",
        "table": f"{settings.spark.sample}.killed",
        "columns": "id BIGINT, text STRING",
        "partition": "none",
    }
    for key in keys:
        s3.call("DeleteObject", Bucket="lakehouse", Key=key)


@pytest.mark.slow
def test_a_driver_killed_while_data_are_written_leaves_no_table(
    lab: Lab, api: Api, client: Client, s3: S3, settings: Settings, parameters: dict[str, str]
) -> None:
    assert settings.trino is not None
    url = settings.trino.url
    where = f"{settings.trino.catalog}.{parameters['table']}"
    before: Looked = asked(api, settings)[0]
    run = client.trigger(DAG, f"test-killed-{time.time():.0f}", parameters)
    deadline = time.monotonic() + 300
    while not written(s3):
        assert time.monotonic() < deadline
        assert not (client.run(DAG, run.id) or run).ended
        time.sleep(0.2)
    driver = ("--selector", f"spark-role=driver,run_id={run.id}", "--namespace", "spark")
    kill = ("delete", "pod", *driver, "--force", "--grace-period=0")
    assert lab.lakestead("lab", "kubectl", *kill).returncode == 0
    with pytest.raises(LakesteadError, match="failed in task ingest"):
        follow(api, client, settings, DAG, run, print)
    left = written(s3)
    assert left
    with connected(url, known_login(api, settings)) as trino:
        with pytest.raises(TrinoError, match="does not exist"):
            rows(trino, f"SELECT * FROM {where}", url)
        assert asked(api, settings)[0] == before
        again = client.trigger(DAG, f"{run.id}-again", parameters)
        follow(api, client, settings, DAG, again, print)
        assert rows(trino, f"SELECT count(*), sum(id) FROM {where}", url) == [
            (FILES * ROWS, FILES * ROWS * (FILES * ROWS - 1) // 2)
        ]
        assert len(left) < len(set(written(s3)) - set(left))
        rows(trino, f"DROP TABLE {where}", url)


def written(s3: S3) -> list[str]:
    """Data files of the table, whoever refers to them."""
    found = s3.pages("ListObjectsV2", Bucket="lakehouse", Prefix="warehouse/sample.db/killed/data/")
    return [item["Key"] for page in found for item in page.get("Contents", [])]
