"""A gate is asked within limits, and no data are never a pass."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lakestead.errors import LakesteadError, Refused
from lakestead.gates import gate as gates
from lakestead.gates.check import Check, ask_all
from lakestead.gates.gate import Answer, Gate, require


def check(*answers: Answer | Exception, timeout: float = 5, retries: int = 0) -> Check:
    left: Iterator[Answer | Exception] = iter(answers)

    def look() -> Gate:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return Gate("It runs", answer, "it", f"saw {answer}")

    return Check("It runs", "it", look, timeout=timeout, retries=retries, pause=0)


def test_it_is_asked_until_it_passes() -> None:
    gate = check("fail", "unknown", "pass", retries=5).ask()

    assert (gate.answer, gate.asked, gate.saw) == ("pass", 3, "saw pass")


def test_the_last_answer_counts() -> None:
    gate = check("unknown", "fail", retries=1).ask()

    assert (gate.answer, gate.asked) == ("fail", 2)
    with pytest.raises(Refused, match="asked 2 times in"):
        require([gate])


def test_an_error_is_no_answer() -> None:
    gate = check(LakesteadError("The API is away", found="refused")).ask()

    assert (gate.answer, gate.saw) == ("unknown", "The API is away; refused")


def test_what_does_not_answer_in_time_is_unknown_and_the_last_answer_is_shown() -> None:
    looks = iter([0.0, 60.0])

    def look() -> Gate:
        time.sleep(next(looks))
        return Gate("It runs", "fail", "it", "3 of 4 pods")

    gate = Check("It runs", "it", look, timeout=0.05, retries=1, pause=0).ask()

    assert gate.answer == "unknown"
    assert gate.saw == "no answer within 0.05 s; the last answer was: 3 of 4 pods"


def test_all_are_asked_and_answered_in_their_order() -> None:
    found = ask_all([check("pass"), check("fail"), check("unknown")])

    assert [gate.answer for gate in found] == ["pass", "fail", "unknown"]


def test_whoever_listens_hears_of_every_gate() -> None:
    heard: list[Gate] = []
    gates.listeners.append(heard.append)
    try:
        with pytest.raises(Refused):
            require([check("pass").ask(), check("unknown").ask()])
    finally:
        gates.listeners.remove(heard.append)

    assert [gate.answer for gate in heard] == ["pass", "unknown"]
