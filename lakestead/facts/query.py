"""Facts that are read from an API instead of a shell."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pyinfra.api import FactBase, StringCommand
from pyinfra.connectors.util import CommandOutput
from typing_extensions import override

from lakestead.connectors.output import output
from lakestead.errors import LakesteadError
from lakestead.kube.client import Api
from lakestead.kube.session import api

if TYPE_CHECKING:
    from pyinfra.api.host import Host

T = TypeVar("T")


class ApiQuery(StringCommand):
    """A command that the ``@kube`` connector runs by asking the host's API server.

    + label: shown where pyinfra shows commands
    + read: asks, and returns what JSON can say
    """

    def __init__(self, label: str, read: Callable[[Api], Any]) -> None:
        super().__init__(label)
        self.read = read

    def run_on(self, host: Host) -> tuple[bool, CommandOutput]:
        """Ask the API of ``host``'s cluster; the answer is one line of JSON."""
        try:
            return True, output(json.dumps(self.read(api(host))))
        except LakesteadError as error:
            return False, output(stderr=str(error))


class ApiFact(FactBase[T], Generic[T]):
    """A fact of a cluster: ``command()`` returns an ApiQuery, ``parse()`` takes its answer.

    ``host.get_fact`` answers None where it could not be read: that is unknown, never empty.
    """

    @abstractmethod
    def parse(self, answer: Any) -> T:
        """The fact's value, from what the query returned."""

    @override
    def process(self, output: list[str]) -> T:
        return self.parse(json.loads("\n".join(output)))
