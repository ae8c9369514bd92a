"""Install Flux, make it follow the homelab repo, and wait for what it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pyinfra import host, state

from lakestead.errors import LakesteadError
from lakestead.flux import installation, sync
from lakestead.flux.kinds import Kind, flux_ref
from lakestead.flux.reconcile import Chain, Link
from lakestead.gitops.session import homelab
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import ApiError
from lakestead.kube.session import api
from lakestead.operations import kube
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.homelab_commits import PlannedCommits
from lakestead.operations.show import progress, say_once, show
from lakestead.plan.change import Change
from lakestead.settings import Settings
from lakestead.settings.secret import resolve


@operation
def install(timeout: float = 300) -> Iterator[Command]:
    """Install Flux from ``flux.manifests``, unless the cluster has one: that is left as it is.

    + timeout: seconds to wait for CRDs and controllers

    **Example:**

    .. code:: python

        flux.install(name="Install Flux")
    """
    found = installation.find(api(host))
    if found.foreign:
        installation.check_foreign(found)
        say_once(host, f"Flux is here already and left as it is: {found}")
        show(host, [Change("Flux", str(found), "unchanged", why="somebody else installed it")])
        host.noop(f"Flux is here already: {found}")
        return
    objects = _manifests(Settings.of(host).flux.manifests)
    try:
        yield from kube.applied(objects=objects, timeout=timeout)
    except ApiError as error:
        if error.status != 403:
            raise
        installation.check_left_to_administrator(found, error, Settings.of(host).flux.manifests)
        say_once(host, f"Flux is here and left to the administrator, who sees all of it: {found}")
        why = "an administrator installed it; this user may not see all of it"
        show(host, [Change("Flux", str(found), "unchanged", why=why)])
        host.noop(f"Flux is here: {found}")


@operation
def follow() -> Iterator[Command]:
    """Make Flux follow the homelab repo: Secret, GitRepository and root Kustomization.

    A GitRepository or Kustomization of the settings' names that somebody else made is left as it is; it
    must follow the same repository and branch.

    **Example:**

    .. code:: python

        flux.follow(name="Make Flux follow the homelab repo")
    """
    settings = Settings.of(host)
    cluster = api(host)
    objects: list[dict[str, Any]] = []
    left: list[Change] = []
    source = sync.foreign(cluster, settings.flux, "GitRepository")
    if source is None:
        if settings.gitops.username and settings.gitops.password:
            password = resolve(settings.gitops.password, cluster)
            objects.append(sync.secret(settings.flux, settings.gitops.username, password))
        objects.append(sync.git_repository(settings.flux, settings.gitops))
    else:
        sync.check_follows(source, settings.gitops)
        left.append(_left("GitRepository", settings.flux.git_repository, settings.flux.namespace))
    if sync.foreign(cluster, settings.flux, "Kustomization") is None:
        objects.append(sync.root_kustomization(settings.flux))
    else:
        left.append(_left("Kustomization", settings.flux.kustomization, settings.flux.namespace))
    for change in left:
        say_once(host, f"{change.kind} {change.name} is here already and left as it is")
    if left:
        show(host, left)
    if objects:
        yield from kube.applied(objects=objects, wait=False)
    else:
        host.noop("Flux follows the homelab repo already")


@operation
def reconcile(
    kind: Kind,
    object_name: str,
    namespace: str,
    timeout: float | None = None,
    replicas: Mapping[str, int] | None = None,
) -> Iterator[Command]:
    """Wait until Flux has brought an object to the homelab repo's newest commit and it is ready.

    Flux is asked to look at once, and only if it is not there yet.

    + kind: ``GitRepository``, ``Kustomization`` or ``HelmRelease``
    + object_name: its name
    + namespace: its namespace
    + timeout: seconds; by default ``flux.timeout`` of the settings
    + replicas: of a HelmRelease's workloads, by name: Flux puts them back where somebody has scaled one

    **Example:**

    .. code:: python

        flux.reconcile(
            name="Wait for the metastore",
            kind="HelmRelease", object_name="hive-metastore", namespace="data-platform",
        )
    """
    settings = Settings.of(host).flux
    repo = homelab(host)
    chain = Chain(
        api(host),
        repo,
        flux_ref("GitRepository", settings.git_repository, settings.namespace),
        flux_ref("Kustomization", settings.kustomization, settings.namespace),
        flux_ref(kind, object_name, namespace),
        replicas,
    )
    full_name = f"{namespace}/{object_name}"
    change = Change(kind, full_name, "wait", why="Flux follows the push")
    if state.is_executing or not PlannedCommits.of(host).pending(repo):
        link = chain.pending()
        if link is None:
            show(host, [Change(kind, full_name, "unchanged", why="ready at the newest commit")])
            host.noop(f"{kind} {namespace}/{object_name} is ready at the branch's newest commit")
            return
        change = _waiting(kind, full_name, link)
    show(host, [change])
    seconds = timeout or settings.timeout
    say = progress(host)
    yield ApiCommand(
        f"wait for {kind} {namespace}/{object_name}",
        lambda: chain.reconcile(seconds, say),
        undo=NOTHING,
    )


def _left(kind: str, name: str, namespace: str) -> Change:
    return Change(kind, f"{namespace}/{name}", "unchanged", why="somebody else made it")


def _waiting(kind: str, full_name: str, link: Link) -> Change:
    if link.obj is None:
        return Change(kind, full_name, "wait", why=f"{link.ref} is not there yet")
    reason = link.state.reason.splitlines()[0]
    own = str(link.ref) == f"{kind} {full_name}"
    return Change(kind, full_name, "wait", why=reason if own else f"{link.ref}: {reason}")


def _manifests(file: str | None) -> list[dict[str, Any]]:
    if file is None:
        raise LakesteadError(
            "The cluster has no Flux, and flux.manifests does not say where to take it from",
            do="set flux.manifests to a file made by: flux install --export > flux.yaml",
        )
    path = Path(file).expanduser()
    try:
        documents = list(yaml.safe_load_all(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise LakesteadError(
            "Flux's install manifests cannot be read", where=str(path), found=str(error)
        ) from None
    objects = [document for document in documents if document]
    if not objects or not all(isinstance(item, dict) and item.get("kind") for item in objects):
        raise LakesteadError(
            "Flux's install manifests hold something else than Kubernetes objects", where=str(path)
        )
    return objects
