"""Is the cluster ready, and what is the next step? Everything that ``lakestead review`` finds out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lakestead.errors import LakesteadError, WrongUsage
from lakestead.facts.nodes import Nodes, read
from lakestead.facts.planned import planned_pods
from lakestead.gates.capacity import LOOKED_AT, capacity_gates, node_table
from lakestead.gates.check import Check, ask_all
from lakestead.gates.gate import Gate
from lakestead.gates.platform import platform_checks, storage_used
from lakestead.kube.client import Api
from lakestead.objectives.goals import PATH, Goals, parse
from lakestead.objectives.progress import fresh
from lakestead.objectives.project import Project
from lakestead.objectives.risks import Risk, risks
from lakestead.objectives.status import next_command
from lakestead.objectives.tracking import read_goals
from lakestead.plan.capacity import Node
from lakestead.plan.quantity import show_bytes
from lakestead.plan.triggers import ASKED, KNOWLEDGE, TRIGGERS
from lakestead.settings import Settings

ANSWERS = "the settings' answers"
Priority = Literal["Critical", "High", "Medium"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the decision matrix; ``met`` is unknown where it is neither yes nor no."""

    condition: str
    met: Literal["yes", "no", "unknown"]
    priority: Priority
    action: str


@dataclass(frozen=True, slots=True)
class Blocker:
    """What is in the way.

    + remediation: what to do about it
    + debug: commands that show more
    """

    what: str
    why: str
    remediation: str
    debug: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Review:
    """All that was found.

    + nodes: the nodes as a table; empty where they could not be read
    + triggers, knowledge: ``pass`` is met or yes
    + begun: whether an objective was completed already: then triggers are asked for no more
    + step: the next command
    """

    nodes: str
    goals: Goals
    triggers: dict[str, Gate]
    prerequisites: list[Gate]
    knowledge: dict[str, Gate]
    risks: list[Risk]
    begun: bool
    blockers: list[Blocker] = field(default_factory=list)
    step: str = ""

    @property
    def ready(self) -> bool:
        """Whether nothing is in the way."""
        return not self.blockers

    @property
    def unmet(self) -> list[str]:
        """What would have to be overridden to begin all the same."""
        found = [f"{gate.name}: {gate.answer}" for gate in self.prerequisites if not passed(gate)]
        if not self.begun and not self.triggered:
            found.insert(0, "no trigger is met")
        return found

    @property
    def triggered(self) -> bool:
        """Whether any trigger is met."""
        return any(passed(gate) for gate in self.triggers.values())

    @property
    def matrix(self) -> list[Row]:
        """The decision matrix."""
        return _matrix(self)


def review(project: Project, api: Api) -> Review:
    """Look at everything; what does not answer, the cluster or the homelab repo, is unknown."""
    goals, unread = _goals(project)
    found = look(api, project.settings, goals, project.command)
    found = replace(found, prerequisites=[*found.prerequisites, *unread])
    blockers = _blockers(found, project)
    words = next_command(project.catalogue, goals)
    if blockers:
        words = "review"
    step = project.command(words) if words else ""
    return replace(found, blockers=blockers, step=step)


def look(
    api: Api,
    settings: Settings,
    goals: Goals,
    command: Callable[[str], str] = "lakestead {}".format,
) -> Review:
    """Triggers, prerequisites and risks of a cluster.

    + command: makes a command line of Lakestead's that can be pasted
    """
    limit = settings.review.pvc_total.bytes
    used = Check(
        "Storage Usage",
        "the PersistentVolumeClaims of the cluster",
        lambda: storage_used(api, limit),
        f"more than {show_bytes(limit)}",
        "kubectl get pvc -A",
        float(settings.review.timeout),
    )
    table, capacity = _capacity(api, settings, goals)
    looked = risks(api, settings, command)
    checks = [used, *platform_checks(api, settings), *(c for risk in looked for c in risk.checks)]
    answers = iter(ask_all(checks))
    triggers = {"storage_usage": next(answers)}
    prerequisites = [next(answers) for _ in platform_checks(api, settings)]
    triggers |= {
        name: _answer(settings, name, item.title, command)
        for name, item in TRIGGERS.items()
        if name not in triggers
    }
    return Review(
        nodes=table,
        goals=goals,
        triggers=triggers,
        prerequisites=[*prerequisites[:1], *capacity, *prerequisites[1:]],
        knowledge={
            name: _answer(settings, name, item.title, command) for name, item in KNOWLEDGE.items()
        },
        risks=[
            Risk(item.impact, item.name, item.text, [next(answers) for _ in item.checks])
            for item in looked
        ],
        begun=any(goal.status == "completed" for goal in goals.goals()),
    )


def passed(gate: Gate) -> bool:
    """Whether a gate is met."""
    return gate.answer == "pass"


def _goals(project: Project) -> tuple[Goals, list[Gate]]:
    """goals.json; where it cannot be read one in which nothing is done, and the gate that says so."""
    name = "goals.json can be read"
    try:
        return read_goals(project.tracking, project.catalogue), []
    except LakesteadError as error:
        damaged = isinstance(error, WrongUsage)
        gate = Gate(
            name,
            "fail" if damaged else "unknown",
            error.where or project.tracking.where(),
            "\n".join(filter(None, (error.what, error.found))),
            "the homelab repo can be read, and in it no goals.json or a whole one",
            error.do,
        )
        return parse(fresh(project.catalogue), PATH), [gate]


