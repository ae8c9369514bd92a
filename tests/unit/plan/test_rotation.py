"""When a credential is replaced, and what is done first."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lakestead.plan.rotation import Age, cutoff, fingerprint, stage

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
OLD, NEW = datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 21, 19, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "wanted"),
    [
        (Age(NEW, begun=False, retiring=""), "current"),
        (Age(OLD, begun=False, retiring=""), "replace"),
        # What a killed run left is ended, however new it is; revoking comes before replacing again.
        (Age(NEW, begun=True, retiring=""), "replace"),
        (Age(NEW, begun=False, retiring="abc"), "retire"),
        (Age(OLD, begun=False, retiring="abc"), "retire"),
    ],
)
def test_what_a_credential_needs(age: Age, wanted: str) -> None:
    assert stage(age, cutoff(None, 90, NOW)) == wanted


def test_a_moment_that_is_named_wins_over_the_age() -> None:
    assert stage(Age(NEW, False, ""), cutoff("2026-11-21T20:00", 90, NOW)) == "replace"
    assert stage(Age(OLD, False, ""), cutoff("2026-07-31T00:00+02:00", 90, NOW)) == "current"


def test_a_moment_to_come_is_refused_since_every_run_would_replace_everything() -> None:
    with pytest.raises(ValueError, match="still to come"):
        cutoff("2026-11-21T20:01", 90, NOW)


def test_a_fingerprint_does_not_give_the_name_away() -> None:
    assert fingerprint("AKIA123") == fingerprint("AKIA123") != fingerprint("AKIA124")
    assert "AKIA" not in fingerprint("AKIA123")
