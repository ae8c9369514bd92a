"""What is added to Airflow: a DAG with the Spark job that it starts, and where its pods find both."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

from lakestead.errors import WrongUsage
from lakestead.gitops.list_items import ListItems
from lakestead.settings import Settings
from lakestead.settings.airflow import Airflow
from lakestead.spark import sample
from lakestead.spark.application import Job, application
from lakestead.spark.application import required as spark

DAG = "lakestead_ingest"
SOURCE = Path(__file__).resolve().parents[2] / f"dags/{DAG}.py"
CONFIG_MAP = "lakestead-dags"
CONNECTION = "lakestead_spark"
PARAMETERS = ("folder", "table", "columns", "partition")
# A mounted ConfigMap is a folder ..2026_… with links to it: each file would be found three times.
_IGNORED = "..*/\n"


def required(settings: Settings) -> Airflow:
    """The section; raises WrongUsage where the settings have none."""
    if settings.airflow is None:
        raise WrongUsage(
            "The settings have no section airflow, which objective 2.3 needs",
            do="see docs/phase-2-airflow.md; group_data/anton.py has an example",
        )
    return settings.airflow


def files(settings: Settings) -> dict[str, str]:
    """The ConfigMap's files: the DAG, its job, its settings."""
    made = _files(settings)
    told = json.loads(made["lakestead.json"]) | {"fingerprint": fingerprint(settings)}
    return made | {"lakestead.json": json.dumps(told, indent=2) + "\n"}


def fingerprint(settings: Settings) -> str:
    """What tells one version of the files from another; Airflow shows it as a tag of the DAG."""
    text = json.dumps([_files(settings), parameters(settings)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def parameters(settings: Settings) -> dict[str, str]:
    """What the proof triggers the DAG with: the sample's raw files, which its table has already."""
    section = spark(settings)
    return {
        "folder": f"{section.raw}/orders",
        "table": f"{section.sample}.{sample.TABLE}",
        "columns": sample.COLUMNS,
        "partition": sample.PARTITION,
    }


def additions(settings: Settings) -> list[ListItems]:
    """What the release's values get, by their names in upstream's chart."""
    section = required(settings)
    where = f"kubernetes://?in_cluster=True&namespace={spark(settings).namespace}"
    mount = {"name": CONFIG_MAP, "mountPath": section.dags_folder, "readOnly": True}
    return [
        ListItems(
            ("spec", "values", "env"),
            [{"name": f"AIRFLOW_CONN_{CONNECTION.upper()}", "value": where}],
        ),
        ListItems(
            ("spec", "values", "volumes"),
            [{"name": CONFIG_MAP, "configMap": {"name": CONFIG_MAP}}],
        ),
        ListItems(("spec", "values", "volumeMounts"), [mount]),
    ]


def _files(settings: Settings) -> dict[str, str]:
    section, jobs = required(settings), spark(settings)
    told = {
        "connection": CONNECTION,
        "namespace": jobs.namespace,
        "retries": section.retries,
        "timeout": jobs.timeout,
        "params": parameters(settings),
    }
    return {
        ".airflowignore": _IGNORED,
        f"{DAG}.py": SOURCE.read_text(encoding="utf-8"),
        "ingest.yaml": job(settings),
        "lakestead.json": json.dumps(told),
    }


def job(settings: Settings) -> str:
    """The SparkApplication as a template of Airflow's: its arguments are the DAG's parameters."""
    section = required(settings)
    arguments = [text for name in PARAMETERS for text in (f"--{name}", f"@{name}@")]
    made: dict[str, Any] = application(
        settings, Job("airflow-ingest", "ingest.py", tuple(arguments))
    )
    # Airflow sees one attempt, so the one that tries again is Airflow.
    made["spec"]["restartPolicy"] = {"type": "Never"}
    made["spec"]["timeToLiveSeconds"] = section.keep_jobs * 3600
    text = str(yaml.safe_dump(made, sort_keys=False, width=10_000))
    # Spark has braces of its own ({{APP_ID}}), which Airflow's templates must leave.
    for mark in ("{{", "{%", "{#"):
        text = text.replace(mark, f"@open@'{mark}'@close@")
    text = text.replace("@open@", "{{ ").replace("@close@", " }}")
    for name in PARAMETERS:
        text = text.replace(f"'@{name}@'", f"{{{{ params.{name} | tojson }}}}")
    return text
