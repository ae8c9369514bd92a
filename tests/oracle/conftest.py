"""One API server for the oracle, and the table of what was asked at the end."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.kube.client import Api
from tests.api_server import ApiServer
from tests.oracle import corpus, sources
from tests.oracle.server import install
from tests.oracle.tally import Tally

TALLY = pytest.StashKey[Tally]()


@pytest.fixture(scope="session")
def api() -> Iterator[Api]:
    """A server of the oracle's own, so that other tests' objects are not in its lists."""
    with ApiServer.running() as server:
        api = Api.from_kubeconfig(str(server.kubeconfig))
        for name in ("oracle", "oracle-other"):
            api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield api


@pytest.fixture(scope="session")
def own_definitions(api: Api) -> None:
    """Definitions of our own are served."""
    install(api, corpus.awkward_definitions())


@pytest.fixture(scope="session")
def definitions(api: Api) -> list[sources.Object]:
    """Other projects' definitions, served."""
    found = sources.definitions()
    install(api, found)
    return found


@pytest.fixture(scope="session")
def tally(pytestconfig: pytest.Config) -> Tally:
    """Counts; the seed is $ORACLE_SEED, or always the same."""
    tally = Tally(seed=int(os.environ.get("ORACLE_SEED", "1")))
    pytestconfig.stash[TALLY] = tally
    return tally


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    tally = config.stash.get(TALLY, None)
    if tally is not None and tally.cases:
        terminalreporter.section("oracle")
        terminalreporter.write_line(str(tally))
        if "ORACLE_RESULTS" in os.environ:
            tally.write(Path(os.environ["ORACLE_RESULTS"]))
