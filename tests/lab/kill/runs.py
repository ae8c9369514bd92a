"""Runs of phase 1 through the proxy, ended at a write or left alone."""

from __future__ import annotations

import json
import os
import re
import runpy
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

import yaml

from lakestead.lab import control_plane
from lakestead.lab.network import NODE_ADDRESS, SERVICE_ADDRESSES
from lakestead.lab.paths import lab_dir
from tests.lab.kill.proxy import Gun, Proxy, Upstream, Variant, Write, tls

PROJECT = Path(__file__).parents[3]
PORTS = {"API": 26443, "S3": 28080, "Git": 28081}
Tool = Literal["pyinfra", "lakestead"]


@dataclass(slots=True)
class Ended:
    """One run.

    + killed: at which write, and how; None where it ended by itself
    + run_id: as its journal names it; "" where it had none
    + in_flight, done: writes that its journal leaves open, and those that it says are done
    """

    tool: Tool
    pid: int
    rc: int
    said: str
    seconds: float
    writes: list[Write]
    killed: tuple[Write, Variant] | None
    run_id: str = ""
    done: list[str] = field(default_factory=list)
    in_flight: list[str] = field(default_factory=list)


class Process(Protocol):
    """A run that was started."""

    pid: int

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; raises TimeoutExpired."""
        ...


class Forked:
    """A run of ``launch``."""

    def __init__(self, parent: subprocess.Popen[bytes]) -> None:
        assert parent.stdout is not None
        self._answers = parent.stdout
        self.pid = int(self._answers.readline())
        self._code: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code; raises TimeoutExpired."""
        if self._code is None:
            ready, _, _ = select.select([self._answers], [], [], timeout)
            if not ready:
                raise subprocess.TimeoutExpired("pyinfra", timeout or 0)
            self._code = int(self._answers.readline())
        return self._code


