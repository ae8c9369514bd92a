"""The whole way: raw files in S3, Airflow, Spark, Iceberg, and an answer of Trino's that is compared."""

from __future__ import annotations

from pathlib import Path

from pyinfra import host, logger

from lakestead.gates.gate import require
from lakestead.gates.phases import phase2_gates
from lakestead.kube.session import api
from lakestead.operations import pipeline
from lakestead.pipeline.data import DAYS, DRILL
from lakestead.settings import Settings

SCRIPT = Path(__file__).resolve().parents[1] / "jobs/ingest.py"


def healthy() -> None:
    """The gate: what phase 2 has brought is there and well. Nothing where the settings have no phase 2."""
    settings = Settings.of(host)
    if "cluster" in host.groups and _parts(settings):
        require(phase2_gates(api(host), settings, SCRIPT.read_text(encoding="utf-8")))


def deploy() -> None:
    """Everything of objective 3.3 but its drill; call it for every host.

    Settings without Airflow, Spark or Trino: nothing, and it says so.
    """
    if "workstation" not in host.groups:
        return
    if missing := _missing(Settings.of(host)):
        logger.warning(
            f"Pipeline: the settings have no section {' and none '.join(missing)}, "
            "so nothing goes the whole way (objective 3.3)"
        )
        return
    for day in DAYS:
        pipeline.files(name=f"Pipeline: raw files of day {day}", day=day)
        pipeline.ingest(name=f"Pipeline: Airflow and Spark take the files of day {day}", day=day)
        pipeline.answer(name=f"Pipeline: Trino's answers of day {day}", day=day)


def drill() -> None:
    """Prove that a run that fails leaves nothing that is read; call it for every host, after ``deploy``."""
    if "workstation" in host.groups and _parts(Settings.of(host)):
        pipeline.failing_run(name="Pipeline: a run that fails in the middle leaves nothing")
        pipeline.ingest(name="Pipeline: Airflow and Spark take the corrected files", day=DRILL)
        pipeline.answer(name="Pipeline: Trino's answers with the corrected files", day=DRILL)


def _parts(settings: Settings) -> bool:
    return not _missing(settings)


def _missing(settings: Settings) -> list[str]:
    sections = {"spark": settings.spark, "airflow": settings.airflow, "trino": settings.trino}
    return [name for name, section in sections.items() if section is None]
