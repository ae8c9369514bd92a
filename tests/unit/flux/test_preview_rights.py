"""An object that the user may not ask about is not previewed, and that says nothing about Flux."""

from __future__ import annotations

from typing import Any

from lakestead.flux.preview_objects import Cluster
from lakestead.flux.preview_secrets import Secrets
from lakestead.kube.client import ApiError, ObjectRef

SAID = (
    'priorityclasses.scheduling.k8s.io "high" is forbidden: User "ann" cannot patch resource '
    '"priorityclasses" in API group "scheduling.k8s.io" at the cluster scope'
)
OBJECT = {
    "apiVersion": "scheduling.k8s.io/v1",
    "kind": "PriorityClass",
    "metadata": {"name": "high"},
}


class NotAllowed:
    """An API whose user may read and not write."""

    def apply(self, *arguments: Any, **options: Any) -> Any:
        raise ApiError(SAID, status=403, reason="Forbidden", body={"message": SAID})

    def get(self, ref: ObjectRef) -> Any:
        return None


class NotEvenRead(NotAllowed):
    """An API whose user may not read it either."""

    def get(self, ref: ObjectRef) -> Any:
        said = SAID.replace("patch", "get")
        raise ApiError(said, status=403, reason="Forbidden", body={"message": said})


def test_what_may_not_be_asked_is_known_after_apply() -> None:
    planned = Cluster(NotAllowed()).plan(OBJECT, "helm-controller", "by Flux", Secrets(), False)  # type: ignore[arg-type]
    assert planned.refused is None
    assert planned.change.action == "known after apply"
    assert planned.change.why == (
        "by Flux; not previewed, ann may not patch priorityclasses.scheduling.k8s.io "
        "in the whole cluster"
    )


def test_what_may_not_be_read_spoils_the_preview_of_nothing_else() -> None:
    planned = Cluster(NotEvenRead()).plan(OBJECT, "helm-controller", "by Flux", Secrets(), False)  # type: ignore[arg-type]
    assert (planned.refused, planned.change.action) == (None, "known after apply")
    assert "not previewed, ann may not get priorityclasses" in (planned.change.why or "")
