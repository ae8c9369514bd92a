"""Operations of several hosts run in the order of the deploy file."""

from __future__ import annotations

from types import SimpleNamespace

from lakestead.connectors.order import operation_order


def state(lines: dict[str, tuple[int, ...]], *hosts: list[str]) -> SimpleNamespace:
    return SimpleNamespace(
        inventory=[SimpleNamespace(op_hash_order=operations) for operations in hosts],
        op_meta={name: SimpleNamespace(op_order=line) for name, line in lines.items()},
    )


def test_a_later_line_on_an_idle_host_waits_for_earlier_lines_on_a_busy_one() -> None:
    lines = {"secret": (1,), "reconcile": (2,), "wait": (3,), "ask": (4,)}
    ordered = operation_order(state(lines, ["secret", "reconcile", "wait"], ["ask"]))
    assert ordered == ["secret", "reconcile", "wait", "ask"]


def test_a_loop_keeps_its_own_order() -> None:
    lines = {"a": (5,), "a-0": (5, 1), "b": (6,), "a2": (7,)}
    assert operation_order(state(lines, ["a", "a-0", "a2"], ["b"])) == ["a", "a-0", "b", "a2"]


def test_an_operation_that_two_hosts_share_waits_for_both() -> None:
    lines = {"x": (1,), "y": (9,), "shared": (2,)}
    assert operation_order(state(lines, ["x", "shared"], ["y", "shared"])) == ["x", "y", "shared"]
