"""Every part of the platform must be there before a phase begins."""

from __future__ import annotations

from lakestead.gates.hosts import connected, groups_present


def test_every_host_must_be_connected() -> None:
    assert connected({"@kube/lab": True, "@local": True}).answer == "pass"
    away = connected({"@kube/lab": False, "@local": True})
    assert (away.answer, away.saw) == ("fail", "not connected: @kube/lab")


def test_a_part_without_a_host_is_not_skipped_in_silence() -> None:
    assert groups_present(["all", "cluster", "database"], ["cluster", "database"]).answer == "pass"
    lacking = groups_present(["cluster"], ["cluster", "database"])
    assert (lacking.answer, lacking.wanted) == ("fail", "also database")
