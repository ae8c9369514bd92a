"""Secrets are found where the settings say, and never told."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.settings.secret import SecretRef, resolve


class Cluster:
    """An API with one Secret."""

    def list(
        self, api_version: str, kind: str, namespace: str | None = None, **selectors: str
    ) -> list[dict[str, Any]]:
        if (namespace, selectors["field_selector"]) != ("demo", "metadata.name=there"):
            return []
        return [{"data": {"password": base64.b64encode(b"hunter2").decode()}}]


def test_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    monkeypatch.setenv("PASSWORD", "hunter2")
    references = [
        SecretRef(env="PASSWORD"),
        SecretRef(file=str(tmp_path / "secret")),
        SecretRef(secret="demo/there", key="password"),
    ]
    assert {resolve(reference, Cluster()) for reference in references} == {"hunter2"}


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (SecretRef(env="NOT_SET_ANYWHERE"), r"it is not set[\s\S]*export NOT_SET_ANYWHERE=…"),
        (SecretRef(file="/no/such/file"), r"No such file"),
        (SecretRef(secret="demo/gone", key="password"), r"there is no such Secret"),
        (SecretRef(secret="demo/there", key="other"), r"keys password"),
    ],
)
def test_not_found(reference: SecretRef, message: str) -> None:
    with pytest.raises(LakesteadError, match=message) as caught:
        resolve(reference, Cluster())
    assert "hunter2" not in str(caught.value)
