"""What a HelmRelease's pods say while it does not become ready: kept, since a rollback removes them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lakestead.kube.client import Api, ApiError, ObjectRef
from lakestead.kube.readiness import explain

EVERY = 5.0
EVENTS = 5


class Evidence:
    """The last that was seen of failing pods, and the warnings since it was made."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._pods: dict[ObjectRef, str] = {}
        self._due = 0.0
        self._since = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def gather(self, ref: ObjectRef) -> None:
        """Look at the pods of a HelmRelease, at most every five seconds."""
        if ref.kind != "HelmRelease" or time.monotonic() < self._due:
            return
        self._due = time.monotonic() + EVERY
        if seen := explain(self.api, ref):
            self._pods[ref] = seen

    def lines(self, ref: ObjectRef) -> list[str]:
        """What was seen, for an error message."""
        if ref.kind != "HelmRelease":
            return []
        seen = explain(self.api, ref) or self._pods.get(ref, "")
        return [*filter(None, [seen]), *self._events(ref)]

    def _events(self, ref: ObjectRef) -> list[str]:
        try:
            events = self.api.list("v1", "Event", ref.namespace, field_selector="type=Warning")
        except ApiError:
            return []
        recent = sorted(
            (event.get("lastTimestamp") or event.get("eventTime") or "", _words(event))
            for event in events
            # What its controller says of the release itself stands in its conditions.
            if event["involvedObject"]["kind"] != ref.kind
            and event["involvedObject"]["name"].startswith(ref.name)
        )
        return [words for when, words in recent if when >= self._since][-EVENTS:]


def _words(event: Mapping[str, Any]) -> str:
    about = event["involvedObject"]
    message = str(event.get("message")).strip().splitlines() or [""]
    return f"event of {about['kind'].lower()} {about['name']}: {event.get('reason')}: {message[0]}"
