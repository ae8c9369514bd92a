"""What the metastore, PyArrow and Thrift write, as one message of ours."""

from __future__ import annotations

from typing import Any

import pytest
from hive_metastore.ttypes import MetaException
from pyiceberg.exceptions import CommitFailedException
from thrift.transport.TTransport import TTransportException

from lakestead.errors import LakesteadError
from lakestead.iceberg.failures import explained

ICEBERG: Any = type("Iceberg", (), {"thrift": "thrift://10.0.0.24:9083"})()
S3: Any = type(
    "S3", (), {"endpoint": "http://10.0.0.20:80", "cluster_endpoint": "http://rgw.storage.svc:80"}
)()
KEY = "When reading information for key 'warehouse/x.metadata.json' in bucket 'lakehouse': "


@pytest.mark.parametrize(
    ("raised", "says", "where"),
    [
        (
            OSError(KEY + "AWS Error ACCESS_DENIED during HeadObject operation: No response body."),
            "Could not read it: the gateway refuses the key",
            "http://10.0.0.20:80",
        ),
        (
            OSError(
                KEY + "AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 7, "
                "Couldn't connect to server"
            ),
            "Could not read it: the gateway does not answer",
            "http://10.0.0.20:80",
        ),
        (
            MetaException(
                "Failed to create external path s3a://lakehouse/warehouse/x.db for database x. "
                "This may result in access not being allowed if the "
                "StorageBasedAuthorizationProvider is enabled: null"
            ),
            "Could not read it: the Hive Metastore cannot write to the bucket",
            "http://rgw.storage.svc:80, from the metastore's pod",
        ),
        (
            MetaException("Unable to acquire a lock"),
            "Could not read it: the Hive Metastore answers with an error",
            "thrift://10.0.0.24:9083",
        ),
        (
            TTransportException(message="Could not connect to any of [('10.0.0.24', 9083)]"),
            "Could not read it: the Hive Metastore does not answer",
            "thrift://10.0.0.24:9083",
        ),
    ],
    ids=["key", "gateway away", "metastore's key", "metastore", "metastore away"],
)  # fmt: skip
def test_one_message(raised: Exception, says: str, where: str) -> None:
    with pytest.raises(LakesteadError) as caught, explained("read it", ICEBERG, S3):
        raise raised
    assert caught.value.what == says
    assert caught.value.where == where
    assert caught.value.do or "Thrift" in says


def test_a_failed_commit_passes_through() -> None:
    with pytest.raises(CommitFailedException), explained("write it", ICEBERG, S3):
        raise CommitFailedException("lock")
