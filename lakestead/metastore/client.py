"""One question to the metastore, to see whether it really answers."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from lakestead.errors import LakesteadError


class MetastoreError(LakesteadError):
    """The metastore does not answer, or answers with an exception."""


def databases(uri: str, timeout: float = 10) -> list[str]:
    """The names of all databases of the default catalog.

    + uri: ``thrift://HOST:PORT``
    + timeout: seconds, for the connection and for each read

    Raises MetastoreError with what was answered instead.
    """
    # Imported here: they are of use to few commands, and slow to load.
    from hive_metastore import ThriftHiveMetastore
    from hive_metastore.ttypes import MetaException
    from thrift.protocol.TBinaryProtocol import TBinaryProtocol
    from thrift.Thrift import TException
    from thrift.transport.TSocket import TSocket
    from thrift.transport.TTransport import TBufferedTransport, TTransportException

    # It logs as an error what it raises as well.
    logging.getLogger("thrift.transport.TSocket").setLevel(logging.CRITICAL)
    parts = urlsplit(uri)
    socket = TSocket(parts.hostname, parts.port)
    socket.setTimeout(int(timeout * 1000))
    transport = TBufferedTransport(socket)
    try:
        transport.open()
        client = ThriftHiveMetastore.Client(TBinaryProtocol(transport))
        names: list[str] = client.get_all_databases()
    except MetaException as error:
        raise _failure(uri, f"it answers with an error: {error.message}") from error
    except (TTransportException, OSError) as error:
        if getattr(error, "type", None) == TTransportException.SIZE_LIMIT:
            raise _failure(uri, "an answer that is not Thrift's") from error
        raise _failure(uri, _reason(error, timeout)) from error
    except TException as error:
        raise _failure(uri, f"an answer that is not a metastore's: {error}") from error
    finally:
        transport.close()
    return names


def _reason(error: Exception, timeout: float) -> str:
    """Why there was no answer, in the words of the innermost error."""
    while isinstance(inner := getattr(error, "inner", None) or error.__cause__, Exception):
        error = inner
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return f"no answer within {timeout:g} s"
    return str(error) or type(error).__name__


def _failure(uri: str, found: str) -> MetastoreError:
    return MetastoreError(
        "The Hive Metastore does not answer",
        where=uri,
        found=found,
        do="is it reachable from here? kubectl --namespace data-platform get pods,services",
    )
