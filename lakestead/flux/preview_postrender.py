"""What helm-controller does to what a chart rendered, before it is applied."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lakestead.flux.preview_kustomize import Object
from lakestead.helm.manifests import objects
from lakestead.helm.program import Program
from lakestead.helm.template import HOOK, Rendered

GROUP = "helm.toolkit.fluxcd.io"


def postrender(
    kubectl: Program, release: Mapping[str, Any], rendered: Rendered, scratch: Path
) -> tuple[list[Object], list[Object]]:
    """Objects and hooks after the release's postRenderers, with its labels.

    + scratch: a folder that is not there yet
    """
    spec = release["spec"]
    hooks_too = spec.get("postRenderStrategy") != "nohooks"
    both = [*rendered.objects, *(rendered.hooks if hooks_too else [])]
    for number, renderer in enumerate(spec.get("postRenderers") or []):
        if kustomize := renderer.get("kustomize"):
            both = _kustomize(kubectl, both, kustomize, scratch / str(number))
    common = spec.get("commonMetadata") or {}
    metadata = release["metadata"]
    origin = {f"{GROUP}/name": metadata["name"], f"{GROUP}/namespace": metadata["namespace"]}
    for obj in both:
        _add(obj, "labels", {**(common.get("labels") or {}), **origin})
        _add(obj, "annotations", common.get("annotations") or {})
    hooks = [obj for obj in both if HOOK in (obj["metadata"].get("annotations") or {})]
    plain = [obj for obj in both if HOOK not in (obj["metadata"].get("annotations") or {})]
    return plain, hooks if hooks_too else rendered.hooks


def _kustomize(
    kubectl: Program, both: list[Object], kustomize: Mapping[str, Any], folder: Path
) -> list[Object]:
    folder.mkdir(parents=True)
    patches = [
        {key: patch[key] for key in ("patch", "target") if key in patch}
        for patch in kustomize.get("patches") or []
    ]
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": ["helm-output.yaml"],
        "patches": patches,
        "images": kustomize.get("images") or [],
    }
    (folder / "helm-output.yaml").write_text(yaml.safe_dump_all(both), encoding="utf-8")
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    text = kubectl.run(["kustomize", str(folder)], environment={"KUBECONFIG": "/dev/null"})
    return objects(text, "postRenderers")


def _add(obj: Object, field: str, more: Mapping[str, str]) -> None:
    if more:
        obj["metadata"][field] = {**(obj["metadata"].get(field) or {}), **more}
