"""One access key of the object gateway."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Credentials:
    """An access key and its secret; the secret is in no ``repr``.

    + access_key: the public half
    + secret_key: the half that is never shown
    """

    access_key: str
    secret_key: str = field(repr=False)
