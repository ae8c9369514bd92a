"""One run at a time: a Lease in ``kube-system`` says who is at it.

Kubernetes' own leader election, with the same fields, so that ``kubectl get lease`` tells who holds it. The
clocks of two workstations are never compared to take a lock over: a holder is dead when its Lease was
seen not to change for as long as it says, or when the caller knows it otherwise. Every write names the
``resourceVersion`` that it read, so that of two who want it one gets it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lakestead.errors import LakesteadError, Refused
from lakestead.kube.client import Api, ApiError

NAMESPACE, NAME = "kube-system", "lakestead"
DURATION = 30.0
RENEW_EVERY = 8.0
# A holder stops to trust its lock before others may take it, since a write needs time to arrive.
TRUSTED = DURATION * 5 / 6
POLL = 1.0
COLLECTION = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
PATH = f"{COLLECTION}/{NAME}"


class Locked(Refused):
    """Another run holds the cluster's lock."""


class LockLost(Refused):
    """This run's lock went to another run, or could not be renewed in time."""


class Lease:
    """The lock of one cluster.

    + holder: who wants it, for others to read: ``user@host pid run``
    + duration: seconds without a renewal after which others take it
    """

    def __init__(self, api: Api, holder: str, *, duration: float = DURATION) -> None:
        self._api = api
        self.holder = holder
        self.duration = duration
        self._lock = threading.Lock()
        self._held: dict[str, Any] | None = None
        self._lost: LockLost | None = None
        self._renewed = 0.0
        self._stop = threading.Event()

    @property
    def held(self) -> bool:
        """Whether it was taken and not given back; ``check`` says whether it is still ours."""
        return self._held is not None or self._lost is not None

    def acquire(
        self,
        wait: float = 0,
        say: Callable[[str], None] = lambda text: None,
        is_dead: Callable[[str], bool] = lambda holder: False,
    ) -> None:
        """Take the lock, and renew it in the background until ``release``.

        + wait: seconds to wait for a holder that is alive; 0 refuses at once
        + say: called with one line when the waiting begins, and one when a lock is taken over
        + is_dead: whether a holder is known to be dead, as a process of this workstation can be

        Raises Locked, which names the holder, host and since when. A holder that shows no sign of life is
        watched for its whole duration before its lock is taken over, however short ``wait`` is.
        """
        watch = _Watch()
        deadline = _now() + wait
        told = ""
        found: dict[str, Any] | None = None  # Most often nobody has it: no need to look.
        while True:
            if found is None:
                done = self._write("POST", COLLECTION, _lease(self.holder, self.duration, 0))
            else:
                spec = found.get("spec") or {}
                current = spec.get("holderIdentity") or ""
                dead = bool(current) and (is_dead(current) or watch.expired(found))
                if current and not dead:
                    if _now() >= deadline and watch.looks_alive(found):
                        raise _locked(spec, wait)
                    if told != current:
                        say(f"waits for the cluster's lock: {_who(spec)}")
                        told = current
                    time.sleep(min(POLL, self.duration / 10))
                    found = self._read()
                    continue
                if current:
                    say(f"takes the lock of a run that is gone: {_who(spec)}")
                turns = int(spec.get("leaseTransitions") or 0) + 1
                new = _lease(self.holder, self.duration, turns)
                new["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
                done = self._write("PUT", PATH, new)
            if done:
                self._stop.clear()
                threading.Thread(target=self._renew, name="lease", daemon=True).start()
                return
            found = self._read()

    def check(self) -> None:
        """Raise LockLost unless the lock is ours for some seconds more; call it before each write."""
        if self._held is not None and self._stale():
            self._renew_once()
        if self._held is not None and self._stale():
            self._lose("it could not be renewed in time")
        if self._lost is not None:
            raise self._lost

    def release(self) -> bool:
        """Give the lock back; False where that failed, and it runs out by itself."""
        self._stop.set()
        with self._lock:
            held, self._held = self._held, None
            if held is None:
                return True
            version = held["metadata"]["resourceVersion"]
            options = {"preconditions": {"resourceVersion": version}}
            try:
                self._api.raw("DELETE", PATH, body=options, timeout=5)
            except LakesteadError:
                return False
            return True

    def _read(self) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self._api.raw("GET", PATH)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
        return found

    def _write(self, method: str, path: str, lease: Mapping[str, Any]) -> bool:
        """Whether the Lease was written; False where somebody was quicker."""
        before = _now()
        try:
            self._held = self._api.raw(
                method, path, query={"fieldManager": "lakestead"}, body=lease, timeout=5
            )
        except ApiError as error:
            if error.status in (404, 409):
                return False
            raise
        self._renewed = before
        return True

    def _renew(self) -> None:
        while not self._stop.wait(self._share(RENEW_EVERY)):
            self._renew_once()
            if self._held is None:
                return

    def _renew_once(self) -> None:
        with self._lock:
            if self._held is None:
                return
            lease = self._held
            lease["spec"]["renewTime"] = _micro_time()
            try:
                if self._write("PUT", PATH, lease):
                    return
                found = self._read()
            except LakesteadError:
                return  # Tried again; `check` knows how long it has been.
            spec = (found or {}).get("spec") or {}
            if spec.get("holderIdentity") == self.holder and found is not None:
                self._held = found  # An answer got lost, or somebody labelled it.
                return
            self._lose(f"now {_who(spec)}" if spec.get("holderIdentity") else "it was deleted")

    def _stale(self) -> bool:
        return _now() - self._renewed > self._share(TRUSTED)

    def _share(self, seconds: float) -> float:
        """``seconds`` are for a lock of the usual duration."""
        return seconds * self.duration / DURATION

    def _lose(self, why: str) -> None:
        self._held = None
        self._lost = LockLost(
            "This run has lost the cluster's lock and stops before its next write",
            where=f"Lease {NAMESPACE}/{NAME}",
            found=why,
            expected=self.holder,
            do="run the same command again: what is done already is not done twice",
        )


class _Watch:
    """Looks at another's Lease, by this process's own clock."""

    def __init__(self) -> None:
        self._version = ""
        self._since = 0.0
        self._changed = False

    def expired(self, lease: Mapping[str, Any]) -> bool:
        """Whether it did not change for its own duration since it was first looked at."""
        version = lease["metadata"]["resourceVersion"]
        if version != self._version:
            self._changed = bool(self._version)
            self._version, self._since = version, _now()
            return False
        return _now() - self._since > _duration(lease)

    def looks_alive(self, lease: Mapping[str, Any]) -> bool:
        """Whether it was renewed before our eyes, or says that it was renewed just now.

        The latter trusts a clock, only to refuse sooner; never to take a lock.
        """
        if self._changed:
            return True
        try:
            renewed = datetime.fromisoformat(lease["spec"]["renewTime"])
        except (KeyError, TypeError, ValueError):
            return False
        return abs((datetime.now(UTC) - renewed).total_seconds()) < _duration(lease)


def _duration(lease: Mapping[str, Any]) -> float:
    return float((lease.get("spec") or {}).get("leaseDurationSeconds") or DURATION)


def _lease(holder: str, duration: float, turns: int) -> dict[str, Any]:
    now = _micro_time()
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": max(1, round(duration)),
            "acquireTime": now,
            "renewTime": now,
            "leaseTransitions": turns,
        },
    }


def _locked(spec: Mapping[str, Any], waited: float) -> Locked:
    duration = int(spec.get("leaseDurationSeconds") or DURATION)
    return Locked(
        "Another run of Lakestead is at this cluster"
        + (f"; waited {waited:g} s for it" if waited else ""),
        where=f"Lease {NAMESPACE}/{NAME}",
        found=_who(spec),
        do="wait until it is done: --lock-wait 10m (pyinfra: LAKESTEAD_LOCK_WAIT=600); "
        f"if it is dead its lock runs out within {duration} s",
    )


def _who(spec: Mapping[str, Any]) -> str:
    """``root@host pid 12 run …, since 14:50:02``."""
    since = str(spec.get("acquireTime") or "")[:19].replace("T", " ")
    return f"{spec.get('holderIdentity')}, since {since} UTC"


def _micro_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _now() -> float:
    """Seconds that also count while the workstation sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
