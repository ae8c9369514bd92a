"""Errors inside operations end in one message and a failed host, never in a traceback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyinfra.api import Config, Inventory, State
from pyinfra.api.connect import connect_all
from pyinfra.api.operation import add_op
from pyinfra.api.operations import run_ops

from lakestead.errors import LakesteadError
from lakestead.journal.undo import NOTHING
from lakestead.operations.command import ApiCommand, Command, operation


def fail() -> str:
    raise LakesteadError("The gateway is away", do="start it")


@operation
def fails_in_its_command() -> Iterator[Command]:
    yield ApiCommand("ask the gateway", fail, undo=NOTHING)


@operation
def fails_in_its_body() -> Iterator[Command]:
    yield ApiCommand("first", lambda: "done", undo=NOTHING)
    fail()


@operation
def fails_before_its_first_command() -> Iterator[Command]:
    fail()
    yield ApiCommand("never", lambda: None)


@pytest.fixture
def state() -> State:
    state = State(Inventory((["@local"], {})), Config(FAIL_PERCENT=100))
    connect_all(state)
    return state


@pytest.mark.parametrize("failing", [fails_in_its_command, fails_in_its_body])
def test_execute(state: State, failing: object, capfd: pytest.CaptureFixture[str]) -> None:
    [result] = add_op(state, failing).values()

    with pytest.raises(Exception, match="No hosts remaining"):
        run_ops(state)

    assert not result.did_succeed()
    assert result.stderr == "The gateway is away\n  do:       start it"
    assert "Traceback" not in capfd.readouterr().err


def test_prepare(state: State) -> None:
    with pytest.raises(LakesteadError, match="The gateway is away"):
        add_op(state, fails_before_its_first_command)
