"""The commands that an objective declares: rendered with the settings, run, and judged as gates."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import jinja2

from lakestead.errors import LakesteadError, WrongUsage
from lakestead.gates.check import Check
from lakestead.gates.gate import Gate
from lakestead.objectives.catalogue import Command, Objective
from lakestead.objectives.project import ROOT, Project

if TYPE_CHECKING:
    from pyinfra.api.host import Host

SHOWN = 20
"""Lines of a command's output that are kept."""


class Commands:
    """Renders and runs the commands of one objective.

    What a template can use: every section of the settings; ``kubectl`` with the inventory's cluster;
    ``plan``, the objective's own plan; ``lakestead('WORDS')``, a command line for the same inventory;
    ``exec.GROUP``, the words before a command in the pod of a group.
    """

    def __init__(self, project: Project, objective: Objective, hosts: Sequence[Host]) -> None:
        self.project = project
        self.objective = objective
        self.kubectl = kubectl(project)
        settings = project.settings
        sections = {
            name: section
            for name in type(settings).model_fields
            if (section := getattr(settings, name)) is not None
        }
        deploy = objective.deploy or ""
        self.values: dict[str, Any] = {
            **sections,
            "kubectl": self.kubectl,
            "lakestead": project.command,
            "plan": project.command(f"plan {quote(deploy)} --no-diff") if deploy else "",
            "exec": _exec(self.kubectl, hosts),
            "inventory": project.target.inventory,
            "objective": objective,
        }
        self._environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)

    def text(self, template: str) -> str:
        """A template of the objective with the settings' values; raises WrongUsage where it has a mistake."""
        try:
            return self._environment.from_string(template).render(self.values)
        except jinja2.TemplateError as error:
            raise WrongUsage(
                "There is a mistake in the objectives",
                where=f"{self.project.catalogue.where}, objective {self.objective.id}: {template}",
                found=error.message or type(error).__name__,
                expected="settings, kubectl, lakestead, plan, exec, inventory, objective",
                do="a section that the inventory's settings lack is undefined too: docs/settings.md",
            ) from None

    def check(self, declared: Command) -> Check:
        """A declared command as something that can be asked."""
        command, do = self.text(declared.command), self.text(declared.do)
        wanted = f"exit code 0 and /{declared.expect}/" if declared.expect else "exit code 0"

        def look() -> Gate:
            code, printed = run(command, declared.timeout, self.environment())
            fits = re.search(declared.expect, printed, re.MULTILINE) is not None
            saw = printed if code == 0 else f"exit code {code}\n{printed}".strip()
            return Gate(
                declared.name,
                "pass" if code == 0 and fits else "fail",
                command,
                saw or "(printed nothing)",
                wanted,
                do,
            )

        return Check(
            declared.name,
            command,
            look,
            wanted,
            do,
            declared.timeout + 5,  # the command has a limit of its own
            declared.retries,
            declared.pause,
        )

    def checks(self, declared: Sequence[Command]) -> list[Check]:
        """All of them; each is rendered now, so that mistakes are seen before anything is done."""
        return [self.check(item) for item in declared]

    def environment(self) -> dict[str, str]:
        """That of this process, with this Lakestead's programs first."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        return {**os.environ, "PATH": path, "NO_COLOR": "1"}


def kubectl(project: Project) -> str:
    """``kubectl`` with the inventory's cluster, as it can be pasted."""
    settings = project.settings
    own = settings.flux.kubectl
    program = "kubectl" if shutil.which("kubectl") or not own else quote(own)
    words = [program]
    if settings.kube.kubeconfig:
        file = settings.kube.kubeconfig
        words += ["--kubeconfig", file if file.startswith("~/") else quote(file)]
    context = project.host.data.get("kube_context") or settings.kube.context
    if context:
        words += ["--context", quote(context)]
    return " ".join(words)


def run(command: str, timeout: float, environment: Mapping[str, str]) -> tuple[int, str]:
    """A shell's exit code and what it printed, the last lines of it.

    Raises LakesteadError where it takes too long; what it started is ended too.
    """
    process = subprocess.Popen(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environment),
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        raise LakesteadError(
            f"The command did not end within {timeout:g} s", where=command
        ) from None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    text = printed.decode("utf-8", "replace").strip()
    lines = [line.rstrip()[:400] for line in text.splitlines()]
    if len(lines) > SHOWN:
        lines = [f"… {len(lines) - SHOWN} lines before", *lines[-SHOWN:]]
    return process.returncode, "\n".join(lines)


def deploy_file(objective: Objective) -> str:
    """Where its deploy file is: below the folder one is in, else Lakestead's own."""
    path = str(objective.deploy)
    return path if Path(path).is_file() or not (ROOT / path).is_file() else str(ROOT / path)


def _exec(kubectl: str, hosts: Sequence[Host]) -> dict[str, str]:
    found = {}
    for host in hosts:
        namespace = host.data.get("kubepod_namespace")
        if not namespace:
            continue
        workload, container = host.data.get("kubepod_workload"), host.data.get("kubepod_container")
        words = f"{kubectl} --namespace {quote(namespace)} exec {quote(workload)}"
        words += f" --container {quote(container)} --" if container else " --"
        for group in host.groups:
            if not group.startswith("@"):
                found[group] = words
    return found
