"""What ``lakestead lab add`` puts into the homelab repo: the homelab's own, once, and nothing secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lakestead.gitops.history import last_touches
from lakestead.gitops.repository import HomelabRepo
from lakestead.lab import secrets
from lakestead.lab.homelab import _commit, files, objects
from tests.unit.gitops.conftest import remote, repo

__all__ = ["remote", "repo"]
RELEASE = "kubernetes/apps/airflow/airflow/app/helmrelease.yaml"


def test_it_is_committed_once_and_by_somebody_else(repo: HomelabRepo) -> None:
    assert "6 files" in _commit(repo, "airflow")
    snapshot = repo.fetch()
    assert set(snapshot.entries) == set(files("airflow"))
    assert not last_touches(repo, snapshot, [RELEASE])[RELEASE].ours
    repo.publish(snapshot, {RELEASE: b"---\nmine: 1\n"}, "By hand\n")
    assert _commit(repo, "airflow") == ""
    assert repo.fetch().entries[RELEASE] != snapshot.entries[RELEASE]


def test_passwords_are_in_secrets_alone_and_others_in_every_lab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAKESTEAD_LAB_DIR", str(tmp_path))
    made = [obj for obj in objects() if obj["kind"] == "Secret"]
    rendered = b"".join(files("airflow").values()).decode()
    passwords = [secrets.secret(file.name) for file in (tmp_path / "secrets").iterdir()]
    assert len(set(passwords)) == 5
    assert not [password for password in passwords if password in rendered]
    named = {obj["metadata"]["name"] for obj in made}
    values = yaml.safe_load(files("airflow")[RELEASE])["spec"]["values"]
    assert named == {
        values["data"]["metadataSecretName"],
        values["fernetKeySecretName"],
        values["jwtSecretName"],
        values["apiSecretKeySecretName"],
        values["simpleAuthManager"]["passwordsSecretName"],
    }
