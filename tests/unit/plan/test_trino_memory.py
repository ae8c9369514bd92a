from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lakestead.plan.trino_memory import MIB, TrinoMemory, cluster_query, divide

GIB = 1024 * MIB


@pytest.mark.parametrize(
    ("allocation", "memory", "collector"),
    [
        (1152 * MIB, TrinoMemory(512, 128, 307), "UseSerialGC"),
        (2 * GIB, TrinoMemory(1408, 352, 844), "UseSerialGC"),
        (8 * GIB, TrinoMemory(6963, 1740, 4178), "UseG1GC"),
        (24 * GIB, TrinoMemory(20889, 5222, 12533), "UseG1GC"),
    ],
)
def test_an_allocation_is_divided(allocation: int, memory: TrinoMemory, collector: str) -> None:
    assert divide(allocation) == memory
    assert divide(allocation).collector == collector


@given(st.integers(1152 * MIB, 1024 * GIB))
def test_the_parts_fit_into_what_they_are_parts_of(allocation: int) -> None:
    memory = divide(allocation)
    assert memory.heap * MIB <= allocation * 0.85
    assert allocation - memory.heap * MIB >= 640 * MIB
    # The server refuses to start where this does not hold.
    assert memory.query + memory.headroom < memory.heap


@pytest.mark.parametrize("allocation", [1, 512 * MIB, 1151 * MIB])
def test_too_little_is_refused(allocation: int) -> None:
    with pytest.raises(ValueError, match="at least 1152Mi"):
        divide(allocation)


def test_a_query_may_use_every_workers_share() -> None:
    assert cluster_query(divide(24 * GIB), workers=2) == 2 * 12533
