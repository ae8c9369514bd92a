"""The gate that says whether External Secrets is there, where the settings want it."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.gates.external_secrets import external_secrets_gate
from lakestead.settings.secrets import Operator, Secrets

OPERATOR = Operator(repository="https://charts.example", version="0.19.2")
BOTH = ("ExternalSecret", "SecretStore")


def pod(ready: str) -> dict[str, Any]:
    conditions = [{"type": "Ready", "status": ready}]
    return {"status": {"phase": "Running", "conditions": conditions}}


class Cluster:
    def __init__(self, kinds: tuple[str, ...], pods: list[dict[str, Any]]) -> None:
        self.kinds, self.pods = kinds, pods

    def served(self, version: str, kind: str) -> bool:
        return version == "external-secrets.io/v1" and kind in self.kinds

    def list(self, version: str, kind: str, *, label_selector: str) -> list[dict[str, Any]]:
        return self.pods


@pytest.mark.parametrize(
    ("kinds", "pods", "operator", "answer", "saw"),
    [
        (BOTH, [pod("True")], None, "pass", "1 of 1 pods ready"),
        ((), [], None, "fail", "none of the kinds served; no such pod"),
        ((), [], OPERATOR, "pass", "phase 1 adds it to the homelab repo"),
        (BOTH, [pod("True"), pod("False")], None, "fail", "1 of 2 pods ready"),
        (BOTH, [], None, "fail", "no such pod"),
        # A version before v1 was served.
        ((), [pod("True")], None, "fail", "none of the kinds served; 1 of 1 pods ready"),
        # What phase 1 installs it also waits for, and says what is wrong with it.
        (BOTH, [pod("False")], OPERATOR, "pass", "phase 1 waits for it"),
    ],
)
def test_external_secrets(
    kinds: tuple[str, ...],
    pods: list[dict[str, Any]],
    operator: Operator | None,
    answer: str,
    saw: str,
) -> None:
    settings = Secrets(kind="external-secrets", operator=operator)
    gate = external_secrets_gate(Cluster(kinds, pods), settings)  # type: ignore[arg-type]
    assert gate.answer == answer
    assert saw in gate.saw
    assert bool(gate.do) is (answer != "pass")
