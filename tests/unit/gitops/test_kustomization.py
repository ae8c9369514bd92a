"""Adding to a kustomization.yaml leaves everything else in it as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from lakestead.errors import LakesteadError
from lakestead.gitops.kustomization import with_resources

CASES = sorted((Path(__file__).parent / "kustomizations").glob("*.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_case(case: Path) -> None:
    """Each file has the text before, a line of ``=====``, and the text after."""
    before, after = case.read_text().split("=====\n")
    edited = with_resources(before.encode(), ["./new/ks.yaml"], "k.yaml")
    assert edited.decode() == after
    assert with_resources(edited, ["new/ks.yaml"], "k.yaml") == edited


def test_a_new_file() -> None:
    made = with_resources(None, ["./namespace.yaml", "./new/ks.yaml"], "k.yaml").decode()
    assert made.endswith(
        "kind: Kustomization\nresources:\n  - ./namespace.yaml\n  - ./new/ks.yaml\n"
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("- a\n", "no mapping"),
        ("resources: ./a\n", "resources: './a'"),
        ("a: [\n", "no valid YAML"),
        ("a: 1\n---\nb: 2\n", "no valid YAML"),
        ("", "no mapping"),
    ],
)
def test_what_is_no_kustomization(text: str, found: str) -> None:
    with pytest.raises(LakesteadError, match=r"cannot add to apps/k\.yaml") as caught:
        with_resources(text.encode(), ["./new"], "apps/k.yaml")
    assert found in str(caught.value)
