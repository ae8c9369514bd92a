"""What went wrong in the metastore or the bucket, as one message."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from gevent import Timeout

from lakestead.errors import LakesteadError
from lakestead.settings.iceberg import Iceberg
from lakestead.settings.object_storage import ObjectStorage

TIMEOUT = 120.0
"""Seconds for one step; pyiceberg's client of the metastore itself waits for ever."""

_S3_REFUSES = re.compile(
    r"ACCESS_DENIED|AccessDenied|SIGNATURE|InvalidAccessKeyId|INVALID_ACCESS_KEY|HTTP status 403"
    r"|status code: 403|Forbidden"
)
_S3_QUOTA = re.compile(r"QuotaExceeded")
_S3_AWAY = re.compile(
    r"NETWORK_CONNECTION|Could ?n[o']t connect|curlCode|Connection (refused|reset)"
    r"|Unable to execute HTTP request|SERVICE_UNAVAILABLE|SLOW_DOWN|status code: 503",
    re.IGNORECASE,
)
_S3_MISSING = re.compile(
    r"NoSuchBucket|NO_SUCH_BUCKET|Bucket '?[\w.-]+'? (does not exist|not found)"
)

# What the metastore says, here and in its log, whatever the gateway said to it.
_NO_FOLDER = re.compile(r"Failed to create external path|Unable to create database path")


@contextmanager
def explained(doing: str, iceberg: Iceberg, s3: ObjectStorage) -> Iterator[None]:
    """Turn what pyiceberg, Thrift and PyArrow raise into a LakesteadError.

    + doing: what is tried, in words: ``read table lakestead.first_light``

    CommitFailedException passes: the answer to it is to look again.
    """
    from pyiceberg.exceptions import CommitFailedException
    from thrift.Thrift import TException
    from thrift.transport.TTransport import TTransportException

    late = Timeout(TIMEOUT)
    try:
        with late:
            yield
    except Timeout as timeout:
        if timeout is not late:
            raise
        raise LakesteadError(
            f"Could not {doing}", where=iceberg.thrift, found=f"no answer within {TIMEOUT:g} s"
        ) from None
    except (LakesteadError, CommitFailedException):
        raise
    except TTransportException as error:
        raise LakesteadError(
            f"Could not {doing}: the Hive Metastore does not answer",
            where=iceberg.thrift,
            found=str(error),
            do="run pyinfra INVENTORY deploys/phase1.py, which brings it up and says why it is down",
        ) from error
    except TException as error:
        said = str(getattr(error, "message", None) or error)
        raise _metastore_says(doing, iceberg, s3, said) from error
    except OSError as error:
        raise _s3_says(doing, s3.endpoint, str(error)) from error


def _metastore_says(doing: str, iceberg: Iceberg, s3: ObjectStorage, said: str) -> LakesteadError:
    if _NO_FOLDER.search(said):
        return LakesteadError(
            f"Could not {doing}: the Hive Metastore cannot write to the bucket",
            where=f"{s3.cluster_endpoint}, from the metastore's pod",
            found=_short(said),
            do="is the bucket there, and has the pod the key of today? "
            "kubectl --namespace data-platform rollout restart deployment hive-metastore",
        )
    return LakesteadError(
        f"Could not {doing}: the Hive Metastore answers with an error",
        where=iceberg.thrift,
        found=_short(said),
        do="see its log: kubectl --namespace data-platform logs deployment/hive-metastore",
    )


def _s3_says(doing: str, where: str, said: str) -> LakesteadError:
    reasons = (
        (_S3_MISSING, "there is no such bucket", "see object_storage.buckets"),
        (_S3_QUOTA, "the quota is used up", "see the quota in object_storage"),
        (
            _S3_REFUSES,
            "the gateway refuses the key",
            "see object_storage.user and the bucket's policy",
        ),
        (_S3_AWAY, "the gateway does not answer", "see that the object gateway runs"),
    )
    for pattern, reason, advice in reasons:
        if pattern.search(said):
            return LakesteadError(
                f"Could not {doing}: {reason}", where=where, found=_short(said), do=advice
            )
    return LakesteadError(f"Could not {doing}", where=where, found=_short(said))


def _short(said: str) -> str:
    """The first line, without what follows of a Java or C++ trace."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[0][:500] if lines else "no message"
