"""A Kubernetes API server of one's own: etcd and kube-apiserver on 127.0.0.1, nothing else.

No controllers and no node: objects are stored, defaulted, validated and nothing becomes of them.
Starts in a few seconds, as often as wanted at a time, and needs no root. Three ways to use it::

    def test_something(api_server: ApiServer) -> None: ...       # pytest: one server a session

    with ApiServer.running() as server:                          # anywhere else
        run(["kubectl", "--kubeconfig", str(server.kubeconfig), "get", "namespaces"])

    python -m tests.api_server                                   # by hand; Ctrl-C ends it
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from lakestead.errors import LakesteadError
from lakestead.lab.golang import go_program
from lakestead.lab.pki import Authority, Certificate

ADMIN = "lakestead-admin"
CONTEXT = "lakestead-test"
START_WITHIN = 60.0  # seconds
_MARK = "lakestead-mark"
_UNHEARD = "lakestead-unheard"
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "None", "userGroups": [_UNHEARD]}, {"level": "Metadata"}],
}


@dataclass(frozen=True, slots=True)
class ApiServer:
    """A running API server.

    + url: ``https://127.0.0.1:PORT``
    + kubeconfig: of an administrator; its context is ``lakestead-test``
    + audit: the audit log, one JSON line for each request (level Metadata), but those of users from
      ``kubeconfig_of``
    + folder: everything else of it: etcd's data, certificates, logs
    + pid: of kube-apiserver
    """

    url: str
    kubeconfig: Path
    audit: Path
    folder: Path
    pid: int

    @classmethod
    @contextmanager
    def running(cls, folder: Path | None = None) -> Iterator[ApiServer]:
        """Start a server and end it afterwards; binaries that are missing are built first.

        + folder: kept afterwards; by default a temporary one, which is removed
        """
        programs = {name: go_program(name) for name in ("etcd", "kubernetes")}
        for program in programs.values():
            program.ensure(lambda line: print(line, file=sys.stderr))
        with ExitStack() as ending:
            if folder is None:
                folder = Path(tempfile.mkdtemp(prefix="lakestead-api-"))
                ending.callback(shutil.rmtree, folder, ignore_errors=True)
            files = _Files(folder)
            etcd = f"http://127.0.0.1:{_free_port()}"
            argv = _etcd(programs["etcd"].program("etcd"), etcd, folder)
            ending.enter_context(_process(argv, folder / "etcd.log"))
            port = _free_port()
            argv = _kube_apiserver(
                programs["kubernetes"].program("kube-apiserver"), port, etcd, files
            )
            log = folder / "kube-apiserver.log"
            process = ending.enter_context(_process(argv, log))
            url = f"https://127.0.0.1:{port}"
            kubeconfig = _write_kubeconfig(
                files.folder / "kubeconfig", url, files.authority, files.admin
            )
            server = cls(url, kubeconfig, files.audit, files.folder, process.pid)
            server._wait_ready(process, log)
            yield server

    def kubeconfig_of(self, user: str) -> Path:
        """For a program that runs all the time beside the server: may all, and is not in the log."""
        groups = ("system:masters", _UNHEARD)
        authority = Authority(self.folder / "pki")
        client = authority.issue(user, user=user, groups=groups)
        return _write_kubeconfig(self.folder / f"{user}.kubeconfig", self.url, authority, client)

    def get(self, path: str) -> bytes:
        """The answer to one request of the administrator's."""
        authority = Authority(self.folder / "pki")
        client = authority.issue("admin", user=ADMIN, groups=("system:masters",))
        tls = ssl.create_default_context(cafile=str(authority.files.certificate))
        tls.load_cert_chain(client.certificate, client.key)
        with urllib.request.urlopen(self.url + path, context=tls, timeout=10) as answer:
            return bytes(answer.read())

    def mark(self) -> int:
        """Where the audit log ends now, with all requests before this call in it."""
        sent = f"{_MARK}-{uuid.uuid4()}"
        self.get(f"/version?{sent}")
        deadline = time.monotonic() + 10
        while True:
            content = self.audit.read_bytes()
            found = content.find(sent.encode())
            if found >= 0:
                return content.index(b"\n", found) + 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.audit} does not show a request that was answered")
            time.sleep(0.01)

    def count(self, since: int = 0) -> dict[str, int]:
        """API calls of the administrator by verb, those after ``since`` (from ``mark``)."""
        return count(self.audit, since, until=self.mark())

    @contextmanager
    def counting(self) -> Iterator[Counter[str]]:
        """The API calls by verb that the administrator makes inside: filled in at the end."""
        calls: Counter[str] = Counter()
        since = self.mark()
        yield calls
        calls.update(self.count(since))

    def _wait_ready(self, process: subprocess.Popen[bytes], log: Path) -> None:
        def answers() -> bool:
            # The namespace is made by a loop that readyz does not wait for.
            for path in ("/readyz", "/api/v1/namespaces/default"):
                try:
                    self.get(path)
                except OSError:
                    return False
            return True

        _wait(answers, process, log)


