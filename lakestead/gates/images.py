"""Whether images that are never pulled are on a node."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lakestead.gates.check import Check
from lakestead.gates.gate import Gate
from lakestead.kube.client import Api

_NAME, _WHERE = "The images that are never pulled are on a node", "status.images of the nodes"
_DO = "load them on the nodes; in the lab: lakestead lab up"
_MOST = 50  # a kubelet names its largest ones (nodeStatusMaxImages),
_NAMES = 5  # and of each not more names than this (MaxNamesPerImageInNodeStatus)
_AGAIN = 30  # two seconds apart: it looks every 30 s


def images_gate(api: Api, wanted: Iterable[tuple[str, str]]) -> Gate:
    """Passes too where nodes do not say all that they have; asks nothing where no image is never pulled.

    + wanted: images with their pull policies
    """
    never = sorted({image for image, policy in wanted if policy == "Never"})
    if not never:
        return Gate(_NAME, "pass", _WHERE, "none is wanted", "all")

    def look() -> Gate:
        said = [(node.get("status") or {}).get("images") or [] for node in api.list("v1", "Node")]
        there = {name for images in said for image in images for name in image.get("names") or []}
        absent = [image for image in never if not any(_same(image, name) for name in there)]
        if absent and said and all(_whole(images) for images in said):
            return Gate(_NAME, "fail", _WHERE, "not there: " + ", ".join(absent), "all", _DO)
        return Gate(_NAME, "pass", _WHERE, ", ".join(never), "all")

    return Check(_NAME, _WHERE, look, do=_DO, retries=_AGAIN).ask()


def _whole(images: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a node surely says all that it has."""
    return 0 < len(images) < _MOST and all(
        len(image.get("names") or []) < _NAMES for image in images
    )


def _same(image: str, name: str) -> bool:
    """Whether a node's name is the one of an image; it has what people leave out: registry and tag."""
    registry, slash, path = image.partition("/")
    if slash and registry in ("docker.io", "index.docker.io"):
        image = f"docker.io/{path}" if "/" in path else f"docker.io/library/{path}"
    if ":" not in image.rpartition("/")[2]:  # neither tag nor digest
        image += ":latest"
    return name == image or name.endswith(f"/{image}")
