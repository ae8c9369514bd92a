"""S3 calls to the object gateway, with errors that a user can act on."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import Any

from lakestead.rgw import failures
from lakestead.rgw.client import CONNECT_TIMEOUT, READ_TIMEOUT, reason
from lakestead.rgw.credentials import Credentials

READING = ("Get", "List", "Head")


class S3:
    """One user's S3 access to one gateway.

    + endpoint: ``http://host:port`` of the gateway
    + credentials: the user's key; None asks without any
    + owner: whose key that is, for messages: ``Secret data-platform/lakehouse-s3``
    + region: the gateway's zonegroup, or any name where it has the default one
    + ca_bundle: file of the certificate authority, for ``https`` with one of the homelab's own

    ``requests`` counts the calls made so far, ``writes`` those that change something.
    """

    def __init__(
        self,
        endpoint: str,
        credentials: Credentials | None,
        *,
        owner: str,
        region: str = "us-east-1",
        ca_bundle: str | None = None,
    ) -> None:
        # boto3 takes a third of a second to import: only runs that need it pay.
        import boto3
        import botocore.session
        from botocore import UNSIGNED
        from botocore.config import Config

        self.endpoint = endpoint.rstrip("/")
        self.owner = owner
        self.requests = 0
        self.writes = 0
        # Neither ~/.aws nor AWS_PROFILE may have a say in where this goes and as whom.
        isolated = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, os.devnull, None),
                "credentials_file": (None, None, os.devnull, None),
            }
        )
        self._client: Any = boto3.Session(botocore_session=isolated).client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=region,
            aws_access_key_id=credentials.access_key if credentials else None,
            aws_secret_access_key=credentials.secret_key if credentials else None,
            verify=ca_bundle,
            config=Config(
                signature_version="s3v4" if credentials else UNSIGNED,
                s3={"addressing_style": "path"},
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
                retries={"mode": "standard", "total_max_attempts": 2},
                # The gateway stores no checksums, and Ceph 16 refuses their trailers over https.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def call(self, operation: str, *, absent: Collection[str] = (), **parameters: Any) -> Any:
        """One call, by S3's own name for it; returns boto3's answer.

        + operation: ``PutBucketPolicy``
        + absent: error codes that mean that it is not there; the answer is then None
        + parameters: as boto3 takes them

        Raises RgwError for a refusal, RgwUnreachable where the gateway does not serve.
        """
        from botocore import xform_name

        self.writes += not operation.startswith(READING)
        method = getattr(self._client, xform_name(operation))
        return self._guarded(operation, absent, lambda: method(**parameters), parameters)

    def pages(self, operation: str, **parameters: Any) -> list[dict[str, Any]]:
        """All pages of a list call; raises as ``call`` does."""
        from botocore import xform_name

        pages = self._client.get_paginator(xform_name(operation))
        found = self._guarded(operation, (), lambda: list(pages.paginate(**parameters)), parameters)
        return list(found)

    def _guarded(
        self,
        operation: str,
        absent: Collection[str],
        action: Callable[[], Any],
        parameters: Mapping[str, Any],
    ) -> Any:
        from botocore.exceptions import ClientError, HTTPClientError
        from botocore.exceptions import ConnectionError as NoConnection

        self.requests += 1
        request = " ".join(filter(None, (operation, parameters.get("Bucket"))))
        try:
            return action()
        except ClientError as error:
            answer = error.response.get("Error", {})
            if answer.get("Code") in absent:
                return None
            raise failures.refused(
                self.endpoint,
                request,
                int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)),
                str(answer.get("Code", "")),
                str(answer.get("Message") or ""),
                who=self.owner,
            ) from error
        except (HTTPClientError, NoConnection) as error:
            raise failures.unreachable(self.endpoint, request, reason(error)) from error
