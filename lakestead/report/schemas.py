"""Write the JSON Schemas that ship: ``python -m lakestead.report.schemas`` in the project's folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, RootModel, TypeAdapter

from lakestead.backup.listing import BackupsDocument
from lakestead.objectives.goals import Goals
from lakestead.objectives.status import StatusDocument
from lakestead.plan.document import Document
from lakestead.plan.review import Review
from lakestead.report.events import Event
from lakestead.report.objective import ObjectiveReport
from lakestead.report.queries import QueriesDocument
from lakestead.report.review import ReviewDocument


class AnyEvent(RootModel[Annotated[Event, Field(discriminator="event")]]):
    """One line of the stream."""


def schemas() -> dict[str, dict[str, Any]]:
    """File name → schema of what is written."""
    return {
        "capacity.json": Review.model_json_schema(mode="serialization"),
        "plan.json": Document.model_json_schema(),
        "goals.json": Goals.model_json_schema(),
        "status.json": StatusDocument.model_json_schema(mode="serialization"),
        "review.json": ReviewDocument.model_json_schema(mode="serialization"),
        "objective.json": TypeAdapter(ObjectiveReport).json_schema(mode="serialization"),
        "backups.json": BackupsDocument.model_json_schema(mode="serialization"),
        "queries.json": QueriesDocument.model_json_schema(mode="serialization"),
        "events.json": AnyEvent.model_json_schema(mode="serialization"),
    }


if __name__ == "__main__":
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2) + "\n"
        Path("schemas", name).write_text(text, encoding="utf-8")
