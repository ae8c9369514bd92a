"""Wait until External Secrets has given pods the credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pyinfra import host, state

from lakestead.credentials.copies import Copy, copies, lag, refresh
from lakestead.errors import LakesteadError
from lakestead.gitops.session import homelab
from lakestead.journal.undo import NOTHING
from lakestead.kube.client import Api
from lakestead.kube.session import api
from lakestead.kube.wait import wait_for
from lakestead.operations.command import ApiCommand, Command, operation
from lakestead.operations.homelab_commits import PlannedCommits
from lakestead.operations.show import progress, show
from lakestead.plan.change import Change
from lakestead.settings import Settings


@operation
def synced(timeout: float, secrets: Sequence[Copy] = ()) -> Iterator[Command]:
    """Wait until each Secret that pods read has what is kept in the store.

    The operator is told to look at once where it has not. Its own reason is in the message where it
    does not come to that.

    + timeout: seconds
    + secrets: which; by default those of phase 1

    **Example:**

    .. code:: python

        external_secrets.synced(name="Wait for the Secrets", timeout=120)
    """
    settings = Settings.of(host)
    cluster, say = api(host), progress(host)
    wanted = list(secrets) or copies(settings)
    behind = {copy.name: reason for copy in wanted if (reason := lag(cluster, copy))}
    changes = []
    for copy in wanted:
        name = copy.target.full_name
        if copy.name not in behind:
            changes.append(Change("Secret", name, "unchanged"))
        elif not state.is_executing and PlannedCommits.of(host).pending(homelab(host)):
            changes.append(Change("Secret", name, "known after apply", why=behind[copy.name]))
        else:
            changes.append(Change("Secret", name, "wait", why=behind[copy.name]))
    show(host, changes)
    if not behind:
        host.noop("pods get the credentials as they are kept")
        return
    for copy in wanted:
        if copy.name in behind:
            yield ApiCommand(
                f"wait for {copy.target}", _waiter(cluster, copy, timeout, say), undo=NOTHING
            )


def _waiter(
    cluster: Api, copy: Copy, timeout: float, say: Callable[[str], None]
) -> Callable[[], str]:
    return lambda: wait_for_copy(cluster, copy, timeout, say)


def wait_for_copy(cluster: Api, copy: Copy, timeout: float, say: Callable[[str], None]) -> str:
    """Return once pods get the credential as it is kept; raise LakesteadError with the reason."""
    said: set[str] = set()

    def check() -> tuple[bool, str]:
        reason = lag(cluster, copy)
        if reason and reason not in said:
            said.add(reason)
            say(reason)
        return not reason, reason

    if lag(cluster, copy):
        refresh(cluster, copy)
    try:
        wait_for(f"{copy.target} to be what the store holds", check, timeout)
    except LakesteadError as error:
        raise LakesteadError(
            "External Secrets has not given the pods their credentials",
            where=str(copy.external_secret),
            found=error.found,
            expected=f"the values of {copy.source} within {timeout:g} s",
            do=f"kubectl --namespace {copy.target.namespace} describe externalsecret,secretstore",
        ) from error
    return f"{copy.target} is what the store holds"
