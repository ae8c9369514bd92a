"""One scenario: a manifest is applied, others write to the object, and several next manifests follow.

Each next manifest is a case: what the shortcut says is compared with what the server's dry run says.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.dry_run import prepared
from tests.oracle import mutate
from tests.oracle.case import Case, new_suffix
from tests.oracle.corpus import Base, named
from tests.oracle.others import STEPS
from tests.oracle.server import Scene, Step, asked, disagreement, proven
from tests.oracle.tally import Tally

Object = dict[str, Any]
NEXTS = 6  # the first is the same manifest again
PLANNED = 3  # each third is planned as a whole, too: the shortcut, and the dry run of suspects


def run(api: Api, bases: Sequence[Base], scenarios: int, tally: Tally) -> None:
    """Play so many scenarios that start from ``bases``; AssertionError at a disagreement.

    hypothesis makes the scenario smaller then and keeps it as a file in ``cases/``.
    """

    @seed(tally.seed)
    @settings(
        max_examples=scenarios,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(st.data())
    def play(data: st.DataObject) -> None:
        _play(api, data.draw, bases, tally)

    play()


def _play(api: Api, draw: mutate.Draw, bases: Sequence[Base], tally: Tally) -> None:
    base = draw(st.sampled_from(bases))
    suffix = new_suffix()
    manifest = named(base.manifest, suffix)
    sent = prepared(manifest)
    scene = Scene(api, ObjectRef.of(manifest))
    steps: list[Step] = []
    try:
        if draw(st.integers(0, 5)) == 5:
            _do(scene, {"by": "kubectl-create", "create": sent}, steps)
        if _do(scene, {"apply": sent, "force": True}, steps):
            scene.settle()
        live = scene.live(manifest["apiVersion"])
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2]))):
            if live is None:
                return
            step = draw(st.sampled_from(STEPS))(draw, sent, deepcopy(live))
            if _do(scene, step, steps):
                live = scene.live(manifest["apiVersion"])
        for number in range(NEXTS):
            if live is None:
                return
            how, following = _following(draw, number, manifest, live)
            whole = number % PLANNED == PLANNED - 1
            live = _compare(scene, steps, following, live, how, suffix, tally, whole)
    finally:
        scene.remove()


def _do(scene: Scene, step: Step, done: list[Step]) -> bool:
    """Do a step and note it, unless the server refuses it."""
    try:
        scene.play(step)
    except ApiError:
        return False
    done.append(step)
    return True


def _following(
    draw: mutate.Draw, number: int, manifest: Object, live: Object
) -> tuple[str, Object]:
    if number == 0:
        return "same", manifest
    names = []
    following = manifest
    for _ in range(2 if number == NEXTS - 1 else 1):
        mutation = draw(st.sampled_from(mutate.MUTATIONS))
        following = mutation(draw, following, deepcopy(live))
        names.append(mutation.__name__)
    return " + ".join(names) if len(set(names)) == 1 else "several", following


def _compare(
    scene: Scene, steps: list[Step], following: Object, live: Object, how: str, suffix: str,
    tally: Tally, whole: bool,
) -> Object:  # fmt: skip
    """Compare the answers; returns the live object, which a controller may have changed."""
    for _ in range(5):
        wrong = ""
        answer = asked(scene.api, following, live)
        said = proven(following, live)
        if said and answer != "unchanged":
            wrong = f"said to be unchanged; the server says {answer}"
        elif whole:
            wrong = disagreement(scene.api, following, live, answer)
        if not wrong:
            tally.plans += whole
            tally.add(f"{following['apiVersion']} {following['kind']}", answer, said, how)
            return live
        now = scene.live(following["apiVersion"])
        if now is None or now == live:
            break
        live = now
    # A plain copy: what hypothesis does with the scenario later must not change the case.
    case = deepcopy(Case(steps, following, answer, False, why=f"{wrong} ({how})"))
    kind = following["kind"].lower()
    file = case.write(f"found-{kind}-seed-{tally.seed}", suffix)
    raise AssertionError(f"{following['kind']}: {wrong}; kept in {file.name}")
