"""The shortcut's "unchanged" against the server's own dry run.

A few hundred cases by default; ``make oracle`` asks for all: $ORACLE_CASES, $ORACLE_SEED.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable

import pytest

from lakestead.kube.client import Api, ApiError
from tests.oracle import corpus, sources
from tests.oracle.corpus import Base
from tests.oracle.scenario import NEXTS, run
from tests.oracle.tally import Tally

CASES = int(os.environ.get("ORACLE_CASES", "0"))
full = pytest.mark.skipif(not CASES, reason="all of the corpus: make oracle")


def test_kinds_of_kubernetes(api: Api, own_definitions: None, tally: Tally) -> None:
    _ask(api, list(corpus.by_hand()), CASES * 0.5 or 400, tally)


@full
def test_custom_resources(api: Api, definitions: list[sources.Object], tally: Tally) -> None:
    _ask(api, _accepted(api, corpus.custom_resources(definitions)), CASES * 0.38, tally)


@full
def test_definitions(api: Api, tally: Tally) -> None:
    _ask(api, list(corpus.definitions(sources.definitions())), CASES * 0.02, tally)


@full
def test_charts(api: Api, tally: Tally) -> None:
    _ask(api, list(corpus.charts()), CASES * 0.1, tally)


def _ask(api: Api, bases: list[Base], cases: float, tally: Tally) -> None:
    """Ask about so many cases; a full run goes through each kind, by how many bases it has."""
    groups = defaultdict(list)
    for number, base in enumerate(bases):
        groups[base.kind if CASES else str(number % 12)].append(base)
    found = []
    for group in groups.values():
        scenarios = max(5, round(cases / NEXTS * len(group) / len(bases)))
        try:
            run(api, group, scenarios, tally)
        except AssertionError as error:
            found.append(str(error))
    assert not found, "\n".join(found)


def _accepted(api: Api, bases: Iterable[Base]) -> list[Base]:
    """Those that the server takes, a few for each kind."""
    kinds = defaultdict(list)
    for base in bases:
        enough = len(kinds[base.kind]) >= corpus.RESOURCES
        if enough:
            continue
        try:
            api.apply(base.manifest, dry_run=True)
        except ApiError:
            continue
        kinds[base.kind].append(base)
    missing = [kind for kind, of_kind in kinds.items() if not of_kind]
    assert not missing, f"the server takes no example of {missing}"
    return [base for of_kind in kinds.values() for base in of_kind]
