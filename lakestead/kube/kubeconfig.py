"""Find and read a kubeconfig, with errors that say which file and which contexts there are."""

from __future__ import annotations

import atexit
import base64
import binascii
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import getproxies, proxy_bypass

import yaml

from lakestead.errors import LakesteadError


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach one cluster.

    + kubeconfig: the file, or several joined by ``:`` as in $KUBECONFIG
    + context: the context that was chosen
    + configuration: server, TLS, authentication: ours, or the official client's, which has the same
      attributes
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
    documents = _documents(paths)
    contexts, current = _contexts(documents)
    chosen = context or current
    if chosen not in contexts:
        raise LakesteadError(
            f"The kubeconfig has no context {chosen!r}" if chosen else "No context is chosen",
            where=paths,
            found="contexts " + ", ".join(sorted(contexts)) if contexts else "no context at all",
            do="name one of these in the inventory, as @kube/NAME, and as kube.context in group_data, "
            f"or check the file: kubectl --kubeconfig {paths} config get-contexts",
        )
    configuration = _plain(documents, chosen) or _official(paths, chosen)
    return Access(paths, chosen, configuration)


@dataclass(frozen=True, slots=True)
class Server:
    """Server, TLS and authentication, with the names that the official client has for them."""

    host: str
    ssl_ca_cert: str | None = None
    cert_file: str | None = None
    key_file: str | None = None
    verify_ssl: bool = True
    tls_server_name: str | None = None
    proxy: str | None = None
    token: str = ""

    def get_api_key_with_prefix(self, name: str) -> str | None:
        """The header ``Authorization``; None where a certificate does."""
        return f"Bearer {self.token}" if self.token else None


CLUSTER = {
    "certificate-authority",
    "certificate-authority-data",
    "extensions",
    "insecure-skip-tls-verify",
    "proxy-url",
    "server",
    "tls-server-name",
}
USER = {
    "client-certificate",
    "client-certificate-data",
    "client-key",
    "client-key-data",
    "extensions",
    "token",
}


def _plain(documents: Mapping[str, Mapping[str, Any]], context: str) -> Server | None:
    """A context with a certificate or a token, which most have.

    Read without the official client, whose import takes as long as all requests of a small plan; None
    for any other, as one with a program that fetches credentials.
    """
    try:
        _, chosen = _named(documents, "context", context)
        place, cluster = _named(documents, "cluster", chosen["cluster"])
        user_place, user = _named(documents, "user", chosen["user"])
        if not cluster.keys() <= CLUSTER or not user.keys() <= USER:
            return None
        host = str(cluster["server"]).rstrip("/")
        return Server(
            host=host,
            ssl_ca_cert=_file(cluster, "certificate-authority", place),
            cert_file=_file(user, "client-certificate", user_place),
            key_file=_file(user, "client-key", user_place),
            verify_ssl=not cluster.get("insecure-skip-tls-verify"),
            tls_server_name=cluster.get("tls-server-name"),
            proxy=cluster.get("proxy-url") or _proxy(host),
            token=str(user.get("token") or ""),
        )
    except (KeyError, TypeError, AttributeError, binascii.Error):
        return None  # the official client says what is wrong with it


def _named(
    documents: Mapping[str, Mapping[str, Any]], kind: str, name: str
) -> tuple[str, Mapping[str, Any]]:
    """The file of a cluster, user or context, and what it says; the first file that has it counts."""
    for path, document in documents.items():
        for entry in document.get(f"{kind}s") or []:
            if entry["name"] == name:
                return path, entry.get(kind) or {}
    raise KeyError(name)


def _file(entry: Mapping[str, Any], name: str, kubeconfig: str) -> str | None:
    """The file that an entry names, or one with the data that it holds, gone when the process ends."""
    data = entry.get(f"{name}-data")
    if data:
        folder = Path(tempfile.mkdtemp(prefix="lakestead-"))  # of mode 0700
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        path = folder / name
        path.write_bytes(base64.b64decode(data, validate=True))
        return str(path)
    value = entry.get(name)
    if not value:
        return None
    return str(Path(kubeconfig).parent / Path(value).expanduser())


def _proxy(host: str) -> str | None:
    scheme, _, rest = host.partition("://")
    return None if proxy_bypass(rest.split("/")[0]) else getproxies().get(scheme)


def _official(paths: str, context: str) -> Any:
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException, load_kube_config

    configuration = Configuration()
    try:
        load_kube_config(
            config_file=paths,
            context=context,
            client_configuration=configuration,
            persist_config=False,
        )
    except (ConfigException, OSError, ValueError, TypeError, KeyError) as error:
        raise LakesteadError(
            f"The kubeconfig's context {context!r} cannot be used: {error}",
            where=paths,
            do=f"kubectl --kubeconfig {paths} --context {context} version",
        ) from error
    return configuration


def _documents(paths: str) -> dict[str, dict[str, Any]]:
    """What is in each of ``paths`` that is there."""
    existing = [path for path in paths.split(os.pathsep) if path and Path(path).is_file()]
    if not existing:
        raise LakesteadError(
            "There is no kubeconfig",
            where=paths,
            found="no such file",
            do="name the file as kube.kubeconfig in group_data or in $KUBECONFIG; "
            "the lab writes its own: lakestead lab up",
        )
    return {path: _read(path) for path in existing}


def _contexts(documents: Mapping[str, Mapping[str, Any]]) -> tuple[list[str], str]:
    """The names of all contexts, and the current one."""
    names: list[str] = []
    current = ""
    for document in documents.values():
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
