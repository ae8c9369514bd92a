"""The base of every settings section, and errors that name file, line, key, value and what is accepted.

pyinfra's group data are plain Python files without types. ``lakestead.settings.Settings`` checks
what they hold; each section of it is one pydantic model in a file of its own.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of the settings: immutable, with no key that is not declared."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        str_strip_whitespace=True,
        # Lists and numbers in group data are Python values already; a "1" for 1 is a mistake.
    )
