"""docs/troubleshooting.md explains messages that the program really says; links of all pages lead somewhere."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
DOCUMENT = PROJECT / "docs" / "troubleshooting.md"
PAGES = [PROJECT / "README.md", *sorted(PROJECT.glob("docs/**/*.md"))]


def messages() -> list[str]:
    """The first column of its tables; several messages in one cell stand between middle dots."""
    rows = re.findall(r"^\| (.+?) \|", DOCUMENT.read_text(), re.MULTILINE)
    cells = [cell for cell in rows if cell not in ("message", "---")]
    return [message.strip() for cell in cells for message in cell.split(" · ")]


@cache
def source() -> str:
    """What the program's texts are made of, with strings that go over lines put together."""
    files = [*PROJECT.glob("lakestead/**/*.py"), *PROJECT.glob("tasks/*.py")]
    text = "\n".join(file.read_text() for file in files)
    return re.sub(r'"\s*\n\s*f?"', "", text)


@pytest.mark.parametrize("message", messages())
def test_it_is_said(message: str) -> None:
    said = source()
    parts = [part.strip(" .:?") for part in re.split(r"…|\bNo\.", message)]
    missing = [part for part in parts if len(part) > 3 and part not in said]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), f"{target}#{anchor}"


def anchors(file: Path) -> set[str]:
    """Of its headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
