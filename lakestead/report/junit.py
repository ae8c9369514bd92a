"""A run as JUnit XML, for CI: one test case an operation and host."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as xml

from lakestead.errors import LakesteadError
from lakestead.plan.change import Change
from lakestead.report.events import Event, OperationEnds, Planned, RunBegins, RunEnds

# What XML 1.0 cannot hold, not even escaped.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class JUnit:
    """Collects events, and writes the file when the run has ended.

    An operation that was not reached is ``skipped``; so is every operation of a plan that is only
    made. What stopped the run otherwise is the error of a test case ``run``.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begins: RunBegins | None = None
        self._planned: dict[tuple[str, str], list[Change]] = {}
        self._ended: dict[tuple[str, str], OperationEnds] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, RunBegins):
            self._begins = event
        elif isinstance(event, Planned):
            self._planned.setdefault((event.host, event.operation), []).append(event.change)
        elif isinstance(event, OperationEnds):
            before = self._ended.get((event.host, event.operation))
            if before is None or before.result != "failed":
                self._ended[event.host, event.operation] = event
        elif isinstance(event, RunEnds):
            self._write(event)

    def _write(self, end: RunEnds) -> None:
        name = f"lakestead {self._begins.command} {self._begins.deploy}" if self._begins else "run"
        suite = xml.Element("testsuite", name=name, time=f"{end.seconds:.3f}")
        if self._begins:
            suite.set("timestamp", self._begins.time)
        for host, operation in dict.fromkeys([*self._planned, *self._ended]):
            self._case(suite, host, operation)
        failed = suite.find("./testcase/failure") is not None
        run = xml.SubElement(suite, "testcase", classname="lakestead", name="run")
        if end.error and not failed:
            problem = xml.SubElement(run, "error", type=end.result, message=_first(end.error))
            problem.text = clean(end.error)
        for attribute, path in (
            ("tests", "./testcase"),
            ("failures", "./testcase/failure"),
            ("errors", "./testcase/error"),
            ("skipped", "./testcase/skipped"),
        ):
            suite.set(attribute, str(len(suite.findall(path))))
        suites = xml.Element("testsuites", name="lakestead")
        suites.append(suite)
        xml.indent(suites)
        try:
            xml.ElementTree(suites).write(self._path, encoding="utf-8", xml_declaration=True)
        except OSError as error:
            raise LakesteadError(
                "The JUnit file cannot be written",
                where=str(self._path),
                found=error.strerror or str(error),
            ) from None

    def _case(self, suite: xml.Element, host: str, operation: str) -> None:
        end = self._ended.get((host, operation))
        case = xml.SubElement(suite, "testcase", classname=clean(host), name=clean(operation))
        if end is None:
            xml.SubElement(case, "skipped", message="not executed")
        else:
            case.set("time", f"{end.seconds:.3f}")
            if end.result == "failed":
                problem = xml.SubElement(case, "failure", message=_first(end.error))
                problem.text = clean(end.error)
        changes = self._planned.get((host, operation), [])
        if changes:
            xml.SubElement(case, "system-out").text = clean("\n".join(map(str, changes)))


def _first(text: str) -> str:
    return clean(text.split("\n")[0])


def clean(text: str) -> str:
    """A text as XML can hold it."""
    return FORBIDDEN.sub("�", text)
