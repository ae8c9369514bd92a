"""What clients of the metastore notice of a rollout, of a drain and of a crash; `make availability` has more."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from bench.availability.events import METASTORE, drain, exposed, kill, pods, rollout, scraped
from bench.availability.watch import Measured, clients
from lakestead.kube.client import Api
from tests.lab.conftest import PROJECT, Lab


@pytest.fixture(scope="module", autouse=True)
def _applied(lab: Lab) -> None:
    done = lab.pyinfra("deploys/phase1.py", "-y")
    assert done.returncode == 0, done.stderr[-6000:]


def noticed(api: Api, happens: Callable[[Api], None]) -> Measured:
    """What a client with a new connection for each request was answered meanwhile."""
    with clients(("new",)) as watched:
        since = time.time()
        happens(api)
        watched.until_fine(time.time())
        until = time.time()
    [measured] = watched.measured(since, until)
    assert measured.asked >= 40
    return measured


@pytest.mark.parametrize("happens", [rollout, drain])
def test_what_is_planned_refuses_and_cuts_no_request(
    api: Api, happens: Callable[[Api], None]
) -> None:
    """Answers that are too late are not counted here: two cores that start Java are slow at times."""
    before = {pod["metadata"]["uid"] for pod in pods(api, METASTORE)}
    measured = noticed(api, happens)
    assert before.isdisjoint(pod["metadata"]["uid"] for pod in pods(api, METASTORE))
    assert measured.failed - measured.late == 0, measured


def test_a_crash_is_over_in_seconds(api: Api) -> None:
    measured = noticed(api, kill(METASTORE, "java"))
    assert measured.gap < 10, measured
    assert measured.share < 50, measured


def test_metrics_count_what_the_server_did(api: Api) -> None:
    """Scraped as Prometheus does it, from every pod."""
    asked = 'hive_metastore_api_calls_total{method="get_table"}'
    before = sum(scraped(api, asked).values())
    measured = noticed(api, lambda api: None)
    good = measured.asked - measured.failed
    assert sum(scraped(api, asked).values()) >= before + good
    assert len(scraped(api, "hive_metastore_open_connections")) == 2
    assert all(heap > 0 for heap in scraped(api, 'jvm_memory_used_bytes{area="heap"}').values())


def test_alerts_and_dashboard_ask_for_metrics_that_are_there(api: Api) -> None:
    chart = PROJECT / "charts/hive-metastore"
    asked = (chart / "templates/prometheusrule.yaml").read_text()
    asked += (chart / "files/dashboard.json").read_text()
    wanted = set(re.findall(r"\b(?:hive_metastore|jvm|process)_[a-z_]+", asked))
    for pod in pods(api, METASTORE):
        served = {re.split(r"[{ ]", line)[0] for line in exposed(pod)}
        assert wanted - served == set(), pod["metadata"]["name"]
