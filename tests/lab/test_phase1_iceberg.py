"""Iceberg on the lab's metastore and gateway: finished where it was left, once, and not over others' tables."""

from __future__ import annotations

import json
import runpy
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.iceberg.catalog import connect
from lakestead.iceberg.failures import explained
from lakestead.iceberg.proof import Proof
from lakestead.kube.client import Api
from lakestead.plan.iceberg import Found, missing
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.key_secrets import user_secret
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage

if TYPE_CHECKING:
    from pyiceberg.catalog.hive import HiveCatalog

PROJECT = Path(__file__).parents[2]
STEPS = missing(Found())

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def data(lab: Any) -> dict[str, Any]:
    """The lab's group data."""
    return runpy.run_path(str(PROJECT / "group_data/lab.py"))


@pytest.fixture(scope="module")
def run(lab: Any, data: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run Iceberg's task alone on a table; phase 1 has been applied before."""
    done = lab.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, done.stderr[-6000:]
    deploy = tmp_path_factory.mktemp("deploy") / "iceberg.py"
    deploy.write_text("from tasks import iceberg\n\niceberg.deploy()\n")

    def pyinfra(table: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        changed = json.dumps({**data["iceberg"], "table": table})
        answer: subprocess.CompletedProcess[str] = lab.pyinfra(
            str(deploy), *(arguments or ("-y",)), "--data", f"iceberg={changed}"
        )
        return answer

    return pyinfra


@pytest.fixture
def catalog(run: Run, api: Api, data: dict[str, Any]) -> HiveCatalog:
    s3 = ObjectStorage.model_validate(data["object_storage"])
    key = user_secret(s3.user.secret).read(api)
    assert key is not None
    return connect(Iceberg.model_validate(data["iceberg"]), s3, key)


@pytest.fixture
def proof(catalog: HiveCatalog, data: dict[str, Any]) -> Iterator[Proof]:
    """A table of the test's own, not made yet."""
    namespace = data["iceberg"]["namespace"]
    if catalog.table_exists(f"{namespace}.scratch"):
        catalog.drop_table(f"{namespace}.scratch")
    yield Proof(catalog, namespace, "scratch", data["iceberg"]["warehouse"])
    if catalog.table_exists(f"{namespace}.scratch"):
        catalog.drop_table(f"{namespace}.scratch")


@pytest.mark.parametrize("left", range(4), ids=["nothing", "one", "two", "all"])
def test_what_a_killed_run_left_is_finished_and_then_read_only(
    run: Run, proof: Proof, left: int
) -> None:
    for step in STEPS[1:][:left]:  # the namespace is there
        proof.do(step)
    dry = run("scratch", "--dry")
    assert dry.stderr.count("+ create") == 3 - left
    assert missing(proof.look()) == STEPS[1:][left:]
    done = run("scratch")
    assert done.returncode == 0, done.stderr
    table = proof.catalog.load_table(proof.name)
    assert len(table.snapshots()) == 2
    again = run("scratch")
    assert again.returncode == 0
    assert "No changes" in again.stderr
    assert proof.catalog.load_table(proof.name).metadata_location == table.metadata_location


def test_two_runs_at_once_append_each_row_once(
    run: Run, proof: Proof, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKESTEAD_LOCK_WAIT", "120")
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(run, ["scratch"] * 2))
    assert [answer.returncode for answer in answers] == [0, 0], [a.stderr for a in answers]
    table = proof.catalog.load_table(proof.name)
    assert len(table.snapshots()) == 2
    assert table.scan().to_arrow().num_rows == 5


def test_rows_that_somebody_appends_do_no_harm(run: Run, proof: Proof) -> None:
    assert run("scratch").returncode == 0
    table = proof.catalog.load_table(proof.name)
    table.append(table.scan().to_arrow())
    done = run("scratch")
    assert done.returncode == 0, done.stderr
    assert "No changes" in done.stderr


def test_a_table_of_somebody_else_is_refused(run: Run, proof: Proof) -> None:
    import pyarrow as pa

    proof.catalog.create_table(proof.name, schema=pa.schema([("x", pa.int64())]))
    done = run("scratch")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "is there and was not made by Lakestead" in done.stderr
    assert proof.catalog.load_table(proof.name).snapshots() == []


def test_other_content_is_an_error(run: Run, proof: Proof, monkeypatch: Any) -> None:
    assert run("scratch").returncode == 0
    rows = {step: list(rows) for step, rows in _rows().items()}
    rows["second append"][0] = {**rows["second append"][0], "telescope": "Galileo"}
    monkeypatch.setattr("lakestead.iceberg.proof.ROWS", rows)
    with pytest.raises(LakesteadError, match="reads back something else") as caught:
        proof.verify()
    assert "Hubble" in str(caught.value)
    assert "Galileo" in str(caught.value)


def _rows() -> dict[Any, list[dict[str, Any]]]:
    from lakestead.iceberg.proof import ROWS

    return ROWS


REFUSALS = {
    "the gateway refuses the key": {"key": Credentials("AKIANOBODY", "nothing")},
    "the gateway does not answer": {"s3": {"endpoint": "http://10.234.0.20:81"}},
    "the Hive Metastore does not answer": {"iceberg": {"thrift": "thrift://10.234.0.24:9084"}},
}


@pytest.mark.parametrize("says", REFUSALS)
def test_a_refusal_is_one_message(run: Run, api: Api, data: dict[str, Any], says: str) -> None:
    changed = REFUSALS[says]
    iceberg = Iceberg.model_validate({**data["iceberg"], **changed.get("iceberg", {})})
    s3 = ObjectStorage.model_validate({**data["object_storage"], **changed.get("s3", {})})
    key = changed.get("key") or user_secret(s3.user.secret).read(api)
    proof = Proof(connect(iceberg, s3, key), iceberg.namespace, iceberg.table, iceberg.warehouse)
    with pytest.raises(LakesteadError, match=says), explained("read it", iceberg, s3):
        proof.look()
