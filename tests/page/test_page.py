"""The page of a capacity review, looked at by a real browser."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lakestead.report.capacity_page import page
from tests.page.browser import DARK, LIGHT, Browser, pixels
from tests.page.homelab import homelab


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser.running(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("page") / "capacity.html"
    written.write_text(page(homelab(workers=3)))
    return written


def test_the_browser_shows_what_the_review_says(browser: Browser, file: Path) -> None:
    text = re.sub(r"<style.*?</style>|<[^>]*>", " ", browser.document(file), flags=re.DOTALL)
    words = " ".join(text.split())
    for part in (
        "Capacity of anton",
        "1 of 6 planned pods cannot be sure of a node: trino-worker-3",
        "hive-metastore 200m 4.0Gi fits",
        "control-1 3 of 3.8 free",
        "cordoned",
        "no answer within 20 s",
        "-41.20 s",
        "host nas is no node of the cluster",
        "ceph-block rook-ceph.rbd.csi.ceph.com 3 150.0Gi 85.0Gi",
    ):
        assert part in words, words


def test_nothing_is_asked_of_anybody(browser: Browser, file: Path, tmp_path: Path) -> None:
    browser.asked.clear()
    browser.document(file)
    assert browser.asked == []
    # The proxy would have seen it.
    spy = tmp_path / "spy.html"
    spy.write_text('<img src="http://spy.invalid/pixel.png">')
    browser.document(spy)
    assert any("spy.invalid" in line for line in browser.asked)


def test_names_are_text_and_no_markup(browser: Browser, file: Path) -> None:
    assert "&lt;transcoder&gt;" in browser.document(file)


def test_light_and_dark(browser: Browser, file: Path) -> None:
    light, dark = (pixels(browser.picture(file, scheme)) for scheme in (LIGHT, DARK))
    assert min(light[2][2]) > 230
    assert max(dark[2][2]) < 40
    # Bars in the colours of the page: full, near the line, far from it, planned.
    for rows, colours in (
        (light, [(0x3B, 0x82, 0xC4), (0xD9, 0x8A, 0x1F), (0x8E, 0x6B, 0xD0)]),
        (dark, [(0x5A, 0x9B, 0xD8), (0xE5, 0xA4, 0x43), (0xA9, 0x8B, 0xE6)]),
    ):
        counts = Counter(pixel for row in rows for pixel in row)
        for colour in colours:
            assert counts[colour] > 300, (colour, counts.most_common(12))


def test_a_thousand_nodes_are_a_map(browser: Browser, tmp_path: Path) -> None:
    file = tmp_path / "large.html"
    file.write_text(page(homelab(extra=1000)))
    document = browser.document(file)
    assert document.count('<b class="') >= 1005
    assert "All 1005 nodes above; the 48 fullest below." in document
    assert len(document) < 500_000
