"""Find and read a kubeconfig, with errors that say which file and which contexts there are."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config

from lakestead.errors import LakesteadError


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one cluster.

    + kubeconfig: the file, or several joined by ``:`` as in $KUBECONFIG
    + context: the context that was chosen
    + configuration: the official client's configuration: server, TLS, authentication
    """

    kubeconfig: str
    context: str
    configuration: Any


def load(kubeconfig: str | None, context: str | None) -> Access:
    """Read ``kubeconfig`` (default: $KUBECONFIG, then ~/.kube/config) and choose ``context``.

    + context: a context's name; None takes the file's current context

    Raises LakesteadError where the file is missing or broken, or the context is not in it.
    """
    named = kubeconfig or os.environ.get("KUBECONFIG") or "~/.kube/config"
    paths = os.pathsep.join(os.path.expanduser(path) for path in named.split(os.pathsep))
    contexts, current = _contexts(paths)
    chosen = context or current
    if chosen not in contexts:
        raise LakesteadError(
            f"The kubeconfig has no context {chosen!r}" if chosen else "No context is chosen",
            where=paths,
            found="contexts " + ", ".join(sorted(contexts)) if contexts else "no context at all",
            do="name one of these as kube.context in group_data, "
            f"or check the file: kubectl --kubeconfig {paths} config get-contexts",
        )
    configuration = Configuration()
    try:
        load_kube_config(
            config_file=paths,
            context=chosen,
            client_configuration=configuration,
            persist_config=False,
        )
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        raise LakesteadError(
            f"The kubeconfig's context {chosen!r} cannot be used: {error}",
            where=paths,
            do=f"kubectl --kubeconfig {paths} --context {chosen} version",
        ) from error
    return Access(paths, chosen, configuration)


def _contexts(paths: str) -> tuple[list[str], str]:
    """The names of all contexts in ``paths``, and the current one."""
    names: list[str] = []
    current = ""
    existing = [path for path in paths.split(os.pathsep) if path and Path(path).is_file()]
    if not existing:
        raise LakesteadError(
            "There is no kubeconfig",
            where=paths,
            found="no such file",
            do="name the file as kube.kubeconfig in group_data or in $KUBECONFIG; "
            "the lab writes its own: lakestead lab up",
        )
    for path in existing:
        document = _read(path)
        current = current or str(document.get("current-context") or "")
        names += [str(entry["name"]) for entry in document.get("contexts") or []]
    return names, current


def _read(path: str) -> dict[str, Any]:
    try:
        document = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise LakesteadError(
            f"The kubeconfig cannot be read: {error}", where=path, expected="a YAML kubeconfig"
        ) from error
    if not isinstance(document, dict):
        raise LakesteadError(
            "The file is not a kubeconfig",
            where=path,
            found="an empty file" if document is None else f"a YAML {type(document).__name__}",
            expected="a YAML mapping with clusters, users and contexts",
        )
    return document
