"""A job is followed through its life. What the API answers was taken from a Spark Operator 2.5.2."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings
from lakestead.spark import follow as module
from lakestead.spark.application import Job, reference
from lakestead.spark.follow import follow, result, submit

Answer = dict[str, Any] | None


class Told:
    """An API that shows a job in one state after another, and its driver's pod and log."""

    def __init__(self, states: list[Answer], pod: Answer = None, log: str = "") -> None:
        self.states, self.pod, self.log = states, pod, log

    def get(self, ref: ObjectRef) -> Answer:
        if ref.kind == "Pod":
            return self.pod
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def logs(self, namespace: str, pod: str, tail: int) -> str:
        assert (namespace, pod) == ("spark", "ingest-driver")
        return self.log


def state(name: str, attempt: int = 1, message: str = "", uid: str = "1") -> Answer:
    return {
        "metadata": {"name": "ingest", "uid": uid},
        "status": {
            "applicationState": {"state": name, "errorMessage": message},
            "driverInfo": {"podName": "ingest-driver"},
            "executionAttempts": attempt,
            "submissionAttempts": 1,
        },
    }


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda _: None)


@pytest.fixture
def ref(settings: Settings) -> ObjectRef:
    return reference(settings, "ingest")


def test_from_submitted_through_a_retry_to_completed(settings: Settings, ref: ObjectRef) -> None:
    said: list[str] = []
    fresh: Answer = {"metadata": {"name": "ingest", "uid": "1"}}
    api = Told(
        [
            fresh,
            state("SUBMITTED"),
            state("RUNNING"),
            state("FAILING", message="driver container failed with ExitCode: 1, Reason: Error"),
            state("PENDING_RERUN"),
            state("RUNNING", 2),
            state("SUCCEEDING", 2),
            state("COMPLETED", 2),
        ],
        log='starting\nresult: {"rows": 1000}\n',
    )

    outcome = follow(api, settings, ref, said.append)  # type: ignore[arg-type]

    assert [stage for stage, _ in outcome.stages] == [
        "submitted", "running", "retried", "running, attempt 2", "completed, attempt 2",
    ]  # fmt: skip
    assert outcome.result == {"rows": 1000}
    assert 'result: {"rows": 1000}' in str(outcome)
    assert any("ExitCode: 1" in line for line in said)


def test_a_failed_one_says_why(settings: Settings, ref: ObjectRef) -> None:
    ended = {"exitCode": 137, "reason": "OOMKilled"}
    pod = {"status": {"containerStatuses": [{"state": {"terminated": ended}}]}}
    api = Told([state("RUNNING"), state("FAILED", 3, "ExitCode: 137")], pod)
    with pytest.raises(LakesteadError, match="not enough memory, tried 3 times"):
        follow(api, settings, ref, lambda _: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [None, state("RUNNING", uid="2")], ids=["gone", "another"])
def test_one_that_is_deleted_was_killed(settings: Settings, ref: ObjectRef, after: Answer) -> None:
    api = Told([state("RUNNING"), after])
    with pytest.raises(LakesteadError, match=r"was killed[\s\S]*it was running"):
        follow(api, settings, ref, lambda _: None)  # type: ignore[arg-type]


@pytest.mark.parametrize("by", [None, "Helm"])
def test_one_of_somebody_else_is_left(settings: Settings, by: str | None) -> None:
    there = state("RUNNING")
    assert there is not None
    there["metadata"]["labels"] = {"app.kubernetes.io/managed-by": by} if by else {}
    api = Told([there])  # without delete and raw: neither is called
    with pytest.raises(LakesteadError, match=r"not Lakestead's[\s\S]*spark/ingest"):
        submit(api, settings, Job("ingest", "ingest.py"), lambda _: None)  # type: ignore[arg-type]


def test_an_image_that_is_not_there_is_not_waited_for(settings: Settings, ref: ObjectRef) -> None:
    waiting = {"reason": "ErrImageNeverPull", "message": "image is not present"}
    pod = {"status": {"containerStatuses": [{"name": "d", "state": {"waiting": waiting}}]}}
    with pytest.raises(LakesteadError, match=r"cannot be started[\s\S]*ErrImageNeverPull"):
        follow(Told([state("SUBMITTED")], pod), settings, ref, lambda _: None)  # type: ignore[arg-type]


def test_one_that_takes_too_long_goes_on(settings: Settings, ref: ObjectRef) -> None:
    assert settings.spark is not None
    spark = settings.spark.model_copy(update={"timeout": 0})
    hurried = settings.model_copy(update={"spark": spark})
    with pytest.raises(LakesteadError, match=re.escape("has not ended within 0 s")):
        follow(Told([state("RUNNING")]), hurried, ref, lambda _: None)  # type: ignore[arg-type]


def test_the_result_is_what_the_pod_keeps_before_its_log() -> None:
    ended = {"exitCode": 0, "message": '{"rows": 2}'}
    pod = {"status": {"containerStatuses": [{"state": {"terminated": ended}}]}}
    assert result(pod, 'result: {"rows": 1}') == {"rows": 2}
    assert result(None, "result: half a li") == {}
