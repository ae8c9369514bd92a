"""A client of the Admin Ops API, signed as S3 requests are.

Source: https://docs.ceph.com/en/reef/radosgw/adminops/. The clients on PyPI do not quote what they
send (`rgwadmin` 2.4.6 stores a display name `a&max-buckets=1` as a bucket limit), so this is ours.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlencode

from lakestead.errors import LakesteadError
from lakestead.rgw import failures
from lakestead.rgw.credentials import Credentials

CONNECT_TIMEOUT = 3.0
READ_TIMEOUT = 20.0


class AdminOps:
    """The Admin Ops API of one gateway.

    + endpoint: ``http://host:port`` of the gateway
    + credentials: a key of a user with admin caps
    + owner: whose key that is, for messages: ``Secret storage/rgw-admin-ops-user``
    + region: the gateway's zonegroup; a gateway accepts any that the signature names
    + ca_bundle: file of the certificate authority, for ``https`` with one of the homelab's own

    ``requests`` counts the calls made so far, ``writes`` those that change something.
    """

    def __init__(
        self,
        endpoint: str,
        credentials: Credentials,
        *,
        owner: str,
        region: str = "us-east-1",
        ca_bundle: str | None = None,
    ) -> None:
        # botocore takes a fifth of a second to import: only runs that need it pay.
        from botocore.auth import S3SigV4Auth
        from botocore.credentials import Credentials as BotocoreCredentials
        from botocore.httpsession import URLLib3Session
        from botocore.utils import get_environ_proxies

        self.endpoint = endpoint.rstrip("/")
        self.owner = owner
        self.requests = 0
        self.writes = 0
        self._auth = S3SigV4Auth(
            BotocoreCredentials(credentials.access_key, credentials.secret_key), "s3", region
        )
        self._session = URLLib3Session(
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            verify=ca_bundle or True,
            proxies=get_environ_proxies(self.endpoint),
        )

    def get(self, path: str, **parameters: str | int | bool) -> Any:
        """Read ``/admin/<path>``; see ``call``."""
        return self.call("GET", path, parameters)

    def call(self, method: str, path: str, parameters: dict[str, str | int | bool]) -> Any:
        """One request; returns the parsed answer, None where it is empty.

        + path: below ``/admin/``, with the sub-resource: ``user``, ``user?quota``
        + parameters: names with ``_`` for the API's ``-``; every value is quoted

        Raises RgwError for a refusal, RgwUnreachable where the gateway does not serve.
        """
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import ConnectionError as NoConnection
        from botocore.exceptions import HTTPClientError

        resource, _, subresource = path.partition("?")
        query = {name.replace("_", "-"): _text(value) for name, value in parameters.items()}
        if subresource:
            query[subresource] = ""
        url = f"{self.endpoint}/admin/{resource}?" + urlencode(
            {"format": "json", **query}, quote_via=quote, safe="~"
        )
        self.requests += 1
        self.writes += method != "GET"
        request = AWSRequest(method, url, headers={"Host": url.split("/")[2]})
        self._auth.add_auth(request)
        try:
            answer = self._session.send(request.prepare())
        except (HTTPClientError, NoConnection) as error:
            raise failures.unreachable(
                self.endpoint, f"{method} /admin/{path}", reason(error)
            ) from error
        if answer.status_code >= 400:
            raise self._refusal(f"{method} /admin/{path}", answer.status_code, answer.content)
        return json.loads(answer.content) if answer.content.strip() else None

    def _refusal(self, request: str, status: int, content: bytes) -> LakesteadError:
        try:
            body = json.loads(content)
        except ValueError:
            body = {}
        body = body if isinstance(body, dict) else {}
        return failures.refused(
            self.endpoint,
            request,
            status,
            str(body.get("Code", "")),
            str(body.get("Message") or ""),
            who=self.owner,
        )


def reason(error: Exception) -> str:
    """Why no answer came, in a few words, from botocore's exception."""
    cause: BaseException = getattr(error, "kwargs", {}).get("error") or error
    text = str(cause)
    name = type(error).__name__
    if "Connection refused" in text:
        return "connection refused: nothing listens there"
    if "Name or service not known" in text or "name resolution" in text:
        return "its name cannot be resolved"
    if "ConnectTimeout" in name:
        return f"no connection within {CONNECT_TIMEOUT:g} s"
    if "ReadTimeout" in name:
        return f"no answer within {READ_TIMEOUT:g} s"
    return text


def _text(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
