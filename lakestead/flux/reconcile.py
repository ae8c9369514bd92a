"""Bring Flux to the homelab repo's newest commit, link by link, and say where it is stuck.

The chain of an object is its GitRepository, the Kustomizations that make it, from the root on, those
that it depends on, and the object. Flux goes down that chain by itself; a request to reconcile only
spares the wait for its interval.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.flux.evidence import Evidence
from lakestead.flux.kinds import flux_ref, revision, short
from lakestead.flux.preview_inventory import inventory
from lakestead.flux.progress import applied, held_up, progress, suspended
from lakestead.gitops.history import only_tracking_between
from lakestead.gitops.repository import HomelabRepo
from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.status import Status

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
OWNER = "kustomize.toolkit.fluxcd.io/"
POLL = 0.5
HEAD_EVERY = 5.0
# Seconds between two requests after a failure, and how often it is tried: what an object needs may come
# a moment after it. A HelmRelease has a count of its own.
RETRY = 5.0
HELD_UP_RETRY = 2.0
TRIES = {"GitRepository": 3, "Kustomization": 3, "HelmRelease": 1}
# Seconds for which an object may be missing while something of its repository fails.
PATIENCE = 15.0


@dataclass(frozen=True, slots=True)
class Link:
    """One object of a chain, as it is now.

    + gone: a workload that a HelmRelease has made is not there, or has been scaled by somebody, though
      nothing is wrong with the release
    """

    ref: ObjectRef
    obj: dict[str, Any] | None
    state: Status
    gone: bool = False


@dataclass(slots=True)
class Tries:
    """Of one link and revision: when it was first looked at, last requested, and how often it failed.

    Times are those of ``time.monotonic``.
    """

    first: float
    last: float = field(init=False)
    count: int = 1

    def __post_init__(self) -> None:
        self.last = self.first


class Chain:
    """An object that Flux makes from the homelab repo, and what comes before it.

    + source: the GitRepository
    + root: the root Kustomization
    + target: the object; may be one of those two
    + replicas: how many pods workloads of a HelmRelease are to have, by name; of others nobody asks
    """

    def __init__(
        self,
        api: Api,
        repo: HomelabRepo,
        source: ObjectRef,
        root: ObjectRef,
        target: ObjectRef,
        replicas: Mapping[str, int] | None = None,
    ) -> None:
        self.api = api
        self.repo = repo
        self.source = source
        self.root = root
        self.target = target
        self.replicas = replicas or {}
        self._wanted = ""
        self._same: dict[str, bool] = {}
        self._asked = float("-inf")
        self._tries: dict[tuple[ObjectRef, str], Tries] = {}

    def pending(self) -> Link | None:
        """The first link that is not at the newest commit, or None where all is done."""
        self._ask_head()
        for ref in self._refs():
            link = self._look(ref)
            if not self._passed(link):
                return link
        return None

    def reconcile(self, timeout: float, say: Callable[[str], None]) -> str:
        """Wait until the target is ready at the newest commit; returns what was reached.

        + timeout: seconds for the whole chain
        + say: is told what is waited for, whenever that becomes another

        Raises LakesteadError with Flux's own message where a link fails, and for a HelmRelease with its
        pods' reasons, last log lines and events.
        """
        deadline = time.monotonic() + timeout
        evidence = Evidence(self.api)
        said = None
        while (link := self.pending()) is not None:
            topic = (link.ref, link.state.state, link.state.reason.partition(":")[0])
            if topic != said:
                say(f"{link.ref}: {link.state.reason}")
                said = topic
            evidence.gather(link.ref)
            if self._hopeless(link):
                raise self._error(link, "failed", evidence)
            if time.monotonic() + POLL > deadline:
                raise self._error(link, f"is not done after {timeout:g} s", evidence)
            time.sleep(POLL)
        return f"{self.target} is ready at {short(self._wanted)}"

    def _ask_head(self) -> None:
        """The commit to wait for is the branch's newest: Flux skips one that somebody pushed upon."""
        if time.monotonic() - self._asked < HEAD_EVERY:
            return
        head = self.repo.head()
        if head is None:
            raise LakesteadError(
                "The homelab repo has no commit yet, so Flux has nothing to apply",
                where=self.repo.url,
                do="run pyinfra INVENTORY deploys/phase1.py, which seeds it",
            )
        wanted = revision(self.repo.branch, self._enough(head))
        if wanted != self._wanted:
            self._wanted, self._same = wanted, {}
        self._asked = time.monotonic()

    def _enough(self, head: str) -> str:
        """The commit that Flux has fetched, where what came after it is only Lakestead's own tracking."""
        fetched = ((self.api.get(self.source) or {}).get("status") or {}).get("artifact") or {}
        commit = str(fetched.get("revision")).rpartition(":")[2]
        if commit == head or not re.fullmatch(r"[0-9a-f]{40}", commit):
            return head
        return commit if only_tracking_between(self.repo, commit, head) else head

    def _refs(self) -> list[ObjectRef]:
        """The chain from the top. Each Kustomization labels what it applies with its own name."""
        chain = [self.target]
        while len(chain) < 10:
            obj = self.api.get(chain[0])
            labels = ((obj or {}).get("metadata") or {}).get("labels") or {}
            if OWNER + "name" not in labels:
                break
            namespace = labels[OWNER + "namespace"]
            owner = flux_ref("Kustomization", labels[OWNER + "name"], namespace)
            if owner in chain:  # a root that applies itself, as flux bootstrap makes it
                break
            chain.insert(0, owner)
        if self.target == self.source:
            return [self.source]
        needed = self._needed()
        return list(dict.fromkeys([self.source, self.root, *chain[:-1], *needed, self.target]))

    def _needed(self) -> list[ObjectRef]:
        """What a target that is a Kustomization depends on: Flux looks at that only now and then."""
        found = [self.target] if self.target.kind == "Kustomization" else []
        for ref in found:  # grows
            for item in ((self.api.get(ref) or {}).get("spec") or {}).get("dependsOn") or []:
                namespace = item.get("namespace") or str(ref.namespace)
                other = flux_ref("Kustomization", item["name"], namespace)
                if other not in found:
                    found.append(other)
        return found[:0:-1]

    def _look(self, ref: ObjectRef) -> Link:
        obj = self.api.get(ref)
        chart = None
        if obj is not None and ref.kind == "HelmRelease":
            namespace, _, name = ((obj.get("status") or {}).get("helmChart") or "").partition("/")
            chart = self.api.get(flux_ref("HelmChart", name, namespace)) if name else None
        state = progress(obj, self._enough_for(obj, chart), chart)
        if obj is not None and ref.kind == "HelmRelease" and state.ready:
            for item in (item for item in inventory(obj) if item.kind in WORKLOADS):
                if lost := self._lost(item):
                    return Link(ref, obj, Status("in progress", lost), gone=True)
        return Link(ref, obj, state)

    def _lost(self, workload: ObjectRef) -> str:
        """What somebody has done to a workload behind its release's back."""
        obj = self.api.get(workload)
        if obj is None:
            return f"{workload} is gone"
        wanted = self.replicas.get(workload.name)
        found = obj["spec"].get("replicas") if wanted is not None else None
        return (
            "" if found == wanted else f"{workload} has {found} replicas, and is to have {wanted}"
        )

    def _enough_for(self, obj: dict[str, Any] | None, chart: dict[str, Any] | None) -> str:
        """The commit that an object is at, where what came after it is only tracking; else the wanted one.

        Flux goes through all that it has applied at every commit, in half minutes where one thing
        depends on another.
        """
        status = ((chart or obj or {}).get("status")) or {}
        at = str(status.get("observedSourceArtifactRevision" if chart else "lastAppliedRevision"))
        if at not in self._same:
            older, newer = at.rpartition(":")[2], self._wanted.rpartition(":")[2]
            known = re.fullmatch(r"[0-9a-f]{40}", older) is not None
            self._same[at] = (
                known and older != newer and only_tracking_between(self.repo, older, newer)
            )
        return at if self._same[at] else self._wanted

    def _passed(self, link: Link) -> bool:
        if link.state.ready:
            return True
        if link.ref.kind != "Kustomization" or link.obj is None:
            return False
        enough = self._enough_for(link.obj, None)
        if enough != self._wanted:
            # It has all of it, and is on its way to what does not concern it.
            return link.state.state != "failed" and applied(link.obj, enough)
        return link.ref != self.target and applied(link.obj, enough)

    def _hopeless(self, link: Link) -> bool:
        """Whether it is no use to wait on. Asks Flux to try again where that may help."""
        now = time.monotonic()
        failed = link.state.state == "failed"
        key = (link.ref, self._wanted)
        if key not in self._tries:
            self._tries[key] = Tries(now)
            if failed or link.gone or link.ref == self.source:
                self._request(link)
            return False
        tries = self._tries[key]
        if link.obj is None:
            return now - tries.first > PATIENCE and bool(self._failed())
        if failed and (suspended(link.obj) or tries.count >= TRIES[link.ref.kind]):
            return True
        due = now - tries.last >= (RETRY if failed or link.gone else HELD_UP_RETRY)
        if due and (failed or link.gone or held_up(link.obj)):
            tries.last = now
            tries.count += failed
            self._request(link)
        return False

    def _request(self, link: Link) -> None:
        """Ask the controller to reconcile now, as ``flux reconcile`` does."""
        if link.obj is None or suspended(link.obj):
            return
        token = datetime.now(UTC).isoformat()
        annotations = {"reconcile.fluxcd.io/requestedAt": token}
        if link.ref.kind == "HelmRelease" and link.state.state == "failed":
            annotations["reconcile.fluxcd.io/resetAt"] = token  # its count of failures begins anew
        if link.gone:
            annotations["reconcile.fluxcd.io/forceAt"] = (
                token  # Helm looks at its own records alone
            )
        self.api.patch(link.ref, {"metadata": {"annotations": annotations}})

    def _failed(self) -> list[str]:
        """Kustomizations of this repository that fail, each with Flux's message."""
        failed = []
        for obj in self.api.list(self.root.api_version, "Kustomization"):
            reference = obj["spec"].get("sourceRef") or {}
            namespace = reference.get("namespace") or obj["metadata"]["namespace"]
            if (reference.get("name"), namespace) == (self.source.name, self.source.namespace):
                state = progress(obj, self._wanted)
                if state.state == "failed":
                    failed.append(f"{ObjectRef.of(obj)}: {state.reason}")
        return failed

    def _error(self, link: Link, what: str, evidence: Evidence) -> LakesteadError:
        found = [link.state.reason]
        if link.obj is None:
            found += self._failed()
        found += evidence.lines(link.ref)
        return LakesteadError(
            f"{link.ref} {what}",
            where=f"Flux at {short(self._wanted)} of {self.repo.url}",
            found="\n".join(found),
            do=self._advice(link),
        )

    def _advice(self, link: Link) -> str:
        name, namespace = link.ref.name, link.ref.namespace
        if link.obj is None:
            return (
                f"see that {self.root}'s path leads to the folder of {name} in the homelab repo: "
                f"kubectl -n {self.root.namespace} describe kustomization {self.root.name}"
            )
        if suspended(link.obj):
            return f"flux resume {link.ref.kind.lower()} {name} -n {namespace}"
        return f"kubectl -n {namespace} describe {link.ref.kind.lower()} {name}"
