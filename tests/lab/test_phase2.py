"""Phase 2 on the lab: jobs from raw files to a table, run again, and run while something is wrong."""

from __future__ import annotations

import runpy
from collections.abc import Callable

import pytest

from lakestead.kube.client import Api, ObjectRef
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings import Settings
from lakestead.settings.source import Sources
from lakestead.spark.application import Job, reference
from lakestead.spark.follow import Outcome, delete, follow, pods, submit
from lakestead.spark.sample import jobs
from lakestead.spark.table import Looked, look
from tests.lab.conftest import PROJECT, Lab
from tests.lab.test_phase1 import audit_position, said, writes_since

PHASE = "deploys/phase2.py"


@pytest.fixture(scope="module")
def settings(lab: Lab) -> Settings:
    """The lab's."""
    data = runpy.run_path(str(PROJECT / "group_data/lab.py"))
    return Settings.load(
        {name: data[name] for name in Settings.model_fields if name in data}, Sources()
    )


@pytest.fixture(scope="module", autouse=True)
def _run(lab: Lab) -> None:
    """Both phases have been applied, to a homelab that has an Airflow."""
    assert lab.lakestead("lab", "add", "airflow").returncode == 0
    for deploy in ("deploys/phase1.py", PHASE):
        done = lab.pyinfra(deploy, "-y", timeout=1800)
        assert done.returncode == 0, said(done)[-6000:]


@pytest.fixture
def table(api: Api, settings: Settings) -> Callable[[], Looked]:
    """Looks at the sample's table, as a client that is not Spark."""
    key = user_secret(settings.object_storage.user.secret).read(api)
    assert key is not None
    return lambda: look(settings, key)


def test_the_second_run_changes_nothing(lab: Lab, table: Callable[[], Looked]) -> None:
    assert table() == Looked(1050, 0)
    before = audit_position()
    done = lab.pyinfra(PHASE, "-y")
    assert done.returncode == 0, said(done)[-6000:]
    assert writes_since(before) == []


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