class Runs:
    """Starts runs, one after the other or two at once, in a lab that is up.

    + folder: for journals and a kubeconfig; kept from run to run
    + quick: runs of pyinfra load their libraries once for all
    """

    def __init__(self, folder: Path, quick: bool = False) -> None:
        self.folder = folder
        self.quick = quick
        self._loaded: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        authority = control_plane.authority()
        mine = authority.issue("kill-proxy", user="kill-proxy", hosts=("127.0.0.1", "localhost"))
        ca = authority.files.certificate
        self.proxy = Proxy(
            Upstream(
                "API",
                PORTS["API"],
                (NODE_ADDRESS, 6443),
                tls(ca, mine, server=True),
                tls(ca, control_plane.admin(), server=False),
            ),
            Upstream("S3", PORTS["S3"], (SERVICE_ADDRESSES["rgw"], 80)),
            Upstream("Git", PORTS["Git"], (SERVICE_ADDRESSES["git"], 80)),
        )
        config = yaml.safe_load((lab_dir() / "kubeconfig").read_text())
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{PORTS['API']}"
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.touch(mode=0o600)
        self.kubeconfig.write_text(yaml.safe_dump(config))

    def close(self) -> None:
        """No run goes through any more."""
        self.proxy.close()
        if self._loaded:
            self._loaded.kill()
            self._loaded.wait()

    def settings(self) -> list[str]:
        """Arguments that lead a run through the proxy."""
        data = runpy.run_path(str(PROJECT / "group_data" / "lab.py"))
        changed = {
            "kube": {**data["kube"], "kubeconfig": str(self.kubeconfig)},
            "object_storage": {
                **data["object_storage"],
                "endpoint": f"http://127.0.0.1:{PORTS['S3']}",
            },
            "gitops": {
                **data["gitops"],
                "cluster_url": data["gitops"]["url"],
                "url": f"http://127.0.0.1:{PORTS['Git']}/homelab.git",
            },
        }
        return [a for k, v in changed.items() for a in ("--data", f"{k}={json.dumps(v)}")]

    def start(self, tool: Tool, *arguments: str, output: Path) -> subprocess.Popen[bytes]:
        """Start a run."""
        program = str(Path(sys.executable).with_name(tool))
        deploy, inventory = "deploys/phase1.py", "inventories/lab.py"
        command = (
            [program, inventory, deploy, "-y"]
            if tool == "pyinfra"
            else [program, "apply", deploy, "-i", inventory, "--yes", "--no-diff"]
        )
        with output.open("wb") as file:
            return subprocess.Popen(
                [*command, *arguments, *self.settings()],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def _forked(self, *arguments: str, output: Path) -> Forked:
        """A run of pyinfra with its libraries loaded."""
        if self._loaded is None:
            self._loaded = subprocess.Popen(
                [sys.executable, "-m", "tests.lab.kill.launch"],
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        command = ["inventories/lab.py", "deploys/phase1.py", "-y", *arguments, *self.settings()]
        assert self._loaded.stdin is not None
        told = json.dumps({"arguments": command, "output": str(output)}).encode()
        self._loaded.stdin.write(told + b"\n")
        self._loaded.stdin.flush()
        return Forked(self._loaded)

    def _environment(self) -> dict[str, str]:
        state = str(self.folder / "state")
        return os.environ | {
            "LAKESTEAD_STATE_DIR": state,
            "XDG_STATE_HOME": state,
            "NO_COLOR": "1",
        }

    def run(
        self,
        tool: Tool,
        aim: Callable[[Write], Variant | None],
        *arguments: str,
        timeout: float = 420,
    ) -> Ended:
        """One run to its end, which is the write that ``aim`` chooses, if it does."""
        began = time.monotonic()
        gun = Gun(aim, lambda: kill(process.pid), lambda: self._doing(process.pid))
        self.proxy.gun = gun
        output = self.folder / "output.txt"
        process: Process = (
            self._forked(*arguments, output=output)
            if self.quick and tool == "pyinfra"
            else self.start(tool, *arguments, output=output)
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            kill(process.pid)
            process.wait(60)
        said = re.sub(r"\x1b\[[0-9;]*m", "", output.read_text(errors="replace"))
        ended = Ended(
            tool, process.pid, process.wait(1), said, time.monotonic() - began, gun.writes, gun.hit
        )
        ended.run_id, ended.done, ended.in_flight = self._journal(ended.pid)
        return ended

    def _doing(self, pid: int) -> str:
        return ", ".join(self._journal(pid)[2][:1])

    def _journal(self, pid: int) -> tuple[str, list[str], list[str]]:
        """Of the run of a process: its id, the writes that are done, and those in flight."""
        for path in sorted((self.folder / "state").glob("**/*.open")):
            records = []
            for line in path.read_text().splitlines():
                with suppress(ValueError):
                    records.append(json.loads(line))
            if not records or records[0].get("pid") != pid:
                continue
            before = {r["seq"]: r["what"] for r in records if r["type"] == "before"}
            after = {r["seq"] for r in records if r["type"] == "after"}
            return (
                path.stem,
                [what for seq, what in before.items() if seq in after],
                [what for seq, what in before.items() if seq not in after],
            )
        return "", [], []


def kill(pid: int) -> None:
    """End a process and all that it has started, at once."""
    pids = [pid]
    for parent in pids:
        with suppress(OSError):
            for task in Path(f"/proc/{parent}/task").iterdir():
                pids += map(int, (task / "children").read_text().split())
    for each in pids:
        with suppress(ProcessLookupError):
            os.kill(each, signal.SIGKILL)


class NextNew:
    """Aims at the first write of a run at which none was ended yet; variants in turns.

    + first: the variant of the first kill
    + thin: only each so many-th of these writes
    """

    def __init__(self, first: Variant, thin: int = 1) -> None:
        self.thin = thin
        self.killed: Counter[str] = Counter()
        self.variant: Variant = first
        self._seen: Counter[str] = Counter()
        self._new = 0

    def next_run(self) -> None:
        """Another run begins."""
        self._seen = Counter()

    def __call__(self, write: Write) -> Variant | None:
        self._seen[write.what] += 1
        most = 2 if "leases" in write.what else 9
        if self.killed[write.what] >= min(self._seen[write.what], most):
            return None
        self.killed[write.what] += 1
        self._new += 1
        if self._new % self.thin:
            return None
        now = self.variant
        self.variant = "after" if now == "before" else "before"
        return now
