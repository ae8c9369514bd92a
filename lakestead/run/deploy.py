"""One run of a deploy file by pyinfra, in this process.

What pyinfra's own command line does, step by step, so that its stages can be stopped between:
inventory, connect, prepare (the plan), execute, disconnect. The same deploy files, inventories, group
data and config.py. The loaders are pyinfra_cli's, which are no public API: pyinfra is held below 4.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from fnmatch import fnmatch
from pathlib import Path
from types import TracebackType

import click
import pyinfra
from pyinfra.api import Config, Host, Inventory, State
from pyinfra.api.connect import connect_all, disconnect_all
from pyinfra.api.exceptions import NoGroupError, PyinfraError
from pyinfra.api.operations import run_ops
from pyinfra.api.output import set_echo, set_formatter
from pyinfra.api.state import BaseStateCallback, StateStage
from pyinfra.context import ctx_config, ctx_inventory, ctx_state
from pyinfra_cli.exceptions import UnexpectedExternalError
from pyinfra_cli.inventory import make_inventory
from pyinfra_cli.util import exec_file, load_deploy_file, parse_cli_arg
from typing_extensions import override

import lakestead
from lakestead.connectors.terminal import on_interrupt, raise_in_main
from lakestead.errors import LakesteadError, WrongUsage
from lakestead.plan.document import Target


class Deploy:
    """A deploy file and the hosts it is for; a context manager that connects and disconnects.

    Raises LakesteadError for everything that the user can put right.
    """

    def __init__(self, target: Target) -> None:
        self.target = target
        self.state = State(check_for_changes=True)

    def __enter__(self) -> Deploy:
        # Raised where the run waits, and not in the middle of whatever is at work.
        on_interrupt(lambda: raise_in_main(KeyboardInterrupt()), signal.SIGINT, signal.SIGTERM)
        with explained():
            self._load()
            self.state.set_stage(StateStage.Connect)
            unreachable = _Unreachable()
            self.state.add_callback_handler(unreachable)
            try:
                connect_all(self.state)
            except PyinfraError as error:
                raise unreachable.explained() or error from error
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self.state.initialised:
            if kind is not None:
                self.state.pool.kill()  # operations too, and not only who waits for them
            disconnect_all(self.state)

    def load(self) -> None:
        """Read the inventory and its data, and connect to nothing."""
        with explained():
            self._load()

    def prepare(self) -> None:
        """Evaluate the deploy file on all hosts: operations show their changes, nothing is written."""
        self.state.set_stage(StateStage.Prepare)
        with explained():
            load_deploy_file(self.state, self.target.deploy)
        for meta in self.state.op_meta.values():
            meta.args.clear()  # logged where an operation has no name, and one may be a secret

    def execute(self) -> None:
        """Do what was prepared; each operation looks again at what is there."""
        self.state.set_stage(StateStage.Execute)
        with explained():
            run_ops(self.state)

    def _load(self) -> None:
        pyinfra.is_cli = True  # operations are told apart by their lines in the deploy file
        set_formatter(click.style)
        set_echo(click.echo)
        os.environ.setdefault("PYINFRA_PROGRESS", "off")  # its spinner; there is lakestead.report
        sys.dont_write_bytecode = True
        cwd = str(Path.cwd())
        for folder in (cwd, "."):
            if folder not in sys.path:
                sys.path.append(folder)
        if self.target.deploy:
            _must_be_there("deploy file", self.target.deploy)
        if self.target.inventory.endswith(".py"):
            _must_be_there("inventory", self.target.inventory)
        self.state.cwd = cwd
        ctx_state.set(self.state)
        config = Config()
        ctx_config.set(config)
        if Path("config.py").exists():
            exec_file("config.py")
        config.FAIL_PERCENT = 0
        config.lock_current_state()
        data = {name: parse_cli_arg(value) for name, value in self.target.data.items()}
        inventory = make_inventory(self.target.inventory, cwd=cwd, override_data=data)
        if not len(inventory):
            raise WrongUsage(
                f"Inventory {self.target.inventory} has no hosts",
                expected="a Python file with lists of hosts, or names of hosts",
            )
        ctx_inventory.set(inventory)
        self.state.init(inventory, config, initial_limit=self._limit(inventory))

    def _limit(self, inventory: Inventory) -> list[Host] | None:
        if not self.target.limit:
            return None
        chosen: list[Host] = []
        for pattern in self.target.limit:
            try:
                hosts = list(inventory.get_group(pattern))
            except NoGroupError:
                hosts = [host for host in inventory if fnmatch(host.name, pattern)]
            if not hosts:
                raise WrongUsage(
                    f"--limit {pattern} is no group and no host of the inventory",
                    where=self.target.inventory,
                    expected=", ".join(sorted([*inventory.groups, *(h.name for h in inventory)])),
                )
            chosen += [host for host in hosts if host not in chosen]
        return chosen


class Hosts(Deploy):
    """The hosts of an inventory, without a deploy file; each is connected by who asks for it."""

    @override
    def __enter__(self) -> Hosts:
        self.load()
        self.state.set_stage(StateStage.Connect)
        return self


def _must_be_there(what: str, path: str) -> None:
    if not Path(path).is_file():
        raise WrongUsage(f"There is no {what} {path}", where=str(Path.cwd()))


class explained:
    """Turn what pyinfra, or a file that it runs, raises into one LakesteadError."""

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not isinstance(error, Exception) or isinstance(error, LakesteadError):
            return
        if isinstance(error, UnexpectedExternalError):
            raise _mistake(error.exception, error.filename) from error.exception
        if isinstance(error, PyinfraError):
            raise LakesteadError(str(error) or type(error).__name__) from error
        if isinstance(error, click.ClickException):
            raise LakesteadError(error.format_message()) from error
        raise _mistake(error) from error


def _mistake(error: BaseException, file: str = "") -> LakesteadError:
    if isinstance(error, LakesteadError):
        return error
    place = _place(error)
    ours = place.startswith(str(Path(lakestead.__file__).parent))
    return LakesteadError(
        f"{file or place.partition(', line')[0]} cannot be run",
        where=place,
        found=f"{type(error).__name__}: {error}",
        do="this is a mistake of Lakestead's: please report it with what -v shows"
        if ours
        else "correct the file; -v shows the way there",
    )


class _Unreachable(BaseStateCallback):
    """Why hosts cannot be connected to."""

    def __init__(self) -> None:
        self.errors: dict[str, Exception] = {}

    @override
    def host_connect_error(self, state: State, host: Host, error: Exception) -> None:  # type: ignore[override]
        self.errors[host.name] = error

    def explained(self) -> LakesteadError | None:
        """One error for all of them; the first is the cause of most others."""
        causes = [error.__cause__ or error for error in self.errors.values()]
        if not causes:
            return None
        first = causes[0]
        hosts = ", ".join(sorted(self.errors))
        if isinstance(first, LakesteadError):
            return first
        return LakesteadError(f"Cannot connect to {hosts}", found=str(first))


def _place(error: BaseException) -> str:
    """The innermost line that is the user's or ours."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}, line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "site-packages" not in frame.filename] or frames
    return f"{own[-1].filename}, line {own[-1].lineno}" if own else ""
