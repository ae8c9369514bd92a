"""A plan as a document: what a run will do, kept so that exactly that can be applied later.

One JSON object, schemas/plan.json; ``digest`` is over all the rest, so that a plan that was cut off
or edited is told from one that was not. It is no signature: whoever may write the file may write
another plan.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lakestead.errors import Refused
from lakestead.plan.change import Change
from lakestead.plan.summary import Summary

SCHEMA = "lakestead.plan/v1"
AGAIN = "make a new one: lakestead plan DEPLOY -i INVENTORY -o FILE"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Target(_Part):
    """What a plan is made of: the same deploy, inventory and data are run when it is applied.

    + deploy, inventory: files, as they were named
    + data: values that override the inventory's, as they were typed
    + limit: names of hosts and groups; empty for all
    """

    deploy: str
    inventory: str
    data: dict[str, str] = {}
    limit: tuple[str, ...] = ()


class Operation(_Part):
    """What one operation of the deploy does on one host."""

    host: str
    operation: str
    changes: tuple[Change, ...]


class Plan(_Part):
    """Everything that a run will do.

    + id: of this plan; the journal of the run that applies it names it
    + lakestead: version that made it
    + made: when, UTC
    + clusters: context → uid of the cluster's namespace kube-system
    """

    id: str
    lakestead: str
    made: str
    target: Target
    clusters: dict[str, str]
    operations: tuple[Operation, ...]

    @property
    def changes(self) -> list[Change]:
        """All changes, in the order they are made in."""
        return [change for item in self.operations for change in item.changes]

    @property
    def summary(self) -> Summary:
        """All changes, counted."""
        return Summary.of(self.changes)


class Document(_Part):
    """The file: a plan, what it is and its digest."""

    schema_: Literal["lakestead.plan/v1"] = Field(alias="schema")
    plan: Plan
    summary: Summary
    digest: str


def dump(plan: Plan) -> str:
    """``plan`` as JSON."""
    content = {
        "schema": SCHEMA,
        "plan": plan.model_dump(mode="json", exclude_defaults=True),
        "summary": {name: getattr(plan.summary, name) for name in Summary.__slots__},
    }
    return json.dumps({**content, "digest": digest(content)}, indent=1, ensure_ascii=False) + "\n"


def parse(text: str, where: str, version: str) -> Plan:
    """The plan in ``text``; raises Refused with the reason for one that cannot be trusted.

    + where: the file's name, for messages
    + version: Lakestead's own
    """
    try:
        content = json.loads(text)
    except ValueError as error:
        raise Refused(
            "The plan is cut off or was edited: it is no JSON",
            where=where,
            found=f"{error}; {len(text)} characters",
            do=AGAIN,
        ) from None
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        raise Refused(
            "The file is no plan that this version can read",
            where=where,
            found=f"schema {schema!r}",
            expected=SCHEMA,
            do=AGAIN,
        )
    said = content.pop("digest", None)
    if said != digest(content):
        raise Refused(
            "The plan is not as it was written: it was edited or damaged",
            where=where,
            found=f"{said}, but its content has {digest(content)}",
            expected="a digest that is that of the content",
            do=AGAIN,
        )
    inner = content.get("plan")
    made_by = inner.get("lakestead") if isinstance(inner, dict) else None
    if made_by != version:
        raise Refused(
            "The plan was made by another version of Lakestead",
            where=where,
            found=f"version {made_by}",
            expected=f"version {version}",
            do=AGAIN,
        )
    try:
        return Plan.model_validate(inner)
    except ValidationError as error:
        raise Refused(
            "The plan is not what its schema says", where=where, found=str(error), do=AGAIN
        ) from None


def digest(content: Mapping[str, Any]) -> str:
    """The digest of a document without its own."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def check_clusters(plan: Plan, clusters: Mapping[str, str], where: str) -> None:
    """Raise Refused if ``plan`` was made for other clusters than ``clusters``."""
    if plan.clusters == dict(clusters):
        return
    raise Refused(
        "The plan was made for another cluster",
        where=where,
        found=_clusters(clusters),
        expected=_clusters(plan.clusters),
        do="choose that cluster in the kubeconfig, or make a plan for this one",
    )


def _clusters(clusters: Mapping[str, str]) -> str:
    return (
        ", ".join(f"{context or 'default'} ({uid})" for context, uid in sorted(clusters.items()))
        or "no cluster"
    )