def count(audit: Path, since: int = 0, *, until: int | None = None) -> dict[str, int]:
    """API calls of the administrator by verb: ``{"get": 2, "list": 25, "patch": 3}``.

    A dry run is a ``patch (dry run)``, so that what wrote can be told from what did not.

    + since, until: bytes of the log to look at, see ``ApiServer.mark``
    """
    with audit.open("rb") as log:
        log.seek(since)
        text = log.read() if until is None else log.read(until - since)
    calls: Counter[str] = Counter()
    for line in text.splitlines():
        event = json.loads(line)
        if event["user"]["username"] != ADMIN or _MARK in event["requestURI"]:
            continue
        dry = "dryRun=" in event["requestURI"]
        calls[event["verb"] + (" (dry run)" if dry else "")] += 1
    return dict(calls)


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """One API server for all tests of a session; tests keep to namespaces of their own."""
    with ApiServer.running() as server:
        yield server


class _Files:
    """Certificates and configuration of one server."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.absolute()
        self.audit = self.folder / "audit.log"
        self.authority = Authority(self.folder / "pki")
        hosts = ("127.0.0.1", "localhost", "kubernetes.default.svc")
        self.serving = self.authority.issue("kube-apiserver", user="kube-apiserver", hosts=hosts)
        self.admin: Certificate = self.authority.issue(
            "admin", user=ADMIN, groups=("system:masters",)
        )
        self.tokens = self.authority.service_account_key()
        self.policy = self.folder / "audit-policy.yaml"
        self.policy.write_text(yaml.safe_dump(_AUDIT_POLICY))
        self.audit.touch()


def _write_kubeconfig(file: Path, url: str, authority: Authority, client: Certificate) -> Path:
    files = authority.files.certificate, client.certificate, client.key
    ca, certificate, key = (str(file) for file in files)
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": {"server": url, "certificate-authority": ca}}],
        "users": [{"name": ADMIN, "user": {"client-certificate": certificate, "client-key": key}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": ADMIN}}],
        "current-context": CONTEXT,
    }
    file.touch(mode=0o600)
    file.write_text(yaml.safe_dump(config))
    return file


def _etcd(binary: Path, url: str, folder: Path) -> list[str]:
    peer = f"http://127.0.0.1:{_free_port()}"
    return _argv(
        binary,
        {
            "data-dir": folder / "etcd",
            "listen-client-urls": url,
            "advertise-client-urls": url,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "unsafe-no-fsync": "true",  # nobody misses the data after a power cut
            "log-level": "warn",
        },
    )


def _kube_apiserver(binary: Path, port: int, etcd: str, files: _Files) -> list[str]:
    return _argv(
        binary,
        {
            "advertise-address": "127.0.0.1",
            "bind-address": "127.0.0.1",
            "secure-port": port,
            "etcd-servers": etcd,
            "client-ca-file": files.authority.files.certificate,
            "tls-cert-file": files.serving.certificate,
            "tls-private-key-file": files.serving.key,
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "service-account-signing-key-file": files.tokens,
            "service-account-key-file": files.tokens,
            "service-cluster-ip-range": "10.96.0.0/16",
            "authorization-mode": "RBAC",
            "allow-privileged": "true",
            # Nothing makes service accounts here, which pods would wait for.
            "disable-admission-plugins": "ServiceAccount",
            "endpoint-reconciler-type": "none",
            "audit-policy-file": files.policy,
            "audit-log-path": files.audit,
        },
    )


def _argv(binary: Path, flags: Mapping[str, object]) -> list[str]:
    return [str(binary), *(f"--{flag}={value}" for flag, value in flags.items())]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _process(argv: list[str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program until the end of the block; it dies with the test run, even a killed one."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_WITHIN
    while not ready():
        ended = process.poll() is not None
        if ended or time.monotonic() > deadline:
            raise LakesteadError(
                "The API server ended" if ended else f"No API server within {START_WITHIN:.0f} s",
                where=str(log),
                found="\n".join(log.read_text(errors="replace").splitlines()[-15:]),
            )
        time.sleep(0.05)


def main() -> None:
    """Start one, print how to use it, end it at Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        with ApiServer.running() as server:
            print(f"export KUBECONFIG={server.kubeconfig}", flush=True)
            print(f"# audit log: {server.audit}; Ctrl-C (pid {os.getpid()}) ends it", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    main()
