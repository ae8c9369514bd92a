"""Suspend an objective's Kustomization and HelmRelease: Flux leaves what they made as it is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lakestead.errors import DONE, Refused
from lakestead.flux.kinds import flux_ref
from lakestead.kube.session import api
from lakestead.objectives.catalogue import Objective
from lakestead.objectives.commands import Commands
from lakestead.objectives.project import Project
from lakestead.run import commands
from lakestead.run.commands import Output

DEPLOY = Path(__file__).with_name("suspend_deploy.py")


@dataclass(slots=True)
class Request:
    """+ objects: what the deploy file applies; it has no arguments"""

    objects: list[dict[str, Any]] = field(default_factory=list)


current = Request()


def suspend(
    project: Project, objective: Objective, output: Output, *, yes: bool, only_plan: bool
) -> int:
    """Suspend what the objective declares; the exit code.

    Raises Refused where it declares nothing, or nothing of it is there.
    """
    declared = objective.gitops.suspend if objective.gitops else []
    text = Commands(project, objective, []).text
    refs = []
    for item in declared:
        kind, _, name = text(item).partition(" ")
        namespace, _, short = name.partition("/")
        refs.append(flux_ref(kind, short, namespace))
    there = [ref for ref in refs if api(project.host).get(ref) is not None]
    if not there:
        raise Refused(
            f"Objective {objective} cannot be suspended. Nothing was changed",
            found="it declares nothing to suspend" if not refs else f"not there: {refs}",
            do=f"take it back instead: {project.command(f'rollback {objective.id}')}",
        )
    current.objects = [
        {
            "apiVersion": ref.api_version,
            "kind": ref.kind,
            "metadata": {"name": ref.name, "namespace": ref.namespace},
            "spec": {"suspend": True},
        }
        for ref in there
    ]
    target = project.target.model_copy(update={"deploy": str(DEPLOY)})
    if only_plan:
        return commands.plan(target, output, "")
    code = commands.apply_deploy(target, output, yes=yes)
    return DONE if code == DONE else code
