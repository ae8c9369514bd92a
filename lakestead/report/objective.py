"""What came of executing an objective: Markdown with the headings of the seeds, JSON, JUnit."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal
from xml.etree import ElementTree as xml

SIGN = {"pass": "✅", "fail": "❌", "unknown": "❓"}
Answer = Literal["pass", "fail", "unknown"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A gate before anything was changed."""

    name: str
    answer: Answer
    saw: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Something, and the command that showed it.

    + what: a deliverable, or a file's path
    + kind: of a deliverable; of a file what was done with it
    + command, printed: what was run, and what it said
    """

    what: str
    kind: str
    answer: Answer
    command: str
    printed: str
    seconds: float = 0.0


@dataclass(slots=True)
class ObjectiveReport:
    """Everything that a report says.

    + dependencies: services that are used
    + resources: what is free
    + overridden: what was not met, and the reason to go on
    + actions: what was written, and how it ended
    + gitops: heading → value; empty where Flux owns nothing of it
    + progress: ``2/4``
    + command: what to type next
    """

    id: str
    name: str
    phase: str
    began: str
    who: str
    run: str = ""
    ended: str = ""
    status: str = ""
    checks: list[Asked] = field(default_factory=list)
    dependencies: Sequence[str] = ()
    resources: str = ""
    overridden: Sequence[str] = ()
    override_reason: str = ""
    actions: list[str] = field(default_factory=list)
    files: list[Checked] = field(default_factory=list)
    deliverables: list[Checked] = field(default_factory=list)
    gitops: Mapping[str, str] = field(default_factory=dict)
    progress: str = ""
    upcoming: str = ""
    next_step: str = ""
    command: str = ""
    error: str = ""
    remediation: str = ""
    debug: Sequence[str] = ()
    rolled_back: str = ""
    left: Sequence[str] = ()
    schema: Literal["lakestead.objective/v1"] = "lakestead.objective/v1"

    @property
    def done(self) -> bool:
        """Whether the objective is completed."""
        return self.status == "completed"


def markdown(report: ObjectiveReport) -> str:
    """The report of a person; every heading is there, with "none" where there is nothing."""
    parts = [f"# Executing Objective {report.id}: {report.name}"]
    parts += ["## Pre-execution Checks", _before(report)]
    parts += ["## Actions Taken", _numbered(report.actions)]
    parts += ["## Files Created/Modified", _files(report)]
    parts += ["## Deliverables Completed", _deliverables(report)]
    parts += ["## Validation Results", _results(report)]
    parts.append("## GitOps Deployment")
    parts.append(
        "\n".join(f"- {name}: {value}" for name, value in report.gitops.items())
        or "Nothing of this objective is deployed through Flux."
    )
    parts += ["## Status Update", _status(report)]
    if not report.done:
        parts += ["## Failure", _failure(report)]
    parts += ["## Next Steps", report.next_step]
    parts += ["## Command for Next Step", f"```bash\n{report.command}\n```"]
    return "\n\n".join(parts) + "\n"


def document(report: ObjectiveReport) -> str:
    """The same for a program."""
    content = asdict(report)
    content = {"schema": content.pop("schema"), **content}
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def junit(report: ObjectiveReport) -> str:
    """The same for CI: a test case for each check, file and deliverable, and one for the objective."""
    name = f"lakestead execute {report.id}"
    suite = xml.Element("testsuite", name=name, timestamp=report.began)
    for asked in report.checks:
        answer: Answer = "pass" if report.overridden else asked.answer
        case = _case(suite, "checks", asked.name, answer, asked.saw)
        if report.overridden and asked.answer != "pass":
            xml.SubElement(case, "skipped", message="overridden")
    for item in report.files:
        _case(suite, "files", item.what, item.answer, item.printed, item.seconds)
    for item in report.deliverables:
        _case(suite, "deliverables", item.what, item.answer, item.printed, item.seconds)
    _case(suite, "lakestead", "objective", "pass" if report.done else "fail", report.error)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("./testcase/failure"))))
    suite.set("errors", str(len(suite.findall("./testcase/error"))))
    suites = xml.Element("testsuites", name="lakestead")
    suites.append(suite)
    xml.indent(suites)
    return xml.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _before(report: ObjectiveReport) -> str:
    names = ", ".join(asked.name for asked in report.checks if asked.answer == "pass")
    lines = [f"✅ Prerequisites validated: {names or 'none are asked for'}"]
    lines += [
        f"{SIGN[asked.answer]} {asked.name}: {asked.answer}; {_first(asked.saw)}"
        for asked in report.checks
        if asked.answer != "pass"
    ]
    if report.overridden:
        lines.append(f"⚠️ Overridden, since {report.override_reason}:")
        lines += [f"   - {item}" for item in report.overridden]
    lines.append(f"✅ Resources available: {report.resources or 'not asked for'}")
    used = ", ".join(report.dependencies) or "none"
    shown = "✅ Dependencies operational" if report.done else "❓ Dependencies, see the failure"
    lines.append(f"{shown}: {used}")
    return "\n".join(lines)


def _files(report: ObjectiveReport) -> str:
    lines = []
    for item in report.files:
        lines.append(f"- {SIGN[item.answer]} {item.what}: {item.kind}")
        lines.append(f"  checked by `{item.command}`: {_first(item.printed)}")
    return "\n".join(lines) or "None."


def _deliverables(report: ObjectiveReport) -> str:
    lines = []
    for item in report.deliverables:
        lines.append(f"- {SIGN[item.answer]} {item.what} ({item.kind}): `{item.command}`")
    return "\n".join(lines) or "None was looked at."


def _results(report: ObjectiveReport) -> str:
    blocks = [f"# {item.what}\n{item.command}\n{item.printed}" for item in report.deliverables]
    if not blocks:
        return "Nothing was validated."
    return "```bash\n" + "\n\n".join(block.replace("```", "'''") for block in blocks) + "\n```"


def _status(report: ObjectiveReport) -> str:
    return "\n".join(
        [
            f"- Objective {report.id} marked as {report.status} at {report.ended}",
            f"- Phase {report.phase} progress: {report.progress} objectives complete",
            f"- Next pending objective: {report.upcoming or 'none'}",
            f"- Run {report.run or 'wrote nothing'}, by {report.who}, begun {report.began}",
        ]
    )


def _failure(report: ObjectiveReport) -> str:
    lines = [
        "```",
        report.error.replace("```", "'''"),
        "```",
        "",
        f"Rollback: {report.rolled_back}",
    ]
    if report.left:
        lines += ["", "Left:", *(f"- {item}" for item in report.left)]
    lines += ["", f"Remediation: {report.remediation}"]
    if report.debug:
        lines += ["", "```bash", *report.debug, "```"]
    return "\n".join(lines)


def _numbered(lines: Sequence[str]) -> str:
    return (
        "\n".join(f"{at}. {line}" for at, line in enumerate(lines, 1)) or "Nothing had to be done."
    )


def _first(text: str) -> str:
    return text.strip().split("\n")[0] if text.strip() else ""


def _case(
    suite: xml.Element, group: str, name: str, answer: Answer, text: str, seconds: float = 0.0
) -> xml.Element:
    from lakestead.report.junit import clean

    case = xml.SubElement(suite, "testcase", classname=group, name=clean(name))
    case.set("time", f"{seconds:.3f}")
    if answer == "pass":
        if text:
            xml.SubElement(case, "system-out").text = clean(text)
        return case
    tag = "failure" if answer == "fail" else "error"
    problem = xml.SubElement(case, tag, message=clean(_first(text)))
    problem.text = clean(text)
    return case
