"""Values of a HelmRelease, merged as helm-controller merges them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.helm.values import merged


def secret(**data: str) -> dict[str, Any]:
    return {"data": {key: base64.b64encode(text.encode()).decode() for key, text in data.items()}}


THERE: Mapping[tuple[str, str], Any] = {
    ("ConfigMap", "base"): {"data": {"values.yaml": "a: {b: 1, c: 2}\nlist: [1, 2]\n"}},
    ("Secret", "login"): secret(password="s3cret", number="8080", odd="a,b={c}"),
}


def read(kind: str, name: str) -> Mapping[str, Any] | None:
    return THERE.get((kind, name))


def ref(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "name": name, **more}


def test_later_values_win_and_lists_are_replaced() -> None:
    values, secrets = merged({"a": {"c": 3}, "list": [9]}, [ref("ConfigMap", "base")], read)
    assert values == {"a": {"b": 1, "c": 3}, "list": [9]}
    assert secrets == []


def test_a_target_path_takes_one_value_as_helm_set_would() -> None:
    refs = [
        ref("Secret", "login", valuesKey="password", targetPath="db.password"),
        ref("Secret", "login", valuesKey="number", targetPath=r"db.my\.port"),
        ref("Secret", "login", valuesKey="odd", targetPath="db.odd", literal=True),
    ]
    values, secrets = merged({"db": {"user": "me"}}, refs, read)
    assert values == {"db": {"user": "me", "password": "s3cret", "my.port": 8080, "odd": "a,b={c}"}}
    assert {"s3cret", "8080", "a,b={c}"} <= set(secrets)


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        (ref("Secret", "none"), "Secret none of valuesFrom is not there"),
        (ref("ConfigMap", "base", valuesKey="x"), "has no key x"),
        (ref("Secret", "login", valuesKey="odd", targetPath="a"), "Helm's own syntax"),
        (ref("Secret", "login", valuesKey="password", targetPath="a[0]"), "points into a list"),
        (ref("Secret", "login", valuesKey="password"), "no mapping"),
    ],
)
def test_what_cannot_be_told_is_said(reference: dict[str, Any], said: str) -> None:
    with pytest.raises(LakesteadError, match=said.replace("[", r"\[")) as caught:
        merged({}, [reference], read)
    assert "s3cret" not in str(caught.value)


def test_an_optional_reference_may_be_missing() -> None:
    refs = [
        ref("Secret", "none", optional=True),
        ref("ConfigMap", "base", valuesKey="x", optional=True),
    ]
    assert merged({"a": 1}, refs, read) == ({"a": 1}, [])
