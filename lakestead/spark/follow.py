"""Submit a job and follow it: submitted, running, retried, completed, failed, killed."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.status import pod_reason
from lakestead.kube.wait import wait_for
from lakestead.settings import Settings
from lakestead.spark.application import (
    API_VERSION,
    FINGERPRINT,
    KIND,
    MANAGED_BY,
    Job,
    application,
)
from lakestead.spark.failures import Evidence, explained, tail
from lakestead.spark.seen import ENDED, Seen, seen

_LOG_LINES = 1000  # a wrong key: Java tells its trace five times, a hundred lines each
_STUCK = ("ErrImageNeverPull", "ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A job that has completed.

    + stages: what it went through, with the seconds since it was submitted
    + result: what it told
    + log: the end of its driver's log
    """

    stages: tuple[tuple[str, float], ...]
    result: Mapping[str, Any]
    log: str

    def __str__(self) -> str:
        way = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in self.stages)
        return f"{way}\n{self.log}"


def submit(api: Api, settings: Settings, job: Job, say: Callable[[str], None]) -> ObjectRef:
    """Make the SparkApplication; one that is the same and has not ended yet goes on.

    One that has ended, or is another job of the same name, is deleted first. Raises LakesteadError
    where it is somebody else's.
    """
    manifest = application(settings, job)
    ref = ObjectRef.of(manifest)
    there = api.get(ref)
    if there is not None:
        require_ours(ref, there)
        if seen(there).stage not in ENDED and same(there, manifest):
            say(f"{ref} is there already: {seen(there)}")
            return ref
        delete(api, ref)
    path = f"/apis/{API_VERSION}/namespaces/{ref.namespace}/{KIND.lower()}s"
    api.raw("POST", path, query={"fieldManager": "lakestead"}, body=manifest)
    return ref


def require_ours(ref: ObjectRef, there: Mapping[str, Any]) -> None:
    """Raise LakesteadError for a SparkApplication that Lakestead has not made."""
    found = (there["metadata"].get("labels") or {}).get(MANAGED_BY)
    if found != "lakestead":
        raise LakesteadError(
            f"A Spark job {ref.name} is there that is not Lakestead's; it was left as it is",
            where=str(ref),
            found=f"label {MANAGED_BY}: {found or 'none'}",
            do="give that job another name, or give Lakestead's another spark.namespace",
        )


def delete(api: Api, ref: ObjectRef, timeout: float = 120) -> None:
    """Delete a job with its driver and executors; returns once nothing of it runs any more."""
    api.delete(ref, propagation="Foreground")

    def gone() -> tuple[bool, str]:
        if api.get(ref) is not None:
            return False, f"{ref} is still there"
        left = pods(api, ref)
        return not left, f"{len(left)} pods of it are still there"

    wait_for(f"{ref} to be gone", gone, timeout)


def pods(api: Api, ref: ObjectRef) -> list[dict[str, Any]]:
    """The driver's pod and the executors'."""
    selector = f"sparkoperator.k8s.io/app-name={ref.name}"
    return api.list("v1", "Pod", ref.namespace, label_selector=selector)


def same(application: Mapping[str, Any], manifest: Mapping[str, Any]) -> bool:
    """Whether a SparkApplication was made from a manifest."""
    found = application["metadata"].get("annotations") or {}
    return bool(
        found.get(FINGERPRINT) == manifest["metadata"]["annotations"][FINGERPRINT]
        and not application["metadata"].get("deletionTimestamp")
    )


def follow(api: Api, settings: Settings, ref: ObjectRef, say: Callable[[str], None]) -> Outcome:
    """Until the job has completed; raises LakesteadError where it fails, is killed or takes too long."""
    limit = settings.spark.timeout if settings.spark else 0
    began = time.monotonic()
    stages: list[tuple[str, float]] = []
    uid, reason = "", ""
    while True:
        found = api.get(ref)
        if found is None or (uid and found["metadata"]["uid"] != uid):
            raise _killed(ref, stages)
        uid = found["metadata"]["uid"]
        now = seen(found)
        if not stages or stages[-1][0] != str(now):
            stages.append((str(now), time.monotonic() - began))
            say(f"{ref}: {now}" + (f": {now.message.splitlines()[0]}" if now.message else ""))
        if found["metadata"].get("deletionTimestamp"):
            raise _killed(ref, stages)
        if now.stage == "completed":
            log = _log(api, ref, now)
            return Outcome(tuple(stages), result(_pod(api, ref, now), log), tail(log))
        if now.stage == "failed":
            evidence = Evidence(
                ref, now.message, _pod(api, ref, now), _log(api, ref, now), now.attempt
            )
            raise explained(evidence, settings)
        reason = _waits(api, ref, now) or reason
        if time.monotonic() - began > limit:
            raise LakesteadError(
                f"Spark job {ref.name} has not ended within {limit} s",
                where=str(ref),
                found=f"{now}; {reason}".rstrip("; "),
                do=f"it goes on; kubectl --namespace {ref.namespace} describe sparkapplication "
                f"{ref.name}; raise spark.timeout, or run again to go on waiting",
            )
        time.sleep(0.5)


def result(pod: Mapping[str, Any] | None, log: str) -> dict[str, Any]:
    """What a job has told: kept of its pod, or the last such line of its log."""
    texts = [line.removeprefix("result: ") for line in log.splitlines() if line[:8] == "result: "]
    for container in ((pod or {}).get("status") or {}).get("containerStatuses") or []:
        ended = (container.get("state") or {}).get("terminated") or {}
        texts.append(str(ended.get("message") or ""))
    for text in reversed(texts):
        try:
            told = json.loads(text)
        except ValueError:
            continue
        if isinstance(told, dict):
            return told
    return {}


def _killed(ref: ObjectRef, stages: list[tuple[str, float]]) -> LakesteadError:
    last = f"it was {stages[-1][0]}" if stages else "it was not seen at all"
    return LakesteadError(
        f"Spark job {ref.name} was killed: somebody deleted it",
        where=str(ref),
        found=last,
        do="run again; what a job has not committed is not in the table",
    )


def _pod(api: Api, ref: ObjectRef, now: Seen) -> dict[str, Any] | None:
    return api.get(ObjectRef("v1", "Pod", now.driver or f"{ref.name}-driver", ref.namespace))


def _log(api: Api, ref: ObjectRef, now: Seen) -> str:
    try:
        return api.logs(str(ref.namespace), now.driver or f"{ref.name}-driver", tail=_LOG_LINES)
    except LakesteadError as error:
        return f"(no log: {error.what})"


def _waits(api: Api, ref: ObjectRef, now: Seen) -> str:
    """Why a job that is submitted does not run; raises LakesteadError where it never will."""
    if now.stage != "submitted" or not now.driver:
        return ""
    pod = _pod(api, ref, now)
    if pod is None:
        return ""
    reason = pod_reason(pod)
    if any(word in reason for word in _STUCK):
        raise LakesteadError(
            f"The driver of Spark job {ref.name} cannot be started",
            where=f"Pod {ref.namespace}/{now.driver}",
            found=reason,
            do="see spark.image and the Secret of the S3 key",
        )
    return reason
