"""Tables and answers against the raw files: what is right, and what is said where something is not."""

from __future__ import annotations

from typing import Any

import pytest

from lakestead.errors import LakesteadError
from lakestead.pipeline.data import DRILL, OBSERVATIONS, TARGETS, deliveries
from lakestead.pipeline.look import ask, look
from lakestead.pipeline.questions import QUESTIONS
from lakestead.settings import Settings
from tests.unit.pipeline.sky import TELESCOPES, Sky

DAY1 = {delivery.table.name: set(delivery.files) for delivery in deliveries(1)}
DAY2 = {"targets": DAY1["targets"], "observations": {*DAY1["observations"], "observations-3.csv"}}
DAY3 = {**DAY1, "targets": DAY1["targets"] | set(deliveries(DRILL)[0].files)}


@pytest.mark.parametrize("files", [DAY1, DAY2, DAY3], ids=["day 1", "half of day 2", "drill"])
def test_the_questions_are_answered_as_python_computes_them(
    settings: Settings, files: dict[str, set[str]]
) -> None:
    sky: Any = Sky(**files)
    looked = look(sky, settings)
    answers = ask(sky, settings, looked, TELESCOPES)
    assert looked.snapshots == {"targets": 7, "observations": 7}
    assert [answer.question for answer in answers] == list(QUESTIONS)
    assert all(answer.rows for answer in answers)
    assert answers[0].columns == ["telescope", "kind", "observations", "seconds", "light", "first"]


def test_every_day_has_other_answers(settings: Settings) -> None:
    found = []
    for files in (DAY1, DAY2, DAY3):
        sky: Any = Sky(**files)
        found.append(
            [answer.rows for answer in ask(sky, settings, look(sky, settings), TELESCOPES)]
        )
    first, second, third = found
    assert first[0] != second[0]
    assert first[2] != third[2]


def test_what_is_there_of_a_delivery(settings: Settings) -> None:
    sky: Any = Sky(**DAY2)
    looked = look(sky, settings)
    [second] = deliveries(2)
    assert all(looked.has(delivery) for delivery in deliveries(1))
    assert not looked.has(second)
    nothing: Any = Sky()
    assert look(nothing, settings).rows == {}


WRONG = {
    "DELETE FROM targets WHERE target_id = 9": "Trino lacks 9, NGC 9",
    "INSERT INTO targets SELECT * FROM targets WHERE target_id = 9": "Trino alone has 9, NGC 9",
    "UPDATE observations SET exposure_s = 1 WHERE observation_id = 1700": "Trino alone has 1700,",
    "UPDATE targets SET source_file = 'mine.csv' WHERE target_id = 9": "rows from mine.csv",
    "ALTER TABLE targets RENAME COLUMN kind TO sort": "COLUMN_NOT_FOUND",
}


@pytest.mark.parametrize("sql", WRONG)
def test_a_table_that_is_otherwise_is_told_by_its_rows(settings: Settings, sql: str) -> None:
    sky: Any = Sky(**DAY1)
    sky.database.execute(sql)
    with pytest.raises(LakesteadError) as caught:
        look(sky, settings)
    assert WRONG[sql] in str(caught.value)
    assert "lakehouse.sample." in caught.value.what
    # Also where its rows came from a stray file: another namespace would not bring the old one back.
    table = "observations" if "observations" in sql else "targets"
    assert f'"DROP TABLE lakehouse.sample.{table}", and run again' in caught.value.do


def test_an_answer_that_is_otherwise_is_told_by_its_rows(settings: Settings) -> None:
    sky: Any = Sky(**DAY1)
    looked = look(sky, settings)
    sky.database.execute("UPDATE first_light SET aperture_m = 3 WHERE telescope = 'Hooker'")
    with pytest.raises(LakesteadError, match="something else than the raw files say") as caught:
        ask(sky, settings, looked, TELESCOPES)
    assert "What light has each telescope" in caught.value.where
    assert "Trino lacks Hooker, " in caught.value.found


def test_the_tables_have_the_columns_that_the_job_is_told(settings: Settings) -> None:
    for table in (TARGETS, OBSERVATIONS):
        assert table.names[-1] == "source_file"
        assert len(table.names) == table.columns.count(",") - table.columns.count("(5,2)") + 2
