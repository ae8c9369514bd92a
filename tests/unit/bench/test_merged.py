"""A part of the benchmark keeps the results of the others."""

from __future__ import annotations

from typing import Any

from bench.results import merged


def document(commit: str, work: str, peer: str, bar: str, **more: Any) -> dict[str, Any]:
    place = {"work": work, "n": 1, "rtt_ms": 0}
    return {
        "commit": commit, "machine": {}, "rows": [{**place, "peer": peer}], "bars": [bar],
        "details": [{**place, "tool": peer}], "hosts": {}, "proxy": {}, **more,
    }  # fmt: skip


def test_what_was_not_measured_again_stays() -> None:
    before = document("first", "apply-new", "kapp", "met  apply-new, N = 1: 2 s", proxy={"20": {}})
    now = document("second", "capacity", "floor", "MISSED  capacity: 3 s", hosts={"hosts": 3})
    both = merged(before, now)
    assert [(row["work"], row.get("commit")) for row in both["rows"]] == [
        ("apply-new", "first"),
        ("capacity", None),
    ]
    assert both["bars"] == ["MISSED  capacity: 3 s", "met  apply-new, N = 1: 2 s"]
    assert (both["hosts"], both["proxy"]) == ({"hosts": 3}, {"20": {}})
    assert (both["commit"], both["before"][0]["commit"]) == ("second", "first")
    again = merged(both, document("third", "capacity", "floor", "met  capacity: 1 s"))
    assert [row.get("commit") for row in again["rows"]] == ["first", None]
    assert again["bars"] == ["met  capacity: 1 s", "met  apply-new, N = 1: 2 s"]


def test_another_peer_of_the_same_work_stays() -> None:
    before = document("first", "apply-new", "kapp", "met  against kapp: 1")
    now = document("second", "apply-new", "floor", "met  against floor: 1")
    assert [row["peer"] for row in merged(before, now)["rows"]] == ["floor", "kapp"]
