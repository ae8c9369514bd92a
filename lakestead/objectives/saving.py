"""Where the reports of executions are kept: Markdown, JSON and JUnit, side by side."""

from __future__ import annotations

from pathlib import Path

from lakestead.errors import LakesteadError
from lakestead.gitops.history import TRACKING
from lakestead.journal import places
from lakestead.report.objective import ObjectiveReport, document, junit, markdown
from lakestead.run import plan_file


def path(report: ObjectiveReport, folder: str) -> Path:
    """The report's files, without their endings.

    + folder: empty for ``reports`` in the folder of the journals
    """
    base = Path(folder).expanduser() if folder else places.state_dir().with_name("reports")
    stamp = report.ended.replace("-", "").replace(":", "").rstrip("Z")
    return base / f"{report.id}-{stamp}"


def in_homelab(report: ObjectiveReport) -> str:
    """The path of a completed objective's report in the homelab repo."""
    return f"{TRACKING}/reports/{report.id}.md"


def save(report: ObjectiveReport, folder: str) -> None:
    """Write all three, readable by their owner alone."""
    base = path(report, folder)
    try:
        base.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise LakesteadError(
            "The report cannot be written",
            where=str(base.parent),
            found=error.strerror or str(error),
            do="name another folder: --reports FOLDER",
        ) from None
    made = {".md": markdown(report), ".json": document(report), ".xml": junit(report)}
    for ending, content in made.items():
        plan_file.write(base.with_name(base.name + ending), content)
