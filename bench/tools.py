"""What is compared: each tool's command for each work, and how one sees that it did it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.cluster import Cluster, Object
from bench.install import Installed

HERE = Path(__file__).parent
OURS = "lakestead"
PEERS = ("kubectl", "kapp", "ansible", "floor")
PROGRAM = Path(sys.executable).parent / OURS

Check = Callable[[int, str], bool]
"""Whether an exit code and an output are those of a run that did what it should."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, and how one sees that it succeeded."""

    argv: list[str]
    good: Check = lambda code, output: code == 0


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to do the works.

    + works: command by work; a work that it has no command for is left out
    + environment: what it needs beside $KUBECONFIG and $HOME
    """

    name: str
    works: Mapping[str, Command]
    environment: Mapping[str, str] = field(default_factory=dict)


def tools(
    installed: Installed, cluster: Cluster, objects: list[Object], folder: Path, url: str
) -> list[Tool]:
    """All tools, ready to work on the manifests in ``folder / "objects"`` with the server at ``url``.

    + folder: files that tools need are written there
    """
    manifests = folder / "objects"
    return [
        _lakestead(manifests),
        _kubectl(installed, manifests),
        _kapp(installed, manifests),
        _ansible(installed, manifests, folder),
        _floor(cluster, objects, folder, url),
    ]


def _lakestead(manifests: Path) -> Tool:
    deploy = [str(HERE / "objects/deploy.py"), "-i", str(HERE / "objects/inventory.py")]
    apply = [str(PROGRAM), "apply", *deploy, "--yes"]

    def nothing(code: int, output: str) -> bool:
        return code == 0 and "Plan: 0 to create, 0 to update, 0 to delete, " in output

    works = {
        "diff-unchanged": Command([str(PROGRAM), "plan", *deploy], nothing),
        "apply-unchanged": Command(apply, nothing),
        "apply-new": Command(apply),
        "help": Command([str(PROGRAM), "--help"]),
    }
    return Tool(OURS, works, {"LAKESTEAD_BENCH_OBJECTS": str(manifests)})


def _kubectl(installed: Installed, manifests: Path) -> Tool:
    kubectl = str(installed.kubectl)
    apply = Command([kubectl, "apply", "--server-side", "-f", str(manifests)])
    works = {
        "diff-unchanged": Command([kubectl, "diff", "--server-side", "-f", str(manifests)]),
        "apply-unchanged": apply,
        "apply-new": apply,
        "help": Command([kubectl, "--help"]),
    }
    return Tool("kubectl", works)


def _kapp(installed: Installed, manifests: Path) -> Tool:
    # Nothing here becomes ready.
    deploy = [
        str(installed.kapp), "deploy", "--yes", "--app", "bench", "--namespace", "default",
        "--file", str(manifests), "--wait=false",
    ]  # fmt: skip

    def nothing(code: int, output: str) -> bool:
        return "Op:      0 create, 0 delete, 0 update" in output

    works = {
        "diff-unchanged": Command([*deploy, "--diff-run"], nothing),
        "apply-unchanged": Command(deploy, nothing),
        "apply-new": Command(deploy),
        "help": Command([str(installed.kapp), "--help"]),
    }
    return Tool("kapp", works)


def _ansible(installed: Installed, manifests: Path, folder: Path) -> Tool:
    # One task and so one Python module run for all objects: the quickest way that it has.
    together = folder / "all.yaml"
    together.write_text("---\n".join(file.read_text() for file in sorted(manifests.glob("*"))))
    task = {
        "name": "Apply the folder",
        "kubernetes.core.k8s": {"state": "present", "src": str(together)},
    }
    playbook = folder / "playbook.yaml"
    playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))
    python = {"ansible_python_interpreter": sys.executable}
    program = [sys.executable, "-m", "ansible", "playbook"]
    play = [
        *program, "--inventory", "localhost,", "--connection", "local",
        "--extra-vars", json.dumps(python), str(playbook),
    ]  # fmt: skip

    def nothing(code: int, output: str) -> bool:
        return code == 0 and "changed=0" in output

    works = {
        "diff-unchanged": Command([*play, "--check", "--diff"], nothing),
        "apply-unchanged": Command(play, nothing),
        "apply-new": Command(play),
        "help": Command([*program, "--help"]),
    }
    return Tool("ansible", works, {"PYTHONPATH": str(installed.ansible)})


def _floor(cluster: Cluster, objects: list[Object], folder: Path, url: str) -> Tool:
    program = [sys.executable, "-I", str(HERE / "floor.py"), url, *cluster.credentials]

    def command(name: str, *, apply: bool) -> Command:
        requests = folder / f"{name}.json"
        requests.write_text(json.dumps(cluster.floor(objects, apply=apply)))
        return Command([*program, str(requests)])

    reads = command("reads", apply=False)
    works = {
        "diff-unchanged": reads,
        "apply-unchanged": reads,
        "apply-new": command("writes", apply=True),
        "help": Command([sys.executable, "-I", "-c", "pass"]),
    }
    return Tool("floor", works)


def discovery(installed: Installed) -> Tool:
    """Lets kubectl fill its cache of the kinds that a server has."""
    return Tool("kubectl", {"discovery": Command([str(installed.kubectl), "api-resources"])})


def environment(tool: Tool, kubeconfig: Path, home: Path) -> dict[str, str]:
    """A tool's whole environment: nothing of the user's but the path."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "LANG": "C.UTF-8",
        "KUBECONFIG": str(kubeconfig),
        **tool.environment,
    }
