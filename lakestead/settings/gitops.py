"""The homelab repo: where it is and how Lakestead may write to it."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from lakestead.settings.framework import Section
from lakestead.settings.names import Text
from lakestead.settings.secret import SecretRef


class Gitops(Section):
    """The user's GitOps repository.

    + url: ``http://``, ``https://`` or ``ssh://``, without user name and password
    + cluster_url: the same repository as Flux reaches it from inside the cluster, where that differs
    + branch: the branch that Flux follows
    + username, password: for http(s); without them Git's own settings and ssh's agent are used, and
      ``flux.secret`` must be in the cluster already
    + keep: files of Lakestead that somebody changed and that stay as they are (glob patterns)
    + overwrite: files that Lakestead may write although somebody changed them (glob patterns)
    """

    url: Text
    cluster_url: Text | None = None
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = "main"
    username: Text | None = None
    password: SecretRef | None = None
    keep: list[Text] = Field(default=[])
    overwrite: list[Text] = Field(default=[])

    @field_validator("url", "cluster_url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https", "ssh") or not parts.hostname:
            raise ValueError("a URL: http://…, https://… or ssh://git@…")
        if parts.password or (parts.username and parts.scheme != "ssh"):
            raise ValueError("a URL without credentials; they belong to username and password")
        return value

    @model_validator(mode="after")
    def _credentials(self) -> Gitops:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password, or neither")
        if self.password is not None and self.url.startswith("ssh"):
            raise ValueError("no password with an ssh URL: ssh's agent and keys are used")
        return self
