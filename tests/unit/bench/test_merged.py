"""A part of the benchmark keeps the results of the other."""

from __future__ import annotations

from typing import Any

from bench.results import merged


def document(work: str, seconds: float, bar: str, **more: Any) -> dict[str, Any]:
    row = {"work": work, "n": 1, "ours_s": seconds}
    return {
        "commit": str(seconds), "machine": {}, "rows": [row], "bars": [bar],
        "details": [{"work": work}], "hosts": {}, "proxy": {}, **more,
    }  # fmt: skip


def test_what_was_not_measured_again_stays() -> None:
    before = document("apply-new", 1.0, "met  apply-new", proxy={"20": {}})
    now = document("capacity", 2.0, "met  capacity", hosts={"hosts": 3})
    both = merged(before, now)
    assert [row["work"] for row in both["rows"]] == ["apply-new", "capacity"]
    assert both["bars"] == ["met  capacity", "met  apply-new"]
    assert (both["hosts"], both["proxy"]) == ({"hosts": 3}, {"20": {}})
    assert (both["commit"], both["before"]["commit"]) == ("2.0", "1.0")
    again = merged(both, document("capacity", 3.0, "met  capacity again"))
    assert [row["ours_s"] for row in again["rows"]] == [1.0, 3.0]
    assert again["bars"] == ["met  capacity again", "met  apply-new"]
