"""The objectives that there are, as their files declare them: objectives/*.toml.

An engine that executes objectives knows nothing of what they are about; to add one, add it to a file.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lakestead.errors import WrongUsage

Id = Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]+$")]
Text = Annotated[str, Field(min_length=1)]
Kind = Literal["configuration", "validation", "integration"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Command(_Part):
    """A command that shows whether something holds; a Jinja2 template over the settings.

    + command: for a shell on the workstation; exit code 0 is wanted
    + expect: a regular expression that must be found in what it prints
    + timeout, pause: seconds, for one try and between two
    + retries: how often it is asked again
    + do: what to do where it does not hold; a template too
    """

    name: Text
    command: Text
    expect: str = ""
    do: str = ""
    timeout: Annotated[float, Field(gt=0, le=3600)] = 30.0
    retries: Annotated[int, Field(ge=0, le=100)] = 0
    pause: Annotated[float, Field(ge=0, le=600)] = 2.0

    @field_validator("timeout", "pause", mode="before")
    @classmethod
    def _seconds(cls, value: object) -> object:
        return float(value) if type(value) is int else value

    @field_validator("expect")
    @classmethod
    def _pattern(cls, value: str) -> str:
        import re

        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from None
        return value


class Deliverable(Command):
    """What an objective leaves behind, and the command that shows it."""

    kind: Kind


class Gitops(_Part):
    """What of an objective Flux owns; templates over the settings.

    + kustomization, helmrelease: paths in the homelab repo
    + suspend: what ``lakestead rollback ID --suspend`` suspends: ``HelmRelease namespace/name``
    """

    namespace: Text
    kustomization: Text
    helmrelease: str = ""
    depends_on: list[Text] = []
    suspend: list[Annotated[str, Field(pattern=r"^(Kustomization|HelmRelease) [^/ ]+.*/.+$")]] = []


class Objective(_Part):
    """One objective.

    + needs: objectives that must be completed before
    + deploy: the deploy file that pyinfra runs for it; an objective without one is not available yet
    + dependencies: services that it uses, in words
    + components: of the settings' ``allocations``: the pods that it brings
    + prerequisite: what must hold before anything is changed
    """

    id: Id
    name: Text
    needs: list[Id] = []
    deploy: Text | None = None
    dependencies: list[Text] = []
    components: list[Text] = []
    gitops: Gitops | None = None
    prerequisite: list[Command] = []
    deliverable: list[Deliverable] = []

    @property
    def available(self) -> bool:
        """Whether it can be executed."""
        return self.deploy is not None

    @property
    def phase(self) -> str:
        """``1`` of ``1.2``."""
        return self.id.split(".")[0]

    def __str__(self) -> str:
        return f"{self.id} {self.name}"


class _About(_Part):
    id: Annotated[str, Field(pattern=r"^[0-9]+$")]
    name: Text
    memory: str = ""


class Phase(_Part):
    """One file: a phase and its objectives, in the order in which they are executed."""

    about: _About = Field(alias="phase")
    objectives: list[Objective] = Field(alias="objective", min_length=1)

    @property
    def id(self) -> str:
        """``1``."""
        return self.about.id

    @property
    def name(self) -> str:
        """In words."""
        return self.about.name


class Catalogue:
    """All objectives.

    + phases: in their order
    + where: the folder that they were read from
    """

    def __init__(self, phases: Sequence[Phase], where: str) -> None:
        self.phases = sorted(phases, key=lambda phase: int(phase.id))
        self.where = where

    def __iter__(self) -> Iterator[Objective]:
        for phase in self.phases:
            yield from phase.objectives

    def find(self, objective: str) -> Objective:
        """The objective of an ID; raises WrongUsage where there is none."""
        for item in self:
            if item.id == objective:
                return item
        raise WrongUsage(
            f"There is no objective {objective!r}",
            where=self.where,
            expected=", ".join(item.id for item in self),
            do="lakestead status lists them",
        )

    def phase(self, number: str) -> Phase:
        """The phase of a number; raises WrongUsage where there is none."""
        for phase in self.phases:
            if phase.id == number:
                return phase
        raise WrongUsage(
            f"There is no phase {number!r}",
            where=self.where,
            expected=", ".join(phase.id for phase in self.phases),
        )


def load(folder: Path) -> Catalogue:
    """All ``*.toml`` of a folder; raises WrongUsage with file and reason for what is none."""
    files = sorted(folder.glob("*.toml"))
    if not files:
        raise WrongUsage(
            "There are no objectives here",
            where=str(folder),
            found="no *.toml" if folder.is_dir() else "no such folder",
            do="start it in Lakestead's folder, or name one: --objectives FOLDER",
        )
    catalogue = Catalogue([_phase(file) for file in files], str(folder))
    _check(catalogue)
    return catalogue


def _phase(file: Path) -> Phase:
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
        phase = Phase.model_validate(data)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise _mistake(str(file), str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        loc = first["loc"]
        named = ""
        if len(loc) > 1 and loc[0] == "objective" and isinstance(loc[1], int):
            named = str(data["objective"][loc[1]].get("id", f"number {loc[1] + 1}"))
            loc = loc[2:]
        key = ".".join(map(str, loc))
        place = f"{file}, objective {named}" if named else str(file)
        raise _mistake(place, f"{key}: {first['msg'].removeprefix('Value error, ')}") from None
    for item in phase.objectives:
        if item.phase != phase.id:
            raise _mistake(f"{file}, objective {item.id}", f"its phase is {phase.id}")
    return phase


def _check(catalogue: Catalogue) -> None:
    seen: set[str] = set()
    for phase in catalogue.phases:
        if phase.id in seen:
            raise _mistake(catalogue.where, f"phase {phase.id} is declared twice")
        seen.add(phase.id)
    for item in catalogue:
        if item.id in seen:
            raise _mistake(catalogue.where, f"objective {item.id} is declared twice")
        seen.add(item.id)
    needs = {item.id: item.needs for item in catalogue}
    for objective, needed in needs.items():
        for other in needed:
            if other not in needs:
                raise _mistake(
                    f"{catalogue.where}, objective {objective}",
                    f"it needs {other}, which there is not",
                )
    done: set[str] = set()
    while ready := [
        item for item, needed in needs.items() if item not in done and done.issuperset(needed)
    ]:
        done.update(ready)
    if left := sorted(needs.keys() - done):
        raise _mistake(catalogue.where, f"objectives that need one another: {', '.join(left)}")


def _mistake(where: str, found: str) -> WrongUsage:
    return WrongUsage(
        "There is a mistake in the objectives",
        where=where,
        found=found,
        do="docs/write-your-own-objective.md has every key",
    )
