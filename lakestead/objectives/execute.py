"""``lakestead execute``: one objective, from its checks to its report.

load → validate → gather → plan → show → ask → apply → wait → validate → track → report; what fails after
the first write is taken back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import click

from lakestead.errors import DONE, LakesteadError, Refused, WrongUsage
from lakestead.gates import gate as gates
from lakestead.gates.check import ask_all
from lakestead.gates.gate import Gate, require
from lakestead.journal import session
from lakestead.journal.run import who
from lakestead.kube.session import api
from lakestead.objectives import files as written
from lakestead.objectives import saving
from lakestead.objectives.catalogue import Objective
from lakestead.objectives.choose import NothingToDo, choose, unmet_needs
from lakestead.objectives.commands import Commands, deploy_file
from lakestead.objectives.execution import Execution, foreseen, look_ahead, now, record
from lakestead.objectives.failing import failed
from lakestead.objectives.goals import Goals
from lakestead.objectives.progress import FORGET, lacks
from lakestead.objectives.project import Project
from lakestead.objectives.review import look, passed
from lakestead.objectives.tracking import read_goals
from lakestead.plan.document import Plan
from lakestead.report.objective import Asked, Checked, ObjectiveReport, markdown
from lakestead.report.review import coloured
from lakestead.run.commands import Output, ReportedRun, ask
from lakestead.run.deploy import Deploy


@dataclass(frozen=True, slots=True)
class Options:
    """+ override: why to go on in spite of what is not met; None to refuse
    + yes: do not ask
    + lock_wait: seconds to wait for another run to end
    + reports: folder for the reports
    """

    override: str | None = None
    yes: bool = False
    lock_wait: float | None = None
    reports: str = ""


def execute(project: Project, wanted: str | None, options: Options, output: Output) -> int:
    """Execute ``wanted``, else the next pending objective; the exit code."""
    if options.override is not None and not options.override.strip():
        raise WrongUsage("--override needs a reason", expected='--override "why you go on"')
    goals = read_goals(project.tracking, project.catalogue)
    try:
        objective = choose(project.catalogue, goals, wanted)
    except NothingToDo:
        click.echo("Every objective that can be executed is completed.")
        return DONE
    one = _begin(project, objective)
    one.commands.checks([*objective.prerequisite, *objective.deliverable])  # mistakes are seen now
    _gitops(one)
    goal = goals.find(objective.id)
    if goal is not None and goal.status == "in_progress":
        run = f"run {goal.run} of {goal.started_by}" if goal.run else "a run"
        click.echo(
            f"Objective {objective} was begun by {run}, which did not end: goes on.", err=True
        )
    _validate(one, goals, options.override)
    try:
        _apply_and_verify(one, options, output)
    except LakesteadError as error:
        if not one.marked:
            raise
        raise failed(one, error, options.reports) from error
    _succeeded(one, options)
    return DONE


def _begin(project: Project, objective: Objective) -> Execution:
    deploy = Deploy(project.target)
    deploy.load()
    commands = Commands(project, objective, list(deploy.state.inventory))
    target = project.target.model_copy(update={"deploy": deploy_file(objective)})
    report = ObjectiveReport(
        objective.id,
        objective.name,
        objective.phase,
        now(),
        who(),
        dependencies=objective.dependencies,
    )
    return Execution(project, objective, report, target, commands)


def _validate(one: Execution, goals: Goals, override: str | None) -> None:
    """What the objective needs; raises Refused with all that is not met, unless overridden."""
    unmet = unmet_needs(one.objective, goals)
    found = [
        Gate(f"Objective {need} is completed", "pass", "goals.json", "completed")
        for need in one.objective.needs
        if f"objective {need} " not in " ".join(unmet)
    ]
    cluster = api(one.project.host)
    begun = any(goal.status == "completed" for goal in goals.goals())
    if not begun:
        review = look(cluster, one.project.settings, goals, one.project.command)
        if not review.triggered:
            unmet.append("no trigger is met (lakestead review)")
        found += [gate for gate in review.triggers.values() if passed(gate)]
        found += review.prerequisites
    found += ask_all(one.commands.checks(one.objective.prerequisite))
    unmet += [f"{gate.name}: {gate.answer}; {gate.saw}" for gate in found if not passed(gate)]
    one.report.checks += [Asked(gate.name, gate.answer, gate.saw) for gate in found]
    one.report.resources = _resources(found)
    if unmet and override is None:
        advice = [one.project.command(f"execute {need}") for need in lacks(one.objective, goals)]
        advice += [gate.do for gate in found if gate.do and not passed(gate)]
        command = one.project.command(f'execute {one.objective.id} --override "reason"')
        raise Refused(
            f"Objective {one.objective} is not begun: not all that it needs is there. "
            "Nothing was changed",
            where=one.project.command("review"),
            found="\n".join(unmet),
            do="\n".join([*dict.fromkeys(advice), f"or go on all the same: {command}"]),
        )
    if unmet:
        one.report.overridden, one.report.override_reason = unmet, str(override)
    elif override is not None:
        click.echo("There is nothing to override: all that it needs is met.", err=True)


def _apply_and_verify(one: Execution, options: Options, output: Output) -> None:
    heard: list[Gate] = []
    gates.listeners.append(heard.append)
    try:
        with ReportedRun("execute", one.target, output) as run, run.deploy():
            run.lock("", options.lock_wait, one.objective.id)
            _still_wanted(one)
            made = one.plan = run.plan()
            one.report.checks += [Asked(gate.name, gate.answer, gate.saw) for gate in _once(heard)]
            one.report.resources = _resources(heard) or one.report.resources
            run.print(made)
            if made.summary.pending and not options.yes:
                ask()
            _mark(one, api(one.project.host))
            if made.summary.pending:
                run.execute(made)
            one.report.actions = written.actions(one.report.run)
            try:
                _verify(one, made)
            except BaseException as error:
                # Its writes are done; the journal says that the run is not.
                session.finish("failed" if isinstance(error, Exception) else "interrupted")
                raise
            run.ends(DONE, "done" if made.summary.pending else "no changes")
    finally:
        gates.listeners.remove(heard.append)


def _still_wanted(one: Execution) -> None:
    """Another run may have executed something between the choice and the lock."""
    goals = read_goals(one.project.tracking, one.project.catalogue)
    choose(one.project.catalogue, goals, one.objective.id)


def _mark(one: Execution, cluster: object) -> None:
    """in_progress, before the first write: whoever comes after a kill knows what was begun."""
    run_id = session.run_of(cluster).run_id  # type: ignore[arg-type]
    one.report.run = run_id
    fields: dict[str, object] = {
        "status": "in_progress",
        "completion_timestamp": None,
        "run": run_id,
        "started_by": one.report.who,
        "blocked": FORGET,
        "override": FORGET,
    }
    if one.report.overridden:
        fields["override"] = {
            "reason": one.report.override_reason,
            "by": one.report.who,
            "at": now(),
            "unmet": [item.splitlines()[0] for item in one.report.overridden],
        }
    record(one, fields, f"Begin objective {one.objective.id}: {one.objective.name}")
    one.marked = True


def _verify(one: Execution, made: Plan) -> None:
    """Ask for every deliverable and file; raises Refused's kin where one is not as it should be."""
    one.report.files = written.checked(one.project.tracking.repo, made)
    answers = ask_all(one.commands.checks(one.objective.deliverable))
    for declared, gate in zip(one.objective.deliverable, answers, strict=True):
        said = "\n".join(filter(None, (gate.saw, gate.last_look)))
        one.report.deliverables.append(
            Checked(gate.name, declared.kind, gate.answer, gate.looked_at, said, gate.seconds)
        )
    bad = [item for item in one.report.files if item.answer != "pass"]
    lost = [
        Gate(f"File {item.what} is in the homelab repo", item.answer, item.command, item.printed)
        for item in bad
    ]
    names = ", ".join(gate.name for gate in [*answers, *lost] if not passed(gate))
    try:
        require([*answers, *lost])
    except Refused as error:
        raise LakesteadError(
            f"It was applied, and does not do what it should: {names}",
            where=error.where,
            found=error.found or error.what,
            expected=error.expected,
            do=error.do or "see what the commands above print",
        ) from None


