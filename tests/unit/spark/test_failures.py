"""What failed is said in one message. One file a case: what the operator, the pod and the log said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.settings import Settings
from lakestead.spark.application import reference
from lakestead.spark.failures import Evidence, explained

CASES = sorted((Path(__file__).parent / "failed").glob("*.yaml"))


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_failed(settings: Settings, file: Path) -> None:
    case = yaml.safe_load(file.read_text())
    ended = case.get("ended")
    pod = ended and {"status": {"containerStatuses": [{"state": {"terminated": ended}}]}}
    evidence = Evidence(
        reference(settings, "ingest"), case["message"], pod, case["log"], case["attempts"]
    )

    said = str(explained(evidence, settings))

    for text in case["expect"]:
        assert text in said
    for text in case.get("never", ()):
        assert text not in said
