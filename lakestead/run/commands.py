"""What ``lakestead plan`` and ``lakestead apply`` do."""

from __future__ import annotations

import gc
import secrets
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import IO, Any, Literal

import click

from lakestead.connectors.terminal import asking, has_terminal
from lakestead.errors import DONE, FAILED, INTERRUPTED, PENDING, LakesteadError, Refused
from lakestead.journal import session
from lakestead.journal.applied import applied
from lakestead.journal.record import RecordedRun
from lakestead.journal.run import About
from lakestead.kube.identity import cluster_uid
from lakestead.kube.session import connected
from lakestead.operations.show import listeners
from lakestead.plan.document import AGAIN, Plan, Target, check_clusters, dump, parse
from lakestead.plan.stale import compare
from lakestead.report.events import (
    Event,
    EventStream,
    PlanMade,
    Planned,
    Reporter,
    Result,
    RunBegins,
    RunEnds,
    Said,
)
from lakestead.report.progress import Progress
from lakestead.report.table import render
from lakestead.run import plan_file
from lakestead.run.collect import Collector
from lakestead.run.deploy import Deploy
from lakestead.run.guard import Guard
from lakestead.run.watch import Ears, Watch

Command = Literal["plan", "apply", "execute"]


@dataclass(frozen=True, slots=True)
class Output:
    """How a run is reported.

    + diffs, everything: of the plan: its diffs, and what is unchanged
    + events: file for the event stream, ``-`` for standard output
    + junit: file for JUnit
    + json: print the plan's document instead of the table
    + verbose: also what pyinfra logs
    """

    diffs: bool = True
    everything: bool = False
    events: str = ""
    junit: str = ""
    json: bool = False
    verbose: bool = False


def plan(target: Target, output: Output, out: str) -> int:
    """Plan, print, and keep the plan in file ``out``; the exit code."""
    with ReportedRun("plan", target, output) as run, run.deploy():
        made = run.plan(clusters=bool(out or output.json))
        if out:
            plan_file.write(Path(out), dump(made))
        if output.json:
            click.echo(dump(made), nl=False)
        else:
            run.print(made)
        if made.summary.pending:
            return run.ends(PENDING, "changes pending")
        return run.ends(DONE, "no changes")


def apply_deploy(
    target: Target, output: Output, *, yes: bool, lock_wait: float | None = None
) -> int:
    """Plan, show, ask, apply; the exit code."""
    with ReportedRun("apply", target, output) as run, run.deploy():
        run.lock("", lock_wait)
        made = run.plan()
        run.print(made)
        if not made.summary.pending:
            return run.ends(DONE, "no changes")
        if not yes:
            ask()
        run.execute(made)
        return run.ends(DONE, "done")


def apply_plan(file: str, output: Output, *, lock_wait: float | None = None) -> int:
    """Do what a plan file says, or refuse; the exit code.

    A plan whose apply was broken off goes on from there.
    """
    planned = parse(plan_file.read(Path(file)), file, _version())
    with ReportedRun("apply", planned.target, output) as run, run.deploy():
        check_clusters(planned, _clusters(), file)
        run.lock(planned.id, lock_wait)
        before = applied(planned.id, planned.clusters.values())
        _refuse_replay(planned, before, file)
        now = run.plan()
        verdict, differences = compare(
            planned.operations, now.operations, goes_on=before is not None
        )
        if verdict == "done":
            raise Refused(
                "The plan has been applied already: nothing of it is left to do",
                where=file,
                found=str(now.summary),
                do=AGAIN,
            )
        if verdict == "stale":
            raise Refused(
                "The plan is stale: something that it touches has changed since it was made",
                where=f"{file}, made {planned.made}",
                found="\n".join(map(str, differences)),
                expected="what the plan said, to the letter. Nothing was changed",
                do=AGAIN,
            )
        run.print(now if verdict == "goes on" else planned)
        if not planned.summary.pending:
            return run.ends(DONE, "no changes")
        run.execute(planned)
        return run.ends(DONE, "done")


