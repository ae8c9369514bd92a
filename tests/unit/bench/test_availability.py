"""How answers are counted in the table of availability."""

from __future__ import annotations

from bench.availability.client import Answer
from bench.availability.watch import markdown, measure


def test_failed_requests_and_the_longest_time_without_a_good_answer() -> None:
    answers = [Answer(100 + number / 10, 0.01) for number in range(100)]
    answers[20:30] = [Answer(102 + number / 10, 0.01, "refused") for number in range(10)]
    answers[40] = Answer(104.0, 7.0)  # slow, but answered
    found = measure("new", answers, 101, 109)
    assert (found.asked, found.failed, found.share) == (80, 10, 12.5)
    assert round(found.gap, 2) == 1.1  # from the answer before the first to that after the last
    assert found.slowest == 7.0
    assert found.errors == ("refused (10)",)
    assert found.cost == 1.0


def test_no_answer_to_the_end_is_a_gap_to_the_end() -> None:
    answers = [Answer(100.0, 0.0), Answer(100.1, 10.0, "no answer to the end")]
    found = measure("new", answers, 100, 105)
    assert (found.gap, found.failed, found.late) == (5.0, 1, 1)


def test_the_table() -> None:
    found = measure("new", [Answer(100.0, 0.5), Answer(100.1, 0.0, "refused")], 100, 101)
    [_, _, row] = markdown({"a crash": [found]}).splitlines()
    assert row == "| a crash | `new` | 2 | 1 | 0 | 50.00 % | 0.5 s | 0.5 s | 0.1 s, 0.00 % |"