def _succeeded(one: Execution, options: Options) -> None:
    """Record it and write the report; a failure of that takes nothing back."""
    report, project = one.report, one.project
    report.status, report.ended = "completed", now()
    fields: dict[str, object] = {
        "status": "completed",
        "completion_timestamp": report.ended,
        "blocked": FORGET,
    }
    try:
        look_ahead(report, project, foreseen(one, "completed"), one.objective)
        text = markdown(report)
        record(
            one,
            fields,
            f"Complete objective {one.objective.id}: {one.objective.name}",
            {saving.in_homelab(report): text},
        )
    except LakesteadError as error:
        raise LakesteadError(
            f"Objective {one.objective} is done and validated, but that could not be recorded",
            where=project.tracking.where(),
            found=str(error),
            do=f"when the homelab repo can be written again: "
            f"{project.command(f'execute {one.objective.id}')}",
        ) from error
    click.echo(coloured(text), nl=False)
    saving.save(report, options.reports)
    click.echo(f"Report: {saving.path(report, options.reports)}.md, .json, .xml", err=True)


def _gitops(one: Execution) -> None:
    declared = one.objective.gitops
    if declared is None:
        return
    text = one.commands.text
    found = {"Namespace": text(declared.namespace), "Kustomization": text(declared.kustomization)}
    if declared.helmrelease:
        found["HelmRelease"] = text(declared.helmrelease)
    found["Dependencies"] = ", ".join(map(text, declared.depends_on)) or "none"
    one.report.gitops = found


def _resources(heard: Sequence[Gate]) -> str:
    """What is free, by the capacity gate that says it."""
    for word in ("spare", "fit"):
        for gate in heard:
            if word in gate.name and passed(gate):
                return gate.saw.splitlines()[0]
    return ""


def _once(heard: Sequence[Gate]) -> list[Gate]:
    """Each gate once: a deploy file is evaluated for every host."""
    found = {gate.name: replace(gate, seconds=0.0) for gate in heard}
    return list(found.values())
