"""One cluster's API: raw JSON over the official client's kubeconfig, authentication, TLS and pool.

Typed models are not used: they take twenty times as long to decode (bench/decode_pods.py).
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lakestead.kube.discovery import Discovery, Resource
from lakestead.kube.exec_result import ExecResult
from lakestead.kube.failures import ApiError, ApiUnreachable
from lakestead.kube.kubeconfig import Access, load
from lakestead.kube.reference import ObjectRef
from lakestead.kube.transport import Transport

__all__ = ["Api", "ApiError", "ApiUnreachable", "ExecResult", "ObjectRef"]

FIELD_MANAGER = "lakestead"
PAGE = 500


class Api:
    """One cluster's API server.

    + access: server, context and credentials; ``Api.from_kubeconfig`` makes one from a file
    """

    def __init__(self, access: Access) -> None:
        self.access = access
        self._transport = Transport(access)
        self._discovery = Discovery(self._get_or_none)

    @property
    def requests(self) -> int:
        """Calls made so far."""
        return self._transport.requests

    @property
    def writes(self) -> int:
        """Calls that could change something; dry runs and commands in pods are not among them."""
        return self._transport.writes

    @classmethod
    def from_kubeconfig(cls, kubeconfig: str | None = None, context: str | None = None) -> Api:
        """The API of ``context`` in ``kubeconfig``; by default kubectl's own choice of both.

        Raises LakesteadError where the file or the context is missing; makes no request.
        """
        return cls(load(kubeconfig, context))

    def connect(self) -> None:
        """See that the server answers and knows us; what it answers, discovery, is needed anyhow.

        Raises ApiUnreachable or ApiError.
        """
        self._discovery.load()

    def served(self, api_version: str, kind: str) -> Resource | None:
        """Where objects of a kind live, and whether in namespaces; None where it is not served."""
        return self._discovery.find(api_version, kind)

    def preferred(self, group: str, kind: str) -> str | None:
        """The apiVersion that the server prefers for a kind; None where it does not serve it."""
        return self._discovery.preferred(group, kind)

    def get(self, ref: ObjectRef) -> dict[str, Any] | None:
        """The object, or None where it or its kind is not there."""
        resource = self._discovery.find(ref.api_version, ref.kind)
        if resource is None:
            return None
        return self._get_or_none(resource.path(ref.namespace, ref.name), {})

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> list[dict[str, Any]]:
        """All objects of a kind, in ``namespace`` or everywhere; none where it is not served."""
        return [
            item
            for page in self.pages(
                api_version,
                kind,
                namespace,
                label_selector=label_selector,
                field_selector=field_selector,
            )
            for item in page
        ]

    def pages(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        *,
        label_selector: str = "",
        field_selector: str = "",
    ) -> Iterator[builtins.list[dict[str, Any]]]:
        """``list``, but at most 500 objects at a time, so that not all need be kept."""
        resource = self._discovery.find(api_version, kind)
        if resource is None:
            return
        query: dict[str, Any] = {"limit": PAGE}
        if label_selector:
            query["labelSelector"] = label_selector
        if field_selector:
            query["fieldSelector"] = field_selector
        while True:
            answer = self.raw("GET", resource.path(namespace), query=query, timeout=30)
            items = answer["items"] or []
            for item in items:  # items of a list come without their kind
                item["apiVersion"], item["kind"] = api_version, kind
            yield items
            token = (answer.get("metadata") or {}).get("continue")
            if not token:
                return
            query["continue"] = token

    def apply(
        self,
        obj: Mapping[str, Any],
        *,
        dry_run: bool = False,
        force: bool = False,
        field_manager: str = FIELD_MANAGER,
        strict: bool = False,
    ) -> dict[str, Any]:
        """Server-side apply; returns the object as the server has it afterwards.

        + dry_run: let the server compute the result and store nothing
        + force: take fields over from other field managers instead of failing with 409 Conflict
        + strict: refuse fields that are unknown or named twice
        """
        ref = ObjectRef.of(obj)
        query = {"fieldManager": field_manager, "force": str(force).lower()}
        if dry_run:
            query["dryRun"] = "All"
        if strict:
            query["fieldValidation"] = "Strict"
        answer: dict[str, Any] = self.raw(
            "PATCH",
            self._require(ref).path(ref.namespace, ref.name),
            query=query,
            body=obj,
            headers={"Content-Type": "application/apply-patch+yaml"},
            timeout=30,
        )
        return answer

    def patch(
        self,
        ref: ObjectRef,
        body: Any,
        *,
        subresource: str = "",
        content_type: str = "application/merge-patch+json",
    ) -> dict[str, Any]:
        """Patch an object, or one of its subresources (``status``, ``scale``)."""
        path = self._require(ref).path(ref.namespace, ref.name)
        answer: dict[str, Any] = self.raw(
            "PATCH",
            f"{path}/{subresource}" if subresource else path,
            query={"fieldManager": FIELD_MANAGER},
            body=body,
            headers={"Content-Type": content_type},
            timeout=30,
        )
        return answer

    def delete(
        self,
        ref: ObjectRef,
        *,
        propagation: str = "Background",
        preconditions: Mapping[str, str] | None = None,
    ) -> bool:
        """Delete an object; False where it was not there.

        + propagation: ``Background``, ``Foreground`` or ``Orphan``, for what the object owns
        + preconditions: ``uid`` and ``resourceVersion`` that it must have; 409 Conflict where it has not
        """
        resource = self._discovery.find(ref.api_version, ref.kind)
        if resource is None:
            return False
        try:
            self.raw(
                "DELETE",
                resource.path(ref.namespace, ref.name),
                query={"propagationPolicy": propagation},
                body={"preconditions": dict(preconditions)} if preconditions else None,
            )
        except ApiError as error:
            if error.status == 404:
                return False
            raise
        return True

    def exec(
        self,
        namespace: str,
        pod: str,
        command: Sequence[str],
        *,
        container: str | None = None,
        stdin: bytes | None = None,
        timeout: float = 60,
    ) -> ExecResult:
        """Run ``command`` in a pod.

        + container: which one; by default the pod's first
        + stdin: what the command reads
        + timeout: seconds

        Raises LakesteadError where it cannot be run or does not end in time; an exit code other
        than 0 is no error here.
        """
        # The websocket's library is only loaded by who needs it.
        from lakestead.kube.execute import execute
        from lakestead.kube.node import must_answer

        self._transport.requests += 1
        query: dict[str, Any] = {"command": list(command), "stdout": "true", "stderr": "true"}
        if container:
            query["container"] = container
        if stdin is not None:
            query["stdin"] = "true"
        return execute(
            self.access,
            f"/api/v1/namespaces/{namespace}/pods/{pod}/exec",
            query,
            stdin=stdin,
            timeout=timeout,
            what=f"{command[0]} in pod {namespace}/{pod}",
            silent=lambda: must_answer(self, namespace, pod),
        )

    def logs(
        self,
        namespace: str,
        pod: str,
        *,
        container: str | None = None,
        tail: int = 20,
        previous: bool = False,
    ) -> str:
        """The last ``tail`` lines of a container's log.

        + previous: of the container's run before this one
        """
        query: dict[str, Any] = {"tailLines": tail}
        if container:
            query["container"] = container
        if previous:
            query["previous"] = "true"
        path = f"/api/v1/namespaces/{namespace}/pods/{pod}/log"
        data = self._transport.send("GET", path, query, None, None, 30)
        return data.decode("utf-8", "replace")

    def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10,
    ) -> Any:
        """One request; returns the parsed JSON, or the text where the answer is none.

        + path: from the server's root, quoted
        + body: anything that JSON can say
        + timeout: seconds between two packets of the answer

        Raises ApiError for a status of 400 or more, ApiUnreachable for no answer.
        """
        data = self._transport.send(method, path, query, body, headers, timeout)
        try:
            return json.loads(data)
        except ValueError:
            return data.decode("utf-8", "replace")

    def _get_or_none(self, path: str, headers: dict[str, str]) -> dict[str, Any] | None:
        try:
            answer: dict[str, Any] = self.raw("GET", path, headers=headers)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return answer

    def _require(self, ref: ObjectRef) -> Resource:
        resource = self._discovery.find(ref.api_version, ref.kind)
        if resource is None:
            raise ApiError(
                f"The API server does not serve {ref.kind} of {ref.api_version}",
                status=404,
                reason="KindNotServed",
                where=f"{self.access.configuration.host}, context {self.access.context!r}",
                do="install its CustomResourceDefinition first",
            )
        return resource
