"""The chart's values: Lakestead's, the user's merged into them, and as many submissions as there is memory."""

from __future__ import annotations

import pytest

from lakestead.errors import WrongUsage
from lakestead.settings import Settings
from lakestead.settings.capacity import Allocation
from lakestead.settings.quantity import Cpu, Memory
from tasks.spark import values


def test_the_users_values_win_and_leave_the_others(settings: Settings) -> None:
    assert settings.spark is not None
    own = {"controller": {"workers": 7}, "nameOverride": "x", "webhook": {"enable": True}}
    operator = settings.spark.operator.model_copy(update={"values": own, "image": "r/a/b:1"})
    spark = settings.spark.model_copy(update={"operator": operator})
    made = values(settings.model_copy(update={"spark": spark}))
    assert made["controller"]["workers"] == 7
    assert made["controller"]["resources"]["requests"] == {"cpu": "200m", "memory": "512Mi"}
    assert (made["webhook"], made["nameOverride"]) == ({"enable": True}, "x")
    assert made["image"]["registry"] == "r"
    assert made["image"]["repository"] == "a/b"


def test_an_operator_that_gets_nothing_is_a_mistake(settings: Settings) -> None:
    with pytest.raises(WrongUsage, match="do not say what spark-operator gets"):
        values(settings.model_copy(update={"allocations": {}}))


@pytest.mark.parametrize(
    ("memory", "workers"), [("256Mi", 1), ("384Mi", 1), ("512Mi", 2), ("2Gi", 9)]
)
def test_a_jvm_for_each_submission_fits(settings: Settings, memory: str, workers: int) -> None:
    allocation = Allocation(cpu=Cpu("200m"), memory=Memory(memory))
    allocations = {**settings.allocations, "spark-operator": allocation}
    made = values(settings.model_copy(update={"allocations": allocations}))
    assert made["controller"]["workers"] == workers
