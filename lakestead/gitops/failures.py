"""What a Git server refused or failed at, as one message with the server's own reason."""

from __future__ import annotations

import re

from lakestead.errors import LakesteadError
from lakestead.gitops.git import Answer

CREDENTIALS = re.compile(
    r"Authentication failed|could not read (Username|Password)|Permission denied|error: 403"
    r"|HTTP Basic: Access denied"
)
UNREACHABLE = re.compile(
    r"Could not resolve|Failed to connect|Couldn't connect|Connection (refused|timed out|reset)"
    r"|Operation too slow|Empty reply|No route to host|returned error: 5\d\d"
)
MISSING = re.compile(r"not found|does not appear to be a git repository|does not exist")
# A line of `git push --porcelain`: flag, refs, and in parentheses who refused and why.
REJECTED = re.compile(r"^!\t\S+\t\[(?P<by>remote rejected|rejected)\] \((?P<reason>.*)\)$", re.M)
# The last two are what the server itself says when two pushes meet.
BEHIND = ("fetch first", "non-fast-forward", "failed to update ref", "reference already exists")


class BranchMoved(LakesteadError):
    """Somebody else pushed between the plan and the push."""


def transport_failure(url: str, answer: Answer, doing: str) -> LakesteadError:
    """Why a Git server could not be talked to.

    + doing: what was tried: ``read``, ``push to``
    """
    said = answer.stderr
    if CREDENTIALS.search(said):
        what = (
            f"The Git server refused the credentials: Lakestead could not {doing} the homelab repo"
        )
        do = "check gitops.username and gitops.password in group_data"
    elif UNREACHABLE.search(said):
        what = f"The Git server does not answer: Lakestead could not {doing} the homelab repo"
        do = f"try it yourself: git ls-remote {url}"
    elif MISSING.search(said):
        what = "The Git server has no such repository, or does not show it to this user"
        do = "check gitops.url in group_data, and that the repository exists"
    else:
        what = f"Lakestead could not {doing} the homelab repo"
        do = f"try it yourself: git ls-remote {url}"
    found = said.strip() or f"git ended with {answer.rc} and no message"
    return LakesteadError(what, where=url, found=found, do=do)


def push_failure(url: str, branch: str, answer: Answer) -> LakesteadError:
    """Why a push did not go through; BranchMoved where the answer is to plan again."""
    rejected = REJECTED.search(answer.stdout.decode("utf-8", "replace"))
    if rejected is None:
        return transport_failure(url, answer, "push to")
    reason = rejected["reason"]
    if reason in BEHIND:
        return BranchMoved(
            f"Branch {branch} of the homelab repo got another commit meanwhile",
            where=url,
            found=reason,
        )
    remarks = (
        line.removeprefix("remote:").strip()
        for line in answer.stderr.splitlines()
        if line.startswith("remote:")
    )
    return LakesteadError(
        f"The Git server refused the push to branch {branch}; nothing was changed there",
        where=url,
        found="\n".join([reason, *filter(None, remarks)]),
        do="let this user push to the branch (branch protection, hooks), then run again",
    )
