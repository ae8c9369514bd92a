"""Substitution after a build; what is expected was read off github.com/fluxcd/pkg/envsubst."""

from __future__ import annotations

import pytest

from lakestead.errors import LakesteadError
from lakestead.flux.preview_substitute import substitute

VARIABLES = {"A": "alpha", "_b2": "Beta", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "replaced"),
    [
        ("x ${A} y ${_b2}", "x alpha y Beta"),
        ("${NOT}${EMPTY}", ""),
        ("$A $$ $${A} $$${A} {A} }", "$A $ ${A} $alpha {A} }"),
        ("${NOT:=d} ${EMPTY:-d} ${A:-d} ${NOT=d}", "d d alpha d"),
        ("${NOT:-${A}-${NOT:=x y}}", "alpha-x y"),
        ("${A^^} ${A^} ${_b2,,} ${_b2,}", "ALPHA Alpha beta beta"),
        ("${#A}${#NOT}", "50"),
    ],
)
def test_replaced(text: str, replaced: str) -> None:
    assert substitute(text, VARIABLES) == replaced


@pytest.mark.parametrize(
    "text",
    [
        "${A",
        "${}",
        "${A:1:2}",
        "${A#a}",
        "${A%a}",
        "${A/a/b}",
        "${A:-x",
        "${#A^}",
        "${ A }",
        "${A-d}",
    ],
)
def test_what_is_not_known_here_is_refused(text: str) -> None:
    with pytest.raises(LakesteadError, match="postBuild"):
        substitute(text, VARIABLES)


def test_names_of_variables_are_held_to_flux_s_rule() -> None:
    with pytest.raises(LakesteadError, match="no name of a variable"):
        substitute("", {"a-b": "c"})
