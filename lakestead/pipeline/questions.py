"""Questions that join the tables, and their answers as Python computes them from the raw files' rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lakestead.pipeline.data import OBSERVATIONS, TARGETS, Row

Rows = Mapping[str, Sequence[Row]]
"""A table's name → its rows; of ``TELESCOPES``: id, name, aperture in metres."""
TELESCOPES = "telescopes"
"""The table that objective 1.3 made."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    + title: what is asked, for a person
    + sql: with the tables' places in braces
    + compute: the answer's rows, in any order
    """

    title: str
    sql: str
    compute: Callable[[Rows], list[Row]]


def _light(rows: Rows) -> list[Row]:
    kinds = {target: kind for target, _, kind, *_ in rows[TARGETS.name]}
    telescopes = _telescopes(rows)
    found: dict[tuple[Any, Any], list[Any]] = defaultdict(lambda: [0, 0, Decimal(0), None])
    for _, telescope, target, began, seconds, *_ in rows[OBSERVATIONS.name]:
        for name, aperture in telescopes[telescope] if target in kinds else ():
            line = found[name, kinds[target]]
            line[0] += 1
            line[1] += seconds
            line[2] += seconds * aperture * aperture
            line[3] = min(began, line[3] or began)
    return [(*key, *line) for key, line in found.items()]


def _favourites(rows: Rows) -> list[Row]:
    names = {target: name for target, name, *_ in rows[TARGETS.name]}
    telescopes = _telescopes(rows)
    seconds: dict[Any, Counter[Any]] = defaultdict(Counter)
    for _, telescope, target, _, exposure, *_ in rows[OBSERVATIONS.name]:
        if target in names:
            for name, _ in telescopes[telescope]:
                seconds[name][target] += exposure
    best = {
        telescope: min(counted.items(), key=lambda item: (-item[1], item[0]))
        for telescope, counted in seconds.items()
    }
    return [(telescope, names[target], total) for telescope, (target, total) in best.items()]


def _unobserved(rows: Rows) -> list[Row]:
    seen = {row[2] for row in rows[OBSERVATIONS.name]}
    missing = Counter(kind for target, _, kind, *_ in rows[TARGETS.name] if target not in seen)
    return list(missing.items())


def _telescopes(rows: Rows) -> dict[Any, list[tuple[Any, Any]]]:
    found: dict[Any, list[tuple[Any, Any]]] = defaultdict(list)
    for number, name, aperture in rows[TELESCOPES]:
        found[number].append((name, aperture))
    return found


QUESTIONS = (
    Question(
        "What light has each telescope gathered from which kind of target?",
        """\
SELECT f.telescope, t.kind, count(*) AS observations, sum(o.exposure_s) AS seconds,
  sum(o.exposure_s * f.aperture_m * f.aperture_m) AS light, min(o.started_at) AS first
FROM {observations} o
JOIN {targets} t ON t.target_id = o.target_id
JOIN {telescopes} f ON f.id = o.telescope_id
GROUP BY f.telescope, t.kind ORDER BY light DESC""",
        _light,
    ),
    Question(
        "Which target has each telescope looked at longest?",
        """\
SELECT telescope, name, seconds FROM (
  SELECT f.telescope, t.name, sum(o.exposure_s) AS seconds,
    row_number() OVER (PARTITION BY f.telescope ORDER BY sum(o.exposure_s) DESC, t.target_id) AS place
  FROM {observations} o
  JOIN {targets} t ON t.target_id = o.target_id
  JOIN {telescopes} f ON f.id = o.telescope_id
  GROUP BY f.telescope, t.target_id, t.name)
WHERE place = 1 ORDER BY telescope""",
        _favourites,
    ),
    Question(
        "How many targets of each kind has nobody looked at?",
        """\
SELECT t.kind, count(*) AS targets
FROM {targets} t LEFT JOIN {observations} o ON o.target_id = t.target_id
WHERE o.observation_id IS NULL
GROUP BY t.kind ORDER BY t.kind""",
        _unobserved,
    ),
)
