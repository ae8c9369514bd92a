"""The objects that are applied: as many teams as are asked for, one YAML file a team."""

from __future__ import annotations

import re
from pathlib import Path

PER_TEAM = 50
_TEMPLATE = Path(__file__).parent / "team.yaml"


def write(folder: Path, count: int) -> None:
    """Write ``count`` objects (a multiple of 50) to ``folder``, which is made.

    Files and documents are in an order that tools need which apply them as they come.
    """
    if count % PER_TEAM:
        raise ValueError(f"{count} objects are no whole teams of {PER_TEAM}")
    folder.mkdir(parents=True)
    for number in range(count // PER_TEAM):
        team = f"team-{number:03}"
        (folder / f"{team}.yaml").write_text("---\n".join(_documents(team)))


def _documents(team: str) -> list[str]:
    documents = []
    for text in re.split(r"^---\n", _TEMPLATE.read_text(), flags=re.MULTILINE):
        found = re.match(r"# copies: (\d+)\n", text)
        text = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("TEAM", team)
        for copy in range(int(found[1]) if found else 1):
            documents.append(text.replace("COPY", str(copy)))
    return documents