class ReportedRun:
    """One run, reported from its beginning to its end, however it ends."""

    def __init__(self, command: Command, target: Target, output: Output) -> None:
        self._command: Command = command
        self._target = target
        self._output = output
        self._stack = ExitStack()
        self._began = time.monotonic()
        self._progress = Progress()
        self._reporters: list[Reporter] = [self._progress]
        self._ended: tuple[int, Result] = (FAILED, "failed")

    def __enter__(self) -> ReportedRun:
        if self._output.events:
            self._reporters.append(EventStream(self._stack.enter_context(self._event_file())))
        if self._output.junit:
            from lakestead.report.junit import JUnit

            self._reporters.append(JUnit(Path(self._output.junit)))
        self.report(
            RunBegins(
                command=self._command,
                lakestead=_version(),
                deploy=self._target.deploy,
                inventory=self._target.inventory,
            )
        )
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        code, result = self._ended
        text = ""
        if isinstance(error, LakesteadError):
            code = error.exit_code
            result, text = "refused" if isinstance(error, Refused) else "failed", str(error)
        elif isinstance(error, KeyboardInterrupt | click.Abort):
            code, result = INTERRUPTED, "interrupted"
        elif error is not None:
            code, result, text = FAILED, "failed", f"{type(error).__name__}: {error}"
        if self._output.verbose and error is not None and error.__cause__ is not None:
            traceback.print_exception(error.__cause__)
        seconds = round(time.monotonic() - self._began, 3)
        try:
            self.report(RunEnds(exit_code=code, result=result, seconds=seconds, error=text))
        finally:
            self._stack.close()

    def report(self, event: Event) -> None:
        """Tell all who want to know."""
        for reporter in self._reporters:
            reporter(event)

    @contextmanager
    def deploy(self) -> Iterator[Deploy]:
        """Connect to the hosts, and disconnect in the end."""
        # Plans are trees of a hundred thousand dicts that live until the end: looking through them for
        # cycles again and again was a fifth of a large plan's time.
        gc.freeze()
        gc.set_threshold(100_000, 50, 50)
        with (
            Ears(self.report, self._output.verbose, self._progress.clear) as self._ears,
            Deploy(self._target) as self._deploy,
        ):
            yield self._deploy

    def lock(self, plan: str, wait: float | None, objective: str = "") -> None:
        """Take the clusters' locks, so that nobody else applies between the plan and its apply.

        + plan: id of the plan that is applied
        + wait: seconds to wait for another run that has one
        + objective: ID of the one that is executed
        """
        about = About(
            deploy=self._target.deploy,
            inventory=self._target.inventory,
            plan=plan,
            objective=objective,
        )
        session.describe(about, wait)
        for api in connected().values():
            session.lock(api, lambda text: self.report(Said(host="", text=text)))

    def plan(self, *, clusters: bool = False) -> Plan:
        """Prepare the deploy and collect what it would do.

        + clusters: also ask who they are, so that the plan can be kept
        """
        collector = Collector()
        self._ears.errors(True)
        listeners.append(collector)
        try:
            self._deploy.prepare()
        finally:
            listeners.remove(collector)
        made = Plan(
            id=secrets.token_hex(8),
            lakestead=_version(),
            made=datetime.now(UTC).isoformat(timespec="seconds"),
            target=self._target,
            clusters=_clusters() if clusters else {},
            operations=collector.operations(self._deploy.state),
        )
        if len(self._reporters) > 1:
            for item in made.operations:
                for change in item.changes:
                    self.report(Planned(host=item.host, operation=item.operation, change=change))
        self.report(PlanMade(plan=made.id, summary=made.summary, line=str(made.summary)))
        return made

    def execute(self, planned: Plan) -> None:
        """Do what was prepared, and nothing that ``planned`` does not have."""
        guard = Guard(planned.operations)
        guard.watch(self._deploy.state)
        watch = Watch(self._deploy.state, self.report)
        self._deploy.state.add_callback_handler(watch)
        self._ears.errors(False)
        listeners.append(guard)
        try:
            self._deploy.execute()
        except LakesteadError as error:
            watch.finish()
            if guard.refused:
                raise guard.refused from error
            raise _failure(watch, error) from error
        finally:
            listeners.remove(guard)

    def ends(self, code: int, result: Result) -> int:
        """Note how the run ends, and give back its exit code."""
        self._ended = (code, result)
        return code

    def print(self, made: Plan) -> None:
        """Print a plan for a person."""
        self._progress.clear()
        to_error = self._output.events == "-"
        stream = sys.stderr if to_error else sys.stdout
        width = shutil.get_terminal_size().columns if stream.isatty() else None
        text = render(
            made, diffs=self._output.diffs, everything=self._output.everything, width=width
        )
        click.echo(text, nl=False, err=to_error)

    @contextmanager
    def _event_file(self) -> Iterator[IO[str]]:
        if self._output.events == "-":
            yield sys.stdout
            return
        try:
            with Path(self._output.events).open("w", encoding="utf-8") as file:
                yield file
        except OSError as error:
            raise LakesteadError(
                "The file for events cannot be written",
                where=self._output.events,
                found=error.strerror or str(error),
            ) from None


def _refuse_replay(planned: Plan, before: RecordedRun | None, file: str) -> None:
    if before is not None and before.result == "done":
        raise Refused(
            "The plan has been applied already",
            where=file,
            found=f"run {before.run_id} by {before.begin.get('who')}, done {before.ended_at}",
            do=AGAIN,
        )


def _failure(watch: Watch, error: LakesteadError) -> LakesteadError:
    """What failed and what it said; pyinfra only knows that no host remains."""
    if not watch.failed:
        return error
    text = "\n".join(f"{operation} ({host}): {said}" for host, operation, said in watch.failed)
    return LakesteadError(
        f"{text}\nThe run stops here: what follows builds on it. What was done stays; run the same "
        "again to go on."
    )


def ask() -> None:
    """Ask whether to apply the plan; raise Refused where the answer is no, or nobody can answer."""
    if not has_terminal():
        raise Refused(
            "Nobody can be asked whether to apply the plan: there is no terminal. "
            "Nothing was changed",
            do="run it with --yes; or keep a plan: lakestead plan … -o plan.json, and apply that",
        )
    with asking():
        answer = click.confirm("Apply this plan?", default=False, err=True)
    if not answer:
        raise Refused("Not applied: the answer was no. Nothing was changed")


def _clusters() -> dict[str, str]:
    """Context → uid of kube-system, which a cluster keeps as long as it lives."""
    return {context: cluster_uid(api) for context, api in sorted(connected().items())}


def _version() -> str:
    return metadata.version("lakestead")
