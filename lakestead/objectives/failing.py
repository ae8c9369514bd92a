"""What is done when an objective fails: taken back, recorded as blocked, reported."""

from __future__ import annotations

import click

from lakestead.errors import LakesteadError
from lakestead.kube.session import api
from lakestead.objectives import files as written
from lakestead.objectives import saving
from lakestead.objectives.execution import Execution, foreseen, look_ahead, now, record
from lakestead.objectives.taking_back import TakenBack, take_back_failed
from lakestead.report.objective import markdown
from lakestead.report.review import coloured
from lakestead.run.commands import Output


def failed(one: Execution, error: LakesteadError, reports: str) -> LakesteadError:
    """Take back, record, report; the error to raise.

    + reports: folder for the reports
    """
    report, project = one.report, one.project
    click.echo(f"Objective {one.objective} failed; what it changed is taken back.", err=True)
    cluster = api(project.host)
    taken = take_back_failed(project.target, cluster, one.objective.id, Output(diffs=False))
    report.status, report.ended = "blocked", now()
    report.actions = written.actions(report.run)
    report.error, report.remediation = str(error), _remediation(error)
    report.rolled_back, report.left = str(taken), taken.left
    report.debug = _debug(one, taken)
    try:
        look_ahead(report, project, foreseen(one, "blocked"), one.objective)
    except LakesteadError as other:
        report.progress = f"unknown ({_reason(other)})"
    report.command = project.command(f"execute {one.objective.id}")
    report.next_step = "See to the remediation above, and execute it again."
    context = f"run {report.run}; {one.plan.summary if one.plan else 'no plan'}"
    blocked: dict[str, object] = {
        "reason": _reason(error),
        "error": _first_line(error.found) or _after(str(error), "found:"),
        "context": context,
        "remediation": report.remediation,
        "debug_commands": list(report.debug),
        "rolled_back": str(taken),
        "left": list(taken.left),
        "at": report.ended,
        "run": report.run,
    }
    recorded = ""
    try:
        fields: dict[str, object] = {
            "status": "blocked",
            "completion_timestamp": None,
            "blocked": blocked,
        }
        record(one, fields, f"Objective {one.objective.id} is blocked: {_reason(error)}"[:100])
    except LakesteadError as other:
        recorded = f"\nThis could not be recorded in goals.json: {other}"
    click.echo(coloured(markdown(report)), nl=False)
    lines = [f"Objective {one.objective} failed: {_reason(error)}", f"Rollback: {taken}"]
    if taken.error:
        lines += [f"  {line}" for line in taken.error.splitlines()]
        lines += ["Left:", *(f"  {item}" for item in taken.left)]
        lines.append(f"Go on with it: {project.command(f'rollback {one.objective.id}')}")
    try:
        saving.save(report, reports)
        lines.append(f"Report: {saving.path(report, reports)}.md, .json, .xml")
    except LakesteadError as other:
        recorded += f"\n{other}"
    return LakesteadError("\n".join(lines) + recorded)


def _debug(one: Execution, taken: TakenBack) -> list[str]:
    """Commands that show more, to be pasted."""
    kubectl, declared = one.commands.kubectl, one.objective.gitops
    found = [f"lakestead journal {one.report.run}"]
    if declared is not None:
        namespace = one.commands.text(declared.namespace)
        words = f"{kubectl} --namespace {namespace}"
        found += [
            f"{words} get events --sort-by=.lastTimestamp",
            f"{words} get pods,helmreleases",
            f"{words} logs --all-containers --tail 50 --selector app.kubernetes.io/managed-by=Helm",
        ]
    found += [f"{kubectl} get events --all-namespaces --sort-by=.lastTimestamp"]
    if taken.error:
        found.append(one.project.command(f"rollback {one.objective.id} --plan"))
    return found


def _reason(error: LakesteadError) -> str:
    return _first_line(error.what)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0][:300] if text.strip() else ""


def _remediation(error: LakesteadError) -> str:
    """What the error says to do, also where it was passed on as text."""
    return error.do or _after(str(error), "do:") or "see the error, and execute it again"


def _after(text: str, label: str) -> str:
    """What stands after a label of an error that was passed on as text."""
    for line in text.splitlines():
        if line.strip().startswith(label):
            return line.split(label, 1)[1].strip()[:300]
    return ""
