"""Which statements are still to be run: all, none, or those that a killed run has left."""

from __future__ import annotations

from lakestead.tpch.tables import PLAIN, TABLES, YEARS, Found, Tables, years_of_months

WANTED = Tables("lakehouse", "tpch", 0.1)
NOTHING = Found(frozenset(), {})
EVERYTHING = Found(frozenset(TABLES), {"orders": frozenset(YEARS), "lineitem": frozenset(YEARS)})


def test_an_empty_namespace_lacks_all_tables() -> None:
    missing = WANTED.missing(NOTHING)
    assert tuple(missing) == TABLES
    assert missing["part"] == [
        'CREATE TABLE lakehouse.tpch.part AS SELECT * FROM tpch."sf0.1".part'
    ]
    empty, *years = missing["lineitem"]
    assert "partitioning = ARRAY['month(l_shipdate)']" in empty
    assert empty.endswith("WITH NO DATA")
    assert len(years) == 7
    assert "l_shipdate >= DATE '1992-01-01' AND l_shipdate < DATE '1993-01-01'" in years[0]


def test_what_is_there_is_not_filled_again() -> None:
    assert WANTED.missing(EVERYTHING) == {}


def test_a_run_that_was_killed_goes_on_with_the_next_year() -> None:
    found = Found(frozenset({*PLAIN, "orders"}), {"orders": frozenset(YEARS[:5])})
    missing = WANTED.missing(found)
    assert [statement[-27:] for statement in missing["orders"]] == [
        "o_orderdate < DATE '1998-01-01'"[-27:],
        "o_orderdate < DATE '1999-01-01'"[-27:],
    ]
    assert len(missing["lineitem"]) == 8


def test_months_of_iceberg_are_counted_from_1970() -> None:
    assert years_of_months([264, 275, 276]) == {1992, 1993}


def test_the_generators_schema_is_named_by_the_scale() -> None:
    assert [Tables("a", "b", scale).source for scale in (0.01, 0.1, 1, 10)] == [
        'tpch."sf0.01"', 'tpch."sf0.1"', 'tpch."sf1"', 'tpch."sf10"',
    ]  # fmt: skip
