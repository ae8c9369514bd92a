"""Build one of Flux's Kustomizations as kustomize-controller does, by ``kubectl kustomize``.

Source: github.com/fluxcd/pkg/kustomize, ``Generator`` and ``SubstituteVariables``.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from lakestead.errors import LakesteadError
from lakestead.flux.preview_substitute import NotKnownHere, substitute
from lakestead.flux.preview_tree import KUSTOMIZATIONS, Tree, copy, write
from lakestead.helm.manifests import documents, objects
from lakestead.helm.program import Program, ProgramFailed

Object = dict[str, Any]
Read = Callable[[str, str, str], Mapping[str, Any] | None]
"""``read(kind, namespace, name)`` answers a ConfigMap or Secret, or None."""

SUBSTITUTE = "kustomize.toolkit.fluxcd.io/substitute"
# Fields of a Kustomization that become fields of the kustomization.yaml in its folder.
OVERLAYS = (
    "targetNamespace", "namePrefix", "nameSuffix", "patches", "images", "components", "buildMetadata",
)  # fmt: skip
NO_REMOTE = ("git::", "gh:", "ssh://", "https://", "http://", "git@", "github.com:", "github.com/")


def folder_of(spec: Mapping[str, Any]) -> str:
    """The folder that a Kustomization applies, from the repository's root."""
    return os.path.normpath("/" + (spec.get("path") or ".")).lstrip("/") or "."


def build(
    kubectl: Program, tree: Tree, kustomization: Mapping[str, Any], scratch: Path, read: Read
) -> tuple[list[Object], list[str]]:
    """The objects of a Kustomization, and the texts in them that came from Secrets.

    + scratch: a folder that is not there yet

    Raises NotKnownHere where it cannot be done here, and another LakesteadError where Flux could not
    build it either.
    """
    spec = kustomization["spec"]
    folder = folder_of(spec)
    root = tree.folder
    if not (root / folder).is_dir():
        raise LakesteadError(f"the homelab repo has no folder {folder}")
    file = next((name for name in KUSTOMIZATIONS if (root / folder / name).is_file()), None)
    if file is None or any(spec.get(key) for key in OVERLAYS) or _empty(root / folder / file):
        copy(tree, scratch)
        root = scratch
        content = _overlaid(root, folder, file, spec)
        text = yaml.safe_dump(content, sort_keys=False)
        write(root / folder / (file or KUSTOMIZATIONS[0]), text.encode())
    arguments = ["kustomize", "--load-restrictor", "LoadRestrictionsNone", str(root / folder)]
    try:
        built = kubectl.run(arguments, environment={"KUBECONFIG": "/dev/null"})
    except ProgramFailed as error:
        raise ProgramFailed(error.what, found=error.found.replace(str(root), "")) from None
    texts = [text for text in re.split(r"^---\r?\n", built, flags=re.M) if text.strip()]
    variables, secrets = _variables(kustomization, read)
    always = spec.get("postBuild", {}).get("substituteStrategy") == "Always"
    where = f"folder {folder} of the homelab repo"
    result: list[Object] = []
    for text in texts:
        parsed = objects(text, where)
        if (variables or always) and not any(_opted_out(obj) for obj in parsed):
            parsed = _substituted(text, variables, where, quiet=bool(secrets))
        result += parsed
    return result, secrets


def _substituted(
    text: str, variables: Mapping[str, str], where: str, *, quiet: bool
) -> list[Object]:
    replaced = substitute(text, variables)
    try:
        return objects(replaced, where)
    except LakesteadError as error:
        found = "not shown: it may quote a value of a Secret" if quiet else error.found
        raise LakesteadError(f"{error.what} (postBuild)", where=where, found=found) from None


def _overlaid(root: Path, folder: str, file: str | None, spec: Mapping[str, Any]) -> Object:
    """The kustomization.yaml with what the Kustomization adds to it."""
    content: Object = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    if file is None:
        if resources := _manifests(root / folder):
            content["resources"] = resources
        else:
            content["namespace"] = "_placeholder"
    else:
        found = documents((root / folder / file).read_text(encoding="utf-8"), f"{folder}/{file}")
        content |= found[0] if found else {}
        if not content.get("resources"):
            content["buildMetadata"] = ["originAnnotations"]
    for key, name in (
        ("targetNamespace", "namespace"),
        ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"),
        ("buildMetadata", "buildMetadata"),
    ):
        if spec.get(key):
            content[name] = spec[key]
    added = [{k: p[k] for k in ("patch", "target") if k in p} for p in spec.get("patches") or []]
    if added:
        content["patches"] = [*(content.get("patches") or []), *added]
    if images := spec.get("images"):
        named = {image["name"]: image for image in [*(content.get("images") or []), *images]}
        content["images"] = list(named.values())
    if components := _components(root / folder, spec):
        content["components"] = [*(content.get("components") or []), *components]
    return content


def _components(folder: Path, spec: Mapping[str, Any]) -> list[str]:
    wanted = list(spec.get("components") or [])
    for component in wanted:
        if component.lower().startswith(NO_REMOTE) or os.path.isabs(component):
            raise LakesteadError(f"component {component} is not a relative path")
    if spec.get("ignoreMissingComponents"):
        return [component for component in wanted if (folder / component).exists()]
    return wanted


def _manifests(folder: Path) -> list[str]:
    """What a folder without a kustomization.yaml consists of: manifests, and folders that have one."""
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        inner = Path(place)
        for name in sorted(folders):
            if any((inner / name / file).is_file() for file in KUSTOMIZATIONS):
                folders.remove(name)
                found.append(f"./{(inner / name).relative_to(folder)}")
        found += [
            f"./{(inner / name).relative_to(folder)}"
            for name in files
            if name.endswith((".yaml", ".yml"))
        ]
    return sorted(found)


def _empty(file: Path) -> bool:
    try:
        found = documents(file.read_text(encoding="utf-8"), file.name)
    except (LakesteadError, UnicodeDecodeError):
        return False  # kustomize says it better
    return not found or not isinstance(found[0], dict) or not found[0].get("resources")


def _variables(kustomization: Mapping[str, Any], read: Read) -> tuple[dict[str, str], list[str]]:
    """The variables of postBuild, and those of their values that came from Secrets."""
    post = kustomization["spec"].get("postBuild") or {}
    variables: dict[str, str] = {}
    secrets: list[str] = []
    for reference in post.get("substituteFrom") or []:
        kind, name = reference["kind"], reference["name"]
        found = read(kind, kustomization["metadata"]["namespace"], name)
        if found is None:
            if reference.get("optional"):
                continue
            raise NotKnownHere(f"{kind} {name} of postBuild.substituteFrom is not there")
        values: dict[str, str] = dict(found.get("data") or {})
        if kind == "Secret":
            values = {k: base64.b64decode(v).decode("utf-8", "replace") for k, v in values.items()}
            secrets += values.values()
        variables |= {key: value.replace("\n", "") for key, value in values.items()}
    own: Mapping[str, str] = post.get("substitute") or {}
    variables |= {key: str(value).replace("\n", "") for key, value in own.items()}
    return variables, secrets


def _opted_out(obj: Mapping[str, Any]) -> bool:
    both: Sequence[Mapping[str, str]] = [
        obj["metadata"].get(field) or {} for field in ("labels", "annotations")
    ]
    return any(found.get(SUBSTITUTE) == "disabled" for found in both)
