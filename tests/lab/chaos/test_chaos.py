"""The quickest faults; all of them: ``make chaos``, what they showed: docs/reliability.md."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.lab.chaos.__main__ import prepare
from tests.lab.chaos.chaos import Maker, judge
from tests.lab.chaos.faults import FAULTS
from tests.lab.chaos.scene import Ended, Scene
from tests.lab.conftest import Lab, environment

QUICK = ("two-operators", "git-secret-deleted")
BY_NAME = {fault.name: fault for fault in FAULTS}


@pytest.fixture(scope="module")
def maker(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Maker]:
    """On the lab after phase 1."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", environment(lab.folder)["PATH"])  # as the lab was brought up with
        scene = Scene(tmp_path_factory.mktemp("chaos"))
        prepare(scene)
        yield Maker(scene, print)
        scene.close()


@pytest.mark.parametrize("name", QUICK)
def test_nothing_is_lost_and_it_gets_well(maker: Maker, name: str) -> None:
    results = maker.make(BY_NAME[name])
    assert [result.phase for result in results]
    assert [wrong for result in results for wrong in result.wrong] == []


@pytest.mark.parametrize(
    ("met", "wrong"),
    [
        (Ended(1, "etcd is away", "etcd is away", 1), []),
        (Ended(1, "x", "Traceback (most recent call last)\nx etcd", 1), ["a traceback"]),
        (Ended(1, "", "etcd", 1), ["it said nothing: etcd"]),
        (Ended(1, "x", "x", 1), ["its message lacks 'etcd': x"]),
        (Ended(130, "etcd", "etcd", 9, hung=True), ["it hung: ended after 120 s"]),
    ],
)
def test_a_bad_end_is_seen(met: Ended, wrong: list[str]) -> None:
    fault = replace(BY_NAME["etcd-killed"], says="etcd", codes=(1, 130))
    assert judge(fault, met) == wrong
