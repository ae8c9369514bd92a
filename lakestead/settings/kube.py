"""Which cluster."""

from __future__ import annotations

from lakestead.settings.framework import Section
from lakestead.settings.names import Text


class Kube(Section):
    """The cluster's API.

    + kubeconfig: a file; by default $KUBECONFIG, then ~/.kube/config
    + context: one of the file's contexts; by default its current one
    """

    kubeconfig: Text | None = None
    context: Text | None = None
