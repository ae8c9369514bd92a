"""Why a job has failed, as one message: from the operator's words, the driver's pod and its log."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import ObjectRef
from lakestead.settings import Settings
from lakestead.spark.application import required

BAD_FILE = "a raw file is not what its columns say"

_KILLED = 143
_NO_POD = "driver pod not found"  # the operator's words
_OUT_OF_MEMORY = (3, 52)  # what -XX:+ExitOnOutOfMemoryError ends with, and Spark itself
_METASTORE = re.compile(
    r"Could not connect to meta ?store|Failed to connect to Hive Metastore"
    r"|TTransportException|UnknownHostException: hive-metastore",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"InvalidAccessKeyId|SignatureDoesNotMatch|AccessDenied|Status Code: 403|Forbidden"
)
_AWAY = re.compile(
    r"Unable to execute HTTP request|Connect(ion)? (to \S+ )?(refused|timed out)|SdkClientException"
)
_NOT_THERE = re.compile(
    r"PATH_NOT_FOUND|NoSuchBucket|NoSuchKey|FileNotFoundException|No such file or directory"
)
_TABLE = re.compile(r"TABLE_OR_VIEW_NOT_FOUND")
_BAD_FILE = re.compile(r"MALFORMED_RECORD|BadRecordException|FAILED_READ_FILE")
_EXECUTOR = re.compile(
    r"ExecutorLostFailure.*\n?.*(exit code: 137|OOMKilled|exited with exit code 52|exit code 3\b)"
)
# Frames of Java and of the way from Python to it, marks below a line, attempts before the last.
_FRAMES = re.compile(
    r"^(\s+at .*|\s*\.\.\. \d+ more|\s+Suppressed: .*|[\s^~]+"
    r'|\s+File ".*/(py4j|pyspark)/.*(\n    .*)?)$\n?',
    re.MULTILINE,
)
_QUOTA = re.compile(r"exceeded quota: [^\n]*")


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a job that has failed.

    + ref: the SparkApplication
    + message: the operator's
    + pod: the driver's; None where there is none
    + log: the end of its log
    + attempts: how often it was tried
    """

    ref: ObjectRef
    message: str
    pod: Mapping[str, Any] | None
    log: str
    attempts: int


def explained(evidence: Evidence, settings: Settings) -> LakesteadError:
    """The one message."""
    what, found, do = _cause(evidence, settings)
    ref = evidence.ref
    tries = f", tried {evidence.attempts} times" if evidence.attempts > 1 else ""
    see = f"kubectl --namespace {ref.namespace} logs {ref.name}-driver"
    return LakesteadError(
        f"Spark job {ref.name} failed: {what}{tries}",
        where=str(ref),
        found="\n".join(filter(None, (found, tail(evidence.log)))),
        do=f"{do}; {see}" if do else see,
    )


def tail(log: str, lines: int = 8) -> str:
    """The last lines of a driver's log, without what a person skips of a trace."""
    kept = [line.strip() for line in _FRAMES.sub("", log).splitlines() if line.strip()]
    return "\n".join(line[:300] for line in kept[-lines:])


def _cause(evidence: Evidence, settings: Settings) -> tuple[str, str, str]:
    section, s3 = required(settings), settings.object_storage
    ended = _ended(evidence.pod)
    log, code = evidence.log, int(ended.get("exitCode") or 0)
    if quota := _QUOTA.search(evidence.message):
        return "the namespace's quota is used up", quota[0], "raise spark.quota, or wait for others"
    memory = (
        "OutOfMemoryError" in log
        or code in _OUT_OF_MEMORY
        or ended.get("reason") == "OOMKilled"
        or code == 137
    )
    if _EXECUTOR.search(log):
        amount = f"{section.executor.memory} of heap, {section.executor.overhead} beside it"
        return "an executor had not enough memory", amount, "raise spark.executor.memory"
    if memory:
        amount = f"{section.driver.memory} of heap, {section.driver.overhead} beside it"
        which = "memory" if "OutOfMemoryError" in log or code in _OUT_OF_MEMORY else "overhead"
        return "the driver had not enough memory", amount, f"raise spark.driver.{which}"
    if code == _KILLED:
        return "somebody ended its driver", "it got SIGTERM (exit code 143)", "run again"
    if _METASTORE.search(log):
        return (
            "the Hive Metastore does not answer",
            "",
            "run phase 1, which says why it is down",
        )
    if _REFUSED.search(log):
        secret = s3.user.secret.partition("/")[2]
        return (
            "the gateway refuses the key",
            f"Secret {section.namespace}/{secret}, {s3.cluster_endpoint}",
            "run phase 2, which puts the key right; see also the bucket's policy",
        )
    if _NOT_THERE.search(log):
        return "what it is to read is not there", "", "are the raw files in the bucket?"
    if _TABLE.search(log):
        return "the table is not there", "", "run the job that makes it first"
    if _BAD_FILE.search(log):
        return BAD_FILE, "", "nothing of it was taken: correct it"
    if _AWAY.search(log):
        return (
            "the gateway does not answer",
            s3.cluster_endpoint,
            "see that the object gateway runs",
        )
    if evidence.pod is None:
        gone = evidence.message in ("", _NO_POD)
        what = "its driver is gone" if gone else "it could not be submitted"
        return what, tail(evidence.message), "run again"
    return "its driver ended with an error", f"exit code {code}", ""


def _ended(pod: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """How the driver's container ended."""
    for container in ((pod or {}).get("status") or {}).get("containerStatuses") or []:
        state = container.get("state") or {}
        ended: Mapping[str, Any] = state.get("terminated") or {}
        if ended:
            return ended
    return {}
