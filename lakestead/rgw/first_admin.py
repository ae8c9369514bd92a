"""The first user with admin caps, made in the toolbox pod where the Admin Ops API has none yet.

Answers hold keys: they are read here and go nowhere else, and no message repeats them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lakestead.errors import LakesteadError
from lakestead.kube.client import Api, ExecResult
from lakestead.rgw.credentials import Credentials
from lakestead.rgw.users import parse_user

# What this project asks of the Admin Ops API, and what Rook gives its own user.
CAPS = {"buckets": "*", "metadata": "*", "usage": "*", "users": "*", "zone": "read"}

# Seconds. With an OSD down look-ups hang for ever else.
TIMEOUTS = ("--rados-osd-op-timeout=10", "--client-mount-timeout=10")
COMMAND_TIMEOUT = 30
KILLED = 124
NO_SUCH_USER = 22


class Toolbox:
    """``radosgw-admin`` in the toolbox pod.

    + api: the cluster
    + namespace, pod, container: the toolbox
    + object_store: Rook names realm, zonegroup and zone after it
    """

    def __init__(
        self, api: Api, namespace: str, pod: str, container: str | None, object_store: str
    ) -> None:
        self.api = api
        self.namespace = namespace
        self.pod = pod
        self.container = container
        self.object_store = object_store
        self._zone: tuple[str, ...] | None = None

    def read_user(self, uid: str) -> tuple[dict[str, str], list[Credentials]] | None:
        """The user's caps and keys; None only where Ceph says that there is no such user."""
        answer = self._run(["user", "info", f"--uid={uid}"], absent=NO_SUCH_USER)
        return None if answer is None else _caps_and_keys(answer)

    def create_user(self, uid: str, caps: Mapping[str, str]) -> list[Credentials]:
        """Create a user with caps and a key that Ceph makes up."""
        answer = self._run(
            [
                "user",
                "create",
                f"--uid={uid}",
                "--display-name=Lakestead (Admin Ops API)",
                f"--caps={_caps(caps)}",
            ]
        )
        assert answer is not None
        return _caps_and_keys(answer)[1]

    def add_caps(self, uid: str, caps: Mapping[str, str]) -> None:
        """Add caps to those that are there."""
        self._run(["caps", "add", f"--uid={uid}", f"--caps={_caps(caps)}"])

    def add_key(self, uid: str) -> list[Credentials]:
        """Add a key that Ceph makes up; returns all of the user's."""
        answer = self._run(["key", "create", f"--uid={uid}", "--key-type=s3", "--gen-access-key"])
        assert answer is not None
        return _caps_and_keys(answer)[1]

    def _run(self, arguments: Sequence[str], absent: int | None = None) -> dict[str, Any] | None:
        command = ["radosgw-admin", *arguments, *self._place(), *TIMEOUTS, "--format=json"]
        answer = self._exec(command)
        if absent is not None and answer.rc == absent:
            return None
        return self._parsed(arguments, answer)

    def _place(self) -> tuple[str, ...]:
        """Rook makes a realm per object store, which is not the default one; others have none."""
        if self._zone is None:
            listing = ["realm", "list"]
            answer = self._exec(["radosgw-admin", *listing, *TIMEOUTS, "--format=json"])
            names = self._parsed(listing, answer).get("realms") or []
            kinds = ("realm", "zonegroup", "zone") if self.object_store in names else ()
            self._zone = tuple(f"--rgw-{kind}={self.object_store}" for kind in kinds)
        return self._zone

    def _exec(self, command: Sequence[str]) -> ExecResult:
        return self.api.exec(
            self.namespace,
            self.pod,
            ["timeout", "-k", "2", str(COMMAND_TIMEOUT), *command],
            container=self.container,
            timeout=COMMAND_TIMEOUT + 10,
        )

    def _parsed(self, arguments: Sequence[str], answer: ExecResult) -> dict[str, Any]:
        if answer.rc != 0:
            # Only stderr: stdout may hold keys.
            raise self._failed(arguments, answer.rc, answer.stderr.decode("utf-8", "replace"))
        try:
            parsed: dict[str, Any] = json.loads(answer.stdout)
        except ValueError:
            # "from None": the exception holds the text, which may hold keys.
            raise self._failed(arguments, answer.rc, "no JSON on standard output") from None
        return parsed

    def _failed(self, arguments: Sequence[str], rc: int, error: str) -> LakesteadError:
        lines = [line for line in error.splitlines() if line.strip()]
        if rc == KILLED:
            lines.append(f"ended after {COMMAND_TIMEOUT} s without an answer")
        return LakesteadError(
            f"radosgw-admin {' '.join(arguments[:2])} failed",
            where=f"pod {self.namespace}/{self.pod}",
            found="\n".join([f"exit code {rc}", *lines[-3:]]),
            do=f"kubectl --namespace {self.namespace} exec deploy/rook-ceph-tools -- ceph status",
        )


def lacking(found: Mapping[str, str], wanted: Mapping[str, str] = CAPS) -> dict[str, str]:
    """The caps in ``wanted`` that ``found`` does not grant."""
    return {kind: perm for kind, perm in wanted.items() if found.get(kind) not in (perm, "*")}


def _caps(caps: Mapping[str, str]) -> str:
    return ";".join(f"{kind}={caps[kind]}" for kind in sorted(caps))


def _caps_and_keys(answer: Mapping[str, Any]) -> tuple[dict[str, str], list[Credentials]]:
    user, keys = parse_user(answer)
    return dict(user.caps), keys
