"""What a bootstrap is begun for, and what its people should know: the questions of the readiness assessment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Question:
    """One condition that review asks about.

    + group: the heading that it stands under
    + title: in few words
    + text: as a question that is answered with yes or no
    """

    group: str
    title: str
    text: str


TRIGGERS: Mapping[str, Question] = {
    "storage_usage": Question(
        "Storage & Scale", "Storage Usage", "Does the usage of PVCs exceed the limit in total?"
    ),
    "data_processing": Question(
        "Storage & Scale",
        "Data Processing",
        "Are manual ETL scripts or data transformations being performed?",
    ),
    "analytics": Question(
        "Storage & Scale",
        "Analytics Requirements",
        "Are analytical queries on datasets of more than 1 GB needed?",
    ),
    "s3_storage": Question(
        "Infrastructure",
        "S3 Storage",
        "Do applications require S3-compatible object storage?",
    ),
    "distributed_processing": Question(
        "Infrastructure",
        "Distributed Processing",
        "Is batch processing on several nodes needed?",
    ),
    "interactive_analytics": Question(
        "Infrastructure",
        "Interactive Analytics",
        "Are query response times below 10 seconds required?",
    ),
    "pipeline_automation": Question(
        "Business", "Data Pipeline Automation", "Do manual data workflows need orchestration?"
    ),
    "multi_format": Question(
        "Business",
        "Multi-format Data",
        "Must Parquet, Delta or other analytical formats be handled?",
    ),
    "historical_analysis": Question(
        "Business",
        "Historical Analysis",
        "Is time travel or versioned data access required?",
    ),
}
"""Any one of them is enough. ``storage_usage`` is read from the cluster, not asked."""

KNOWLEDGE: Mapping[str, Question] = {
    "team_sql": Question(
        "Knowledge", "Team Familiarity", "Does the team know SQL and data concepts?"
    ),
    "team_kubernetes": Question(
        "Knowledge",
        "Kubernetes Administration",
        "Can the team debug pods, services and storage?",
    ),
    "team_backup": Question(
        "Knowledge",
        "Backup Strategy",
        "Does the team know its procedures for backup and recovery?",
    ),
}
"""Shown, and no reason to stop."""

ASKED: Mapping[str, Question] = {
    name: question
    for name, question in {**TRIGGERS, **KNOWLEDGE}.items()
    if name != "storage_usage"
}
"""Those that a person answers."""
