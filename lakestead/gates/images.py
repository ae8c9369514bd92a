"""Whether images that are never pulled are on a node."""

from __future__ import annotations

from collections.abc import Iterable

from lakestead.gates.check import Check
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api

_NAME, _WHERE = "The images that are never pulled are on a node", "status.images of the nodes"
_DO = "load them on the nodes; in the lab: lakestead lab up"
_MOST = 50  # a kubelet names its largest ones (nodeStatusMaxImages)
_AGAIN = 30  # two seconds apart: it looks every 30 s


def images_gate(api: Api, wanted: Iterable[tuple[str, str]]) -> Gate:
    """Passes too where nodes do not say all that they have.

    + wanted: images with their pull policies
    """
    never = sorted({image for image, policy in wanted if policy == "Never"})

    def look() -> Gate:
        said = [(node.get("status") or {}).get("images") or [] for node in api.list("v1", "Node")]
        there = {name for images in said for image in images for name in image.get("names") or []}
        # A kubelet says docker.io/library/ where people leave it out.
        absent = [
            image
            for image in never
            if not any(name == image or name.endswith(f"/{image}") for name in there)
        ]
        whole = bool(said) and all(0 < len(images) < _MOST for images in said)
        if absent and whole:
            return Gate(_NAME, "fail", _WHERE, "not there: " + ", ".join(absent), "all", _DO)
        return Gate(_NAME, "pass", _WHERE, ", ".join(never) or "none is wanted", "all")

    return Check(_NAME, _WHERE, look, do=_DO, retries=_AGAIN).ask()
