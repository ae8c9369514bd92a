"""What the API server says is missing, as the rule that an administrator has to add."""

from __future__ import annotations

import re
from dataclasses import dataclass

# k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go, forbiddenMessage
_SAID = re.compile(
    r'User "(?P<user>[^"]*)" cannot (?P<verb>\S+) resource "(?P<resource>[^"]+)" '
    r'in API group "(?P<group>[^"]*)" '
    r'(?:in the namespace "(?P<namespace>[^"]+)"|at the cluster scope)'
)


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that a user does not have.

    + resource: plural, with the subresource: ``pods/exec``
    + group: its API group; "" is Kubernetes' own
    + namespace: "" is the whole cluster
    """

    user: str
    verb: str
    resource: str
    group: str
    namespace: str

    @property
    def what(self) -> str:
        """``ann may not list deployments.apps in namespace shop``."""
        place = f"in namespace {self.namespace}" if self.namespace else "in the whole cluster"
        return f"{self.user} may not {self.verb} {self.resource}{self.group and f'.{self.group}'} {place}"

    @property
    def rule(self) -> str:
        """The kind of role, and the rule, as RBAC has it."""
        role = f"a Role in namespace {self.namespace}" if self.namespace else "a ClusterRole"
        group = self.group or '""'
        return (
            f"{role}, bound to this user, with\n"
            f"{{apiGroups: [{group}], resources: [{self.resource}], verbs: [{self.verb}]}}"
        )


def missing(message: str) -> Missing | None:
    """The permission that a message of HTTP status 403 names; None where it is about something else."""
    found = _SAID.search(message)
    if found is None:
        return None
    return Missing(**{key: value or "" for key, value in found.groupdict().items()})
