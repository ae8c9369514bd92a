"""``lakestead plan`` and ``apply`` on phase 1: what was looked at is done, or nothing; no secret is left anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.kube.client import Api, ObjectRef
from tests.lab.conftest import Lab, said
from tests.lab.leaks import files_in, leaks, process_arguments
from tests.lab.test_phase1 import audit_position, writes_since

PHASE = ("deploys/phase1.py", "-i", "inventories/lab.py")
SOURCE_SECRET = ObjectRef("v1", "Secret", "flux-system", "flux-system")


@pytest.fixture(scope="module")
def done(lab: Lab) -> Lab:
    """The lab after phase 1, applied without a question."""
    applied = lab.lakestead("apply", *PHASE, "--yes", "--no-diff")
    assert applied.returncode == 0, said(applied)[-6000:]
    return lab


def last_line(text: str) -> str:
    return text.rstrip().splitlines()[-1]


def test_nothing_to_do_is_said_and_nothing_is_asked_to_be_written(done: Lab) -> None:
    position = audit_position()
    planned = done.lakestead("plan", *PHASE)
    assert planned.returncode == 0, said(planned)[-6000:]
    assert last_line(planned.stdout).startswith("Plan: 0 to create, 0 to update, 0 to delete, ")
    assert writes_since(position) == []


def test_a_plan_is_applied_once(done: Lab, tmp_path: Path) -> None:
    api, plan = done.api(), tmp_path / "plan.json"
    api.delete(SOURCE_SECRET)
    planned = done.lakestead("plan", *PHASE, "-o", str(plan))
    assert planned.returncode == 3, said(planned)[-6000:]
    assert last_line(planned.stdout).startswith("Plan: 1 to create, 0 to update, 0 to delete, ")
    assert api.get(SOURCE_SECRET) is None
    applied = done.lakestead("apply", str(plan))
    assert applied.returncode == 0, said(applied)[-6000:]
    assert api.get(SOURCE_SECRET) is not None
    again = done.lakestead("apply", str(plan))
    assert again.returncode == 4
    assert "The plan has been applied already" in again.stderr


def test_a_stale_plan_is_refused(done: Lab, tmp_path: Path) -> None:
    api, plan = done.api(), tmp_path / "plan.json"
    api.delete(SOURCE_SECRET)
    assert done.lakestead("plan", *PHASE, "-o", str(plan)).returncode == 3
    api.raw(
        "POST",
        "/api/v1/namespaces/flux-system/secrets",
        query={"fieldManager": "somebody-else"},
        body={"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "flux-system"}},
    )
    position = audit_position()
    refused = done.lakestead("apply", str(plan))
    assert refused.returncode == 4, said(refused)[-6000:]
    assert "The plan is stale" in refused.stderr
    assert "Secret flux-system/flux-system" in refused.stderr
    assert [w for w in writes_since(position) if "/leases" not in w] == []
    mended = done.lakestead("apply", *PHASE, "--yes", "--no-diff")
    assert mended.returncode == 0, said(mended)[-6000:]


def test_a_field_that_somebody_else_has_set_is_named_with_its_owner(done: Lab, api: Api) -> None:
    ref = ObjectRef("source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "flux-system")
    theirs = {
        "apiVersion": ref.api_version,
        "kind": ref.kind,
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": {"interval": "7m"},
    }
    before = api.get(ref)
    assert before is not None
    api.apply(theirs, force=True, field_manager="somebody-else")
    try:
        refused = done.lakestead("plan", *PHASE)
        assert refused.returncode == 4, said(refused)[-6000:]
        assert ".spec.interval" in refused.stderr
        assert "somebody-else" in refused.stderr
    finally:
        api.apply(
            {**theirs, "spec": {"interval": before["spec"]["interval"]}},
            field_manager="somebody-else",
        )
    mine_too = done.lakestead("apply", *PHASE, "--yes", "--no-diff")
    assert "only whose fields they are changes" in mine_too.stdout
    assert done.lakestead("plan", *PHASE).returncode == 0


def test_no_secret_is_in_a_plan_its_report_or_the_journal(done: Lab, tmp_path: Path) -> None:
    done.api().delete(SOURCE_SECRET)
    report = ("--events", str(tmp_path / "events.jsonl"), "--junit", str(tmp_path / "junit.xml"))
    with process_arguments() as arguments:
        planned = done.lakestead("plan", *PHASE, "-o", str(tmp_path / "plan.json"), *report, "-v")
        applied = done.lakestead("apply", str(tmp_path / "plan.json"), *report, "-v")
    assert (planned.returncode, applied.returncode) == (3, 0), said(applied)[-6000:]
    files = files_in(tmp_path, done.folder / "state")
    assert any("/journal/" in name for name in files)
    places = {"output": said(planned) + said(applied), "arguments": "\n".join(arguments)}
    assert leaks(done, places | files) == []
