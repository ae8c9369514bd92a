"""The table of objective 1.3 for its readers: who makes it is told where it is not there or is another."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pytest
from pyiceberg.exceptions import NoSuchIcebergTableError, NoSuchPropertyException, NoSuchTableError

from lakestead.errors import LakesteadError
from lakestead.iceberg import proved
from lakestead.operations import trino
from lakestead.pipeline.catalog import telescopes
from lakestead.settings import Settings

KEY: Any = "key"


class Table:
    """A catalog of one table, with these columns; or of none, and then it raises this."""

    def __init__(self, *columns: str, gone: Exception | None = None) -> None:
        self.column_names, self.gone = list(columns), gone

    def load_table(self, _: str) -> Table:
        if self.gone:
            raise self.gone
        return self

    def schema(self) -> Table:
        return self

    def scan(self, selected_fields: tuple[str, ...]) -> Table:
        self.read = self.column_names if selected_fields == ("*",) else list(selected_fields)
        if not set(self.read) <= set(self.column_names):
            raise ValueError("Could not find column")
        return self

    def to_arrow(self) -> Table:
        return self

    def to_pylist(self) -> list[dict[str, str]]:
        return [{column: f"a {column}" for column in self.read}]


def patched(monkeypatch: pytest.MonkeyPatch, table: Table) -> None:
    monkeypatch.setattr(proved, "connect", lambda *_: table)


def test_telescopes_are_read(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, Table("first_light", "aperture_m", "telescope", "id"))
    assert telescopes(settings, KEY) == [("a id", "a telescope", "a aperture_m")]


@pytest.mark.parametrize(
    "gone",
    [
        NoSuchTableError("Table does not exist"),
        NoSuchIcebergTableError("Property table_type is hudi"),
        NoSuchPropertyException("Property table_type missing"),
    ],
    ids=["dropped", "another format", "no format"],
)
def test_a_table_that_is_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, gone: Exception
) -> None:
    patched(monkeypatch, Table(gone=gone))
    with pytest.raises(LakesteadError, match="no Iceberg table lakestead") as caught:
        telescopes(settings, KEY)
    assert caught.value.found == str(gone)
    assert "execute objective 1.3" in caught.value.do


def test_a_column_that_is_gone(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    patched(monkeypatch, Table("id", "telescope", "diameter_m"))
    with pytest.raises(LakesteadError, match="no column aperture_m") as caught:
        telescopes(settings, KEY)
    assert "diameter_m" in caught.value.found
    assert "execute objective 1.3" in caught.value.do


def test_trino_is_not_compared_with_a_table_that_is_gone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def connected(*_: Any, **__: Any) -> Any:
        yield None

    class Secret:
        def read(self, _: Any) -> str:
            return "key"

    cluster: Any = None
    patched(monkeypatch, Table(gone=NoSuchTableError("Table does not exist")))
    monkeypatch.setattr(trino, "login", lambda *_: "login")
    monkeypatch.setattr(trino, "connected", connected)
    monkeypatch.setattr(trino, "who", lambda *_: "ada")
    monkeypatch.setattr(trino, "servers", lambda *_: {"coordinators": 1, "workers": 99})
    monkeypatch.setattr(trino, "user_secret", lambda _: Secret())
    with pytest.raises(LakesteadError, match="no Iceberg table lakestead") as caught:
        trino.ask(cluster, settings)
    assert not isinstance(caught.value, trino.NotYet)