def _capacity(api: Api, settings: Settings, goals: Goals) -> tuple[str, list[Gate]]:
    nodes: list[Node] | None = None
    saw = ""

    def ask() -> Gate:
        nonlocal nodes
        nodes = Nodes().parse(read(api))
        return Gate("There is room on the nodes", "pass", LOOKED_AT, "")

    gate = Check(
        "There is room on the nodes",
        LOOKED_AT,
        ask,
        do="kubectl get nodes",
        timeout=2.0 * settings.review.timeout,
    ).ask()
    if not passed(gate):
        return saw, [gate]
    active = (goals.current_status.active_phase or "phase_1").removeprefix("phase_")
    pods = planned_pods(settings, int(active), nodes or ())
    gates = capacity_gates(nodes, pods, settings.capacity)
    return node_table(nodes) if nodes else "", gates


def _answer(settings: Settings, name: str, title: str, command: Callable[[str], str]) -> Gate:
    answer = settings.answers.get(name)
    if answer is None:
        do = command(f"review --answer {name}=yes")
        return Gate(title, "unknown", ANSWERS, "nobody has answered yes or no yet", "yes", do)
    saw = f"{answer.answer}: {answer.by} on {answer.at[:10]}"
    if answer.note:
        saw += f" ({answer.note})"
    return Gate(title, "pass" if answer.answer == "yes" else "fail", ANSWERS, saw, "yes")


def _matrix(found: Review) -> list[Row]:
    def row(condition: str, gates: Sequence[Gate], priority: Priority, *actions: str) -> Row:
        """Met where any passes, not met where all fail."""
        answers = {gate.answer for gate in gates}
        if "pass" in answers:
            return Row(condition, "yes", priority, actions[0])
        return Row(condition, "unknown" if "unknown" in answers else "no", priority, actions[1])

    triggers = found.triggers
    analytics = [triggers[name] for name in ("analytics", "interactive_analytics")]
    room = [
        gate for gate in found.prerequisites if gate.looked_at == LOOKED_AT or "busy" in gate.name
    ]
    blocking = [gate for gate in room if not passed(gate)]
    used = triggers["storage_usage"]
    limit = used.wanted.removeprefix("more than ").partition(" ")[0]
    return [
        row(f"Storage > {limit}", [used], "High", "Begin with objective 1.1", "Check current PVC usage"),
        row("S3 Requirements", [triggers["s3_storage"]], "High", "Begin with objective 1.1", "Validate application needs"),
        row("Analytics Needs", analytics, "Medium", "Plan for phase 3", "Assess query requirements"),
        row("Resources Available", blocking or room, "Critical", "Proceed", "Review cluster capacity"),
    ]  # fmt: skip


def _blockers(found: Review, project: Project) -> list[Blocker]:
    blockers = []
    if not found.begun and not found.triggered:
        unknown = [name for name, gate in found.triggers.items() if gate.answer == "unknown"]
        blockers.append(
            Blocker(
                "No trigger is met",
                f"{len(unknown)} of {len(found.triggers)} are unknown" if unknown else "none of 9",
                "answer what is unknown, wait until there is a reason to begin, or: "
                + project.command('execute --override "reason"'),
                [
                    project.command(f"review --answer {name}=yes")
                    for name in unknown
                    if name in ASKED
                ][:3],
            )
        )
    for gate in found.prerequisites:
        if not passed(gate):
            why = f"{gate.answer}: {gate.saw}"
            blockers.append(Blocker(gate.name, why, gate.do, _debug(gate)))
    for goal in found.goals.goals():
        if goal.status == "blocked":
            told = goal.blocked
            blockers.append(
                Blocker(
                    f"Objective {goal.id} is blocked",
                    told.reason if told else "no reason is recorded",
                    (told.remediation + "\n" if told and told.remediation else "")
                    + f"then: {project.command(f'execute {goal.id}')}",
                    told.debug_commands if told else (),
                )
            )
    return blockers


def _debug(gate: Gate) -> list[str]:
    """The commands in what a gate says to do; of nodes, what shows who requests how much."""
    if gate.looked_at == LOOKED_AT or "busy" in gate.name:
        return ["kubectl describe nodes | grep -A 10 'Allocated resources'", "kubectl top nodes"]
    words = ("kubectl ", "flux ", "lakestead ")
    parts = [part.strip() for line in gate.do.splitlines() for part in line.split(";")]
    return [part for part in parts if part.startswith(words)] or ["kubectl get events -A"]


def connected_api(project: Project) -> Api:
    """The API of the project's cluster; it is not asked anything yet."""
    from lakestead.kube.session import api

    try:
        return api(project.host)
    except LakesteadError as error:
        raise LakesteadError(
            "The cluster cannot be reviewed", where=project.target.inventory, found=str(error)
        ) from None
