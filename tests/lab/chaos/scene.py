"""The lab on which a fault happens: runs of phase 1 on it, and the ways by which they go."""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lakestead.kube.client import Api, ObjectRef
from lakestead.kube.pods import ready_pod
from lakestead.lab import control_plane
from lakestead.lab.network import NODE_ADDRESS
from lakestead.lab.paths import lab_dir
from tests.lab.chaos.certificates import issue, serving
from tests.lab.chaos.proxy import Proxy

PROJECT = Path(__file__).parents[3]
SOURCE = ObjectRef("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "flux-system")
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
# Seconds that runs wait for Flux and for the metastore: minutes by default, and here it often is in vain.
PATIENCE = 30
ANSI = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    + said: the first line of its message, and what it has found; "" where nothing went wrong
    + output: all that it printed
    + hung: it had to be ended
    """

    code: int
    said: str
    output: str
    seconds: float
    hung: bool = False


class Run:
    """One run of ``lakestead apply deploys/phase1.py``, on its way."""

    def __init__(self, folder: Path, arguments: list[str], environment: dict[str, str]) -> None:
        self.began = time.monotonic()
        number = len(list(folder.glob("*.events")))
        self.events = folder / f"{number:03}.events"
        self.output = folder / f"{number:03}.txt"
        self.events.touch()
        command = [
            str(Path(sys.executable).with_name("lakestead")),
            *("apply", "deploys/phase1.py", "-i", "inventories/lab.py", "--yes", "--no-diff"),
            *("--events", str(self.events), *arguments),
        ]
        with self.output.open("wb") as file:
            self.process = subprocess.Popen(
                command,
                cwd=PROJECT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
            )

    def reaches(self, operation: str, within: float) -> bool:
        """Wait until it begins an operation; False where it has ended before."""

        def reached() -> bool:
            return any(
                event["event"] == "operation-begins" and event["operation"] == operation
                for event in self._told()
            )

        wait_until(lambda: reached() or self.process.poll() is not None, within, 0.05)
        return reached()

    @contextmanager
    def standing_still(self) -> Iterator[None]:
        """The run does nothing meanwhile, so that it meets what happens here where it is."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def end(self, within: float) -> Ended:
        """Wait for its end, and end it after ``within`` seconds."""
        hung = False
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            hung = True
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        code = self.process.wait()
        output = ANSI.sub("", self.output.read_text(errors="replace"))
        return Ended(code, self._said(output), output, time.monotonic() - self.began, hung)

    def _said(self, output: str) -> str:
        errors = [
            event.get("error") or "" for event in self._told() if event["event"] == "run-ends"
        ]
        errors += re.findall(r"^Error: ((?:.*\n)(?:  .*\n)*)", output, re.MULTILINE)
        for error in filter(None, errors):
            found = re.search(r"^ +found: +(.*)$", error, re.MULTILINE)
            said = error.splitlines()[0] + (f" – {found.group(1)}" if found else "")
            return said.replace(str(lab_dir()), "…").replace(str(PROJECT), "…")
        return ""

    def _told(self) -> list[dict[str, Any]]:
        found = []
        for line in self.events.read_text().splitlines():
            with suppress(ValueError):
                found.append(json.loads(line))
        return found


class Scene:
    """The lab, while faults are made on it.

    + folder: for the output of runs
    + interval: the settings that runs have now, see ``start``
    + second: the run of another operator
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.second: Run | None = None
        self.interval = "1m"
        self._clock = folder / "clock"
        expired = serving(issue(folder, "expired-server", -3600))
        self.proxy = Proxy((NODE_ADDRESS, 6443), expired, delay=0.5)

    def close(self) -> None:
        """Runs cannot go through the proxy any more."""
        self.proxy.close()

    def api(self) -> Api:
        """A new client of the lab's API, as its administrator."""
        return Api.from_kubeconfig(str(lab_dir() / "kubeconfig"), control_plane.CONTEXT)

    def exec(self, namespace: str, workload: str, *command: str) -> str:
        """The output of a command in a pod."""
        api = self.api()
        pod = ready_pod(api, namespace, workload)
        done = api.exec(namespace, pod, list(command), timeout=30)
        if done.rc:
            raise RuntimeError(f"{command}: {done.stderr!r}")
        return done.stdout.decode()

    def turn(self) -> str:
        """Which of two settings the lab has: runs with the other one have something to write everywhere."""
        return str(((self.api().get(SOURCE) or {}).get("spec") or {}).get("interval") or "1m")

    def start(self, interval: str, through: str = "", seconds: float = 0) -> Run:
        """Start a run.

        + interval: ``1m`` or ``2m``: two settings that differ in the API, in S3 and in Git
        + through: how it reaches the API, as ``Fault.through``
        + seconds: of ``expiring``: until its certificate ends
        """
        environment = surroundings()
        if through == "faketime":
            environment |= {
                "LD_PRELOAD": FAKETIME,
                "FAKETIME_TIMESTAMP_FILE": str(self._clock),
                "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return Run(self.folder, self._settings(interval, through, seconds), environment)

    def set_clock(self, offset: str) -> None:
        """What runs through ``faketime`` take for the time: ``+0``, ``+20m``."""
        partial = self._clock.with_name("clock.partial")
        partial.write_text(offset + "\n")
        partial.rename(self._clock)

    def _settings(self, interval: str, through: str, seconds: float) -> list[str]:
        data = runpy.run_path(str(PROJECT / "group_data" / "lab.py"))
        odd = interval != "1m"
        store = json.loads(json.dumps(data["object_storage"]))
        store["buckets"]["lakehouse"]["lifecycle"][0]["noncurrent_days"] = 30 + odd
        changed: dict[str, Any] = {
            "flux": {**data["flux"], "interval": interval, "timeout": PATIENCE},
            "metastore": {**data["metastore"], "timeout": PATIENCE + odd},
            "object_storage": store,
        }
        if through in ("proxy", "expiring"):
            file = self._kubeconfig(through, seconds)
            changed["kube"] = {**data["kube"], "kubeconfig": str(file)}
        return [a for k, v in changed.items() for a in ("--data", f"{k}={json.dumps(v)}")]

    def _kubeconfig(self, through: str, seconds: float) -> Path:
        config = yaml.safe_load((lab_dir() / "kubeconfig").read_text())
        if through == "proxy":
            cluster = config["clusters"][0]["cluster"]
            cluster["server"] = f"https://127.0.0.1:{self.proxy.port}"
            cluster["tls-server-name"] = NODE_ADDRESS
        else:
            files = issue(self.folder, "expiring", seconds)
            config["users"][0]["user"] = {
                "client-certificate": str(files.certificate),
                "client-key": str(files.key),
            }
        file = self.folder / f"{through}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(yaml.safe_dump(config))
        return file


def surroundings() -> dict[str, str]:
    """The environment of every command: programs beside this one's Python, journals in the lab's folder."""
    programs, path = str(Path(sys.executable).parent), os.environ["PATH"]
    # Never twice: containerd is known by the PATH that it was started with.
    path = path if path.split(":")[0] == programs else f"{programs}:{path}"
    state = str(lab_dir() / "state")
    return {**os.environ, "PATH": path, "XDG_STATE_HOME": state, "NO_COLOR": "1"}


def wait_until(true: Callable[[], Any], within: float, every: float = 0.3) -> bool:
    """Ask again and again; whether it became true in time. What cannot be asked just now is not true."""
    deadline = time.monotonic() + within
    while True:
        with suppress(Exception):
            if true():
                return True
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
