"""How manifests come to differ: what users and other programs write, in ways that are easy to miss.

A mutation takes hypothesis's ``draw``, a manifest and the live object, and returns another manifest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from lakestead.plan import spelling
from tests.oracle.paths import Path, get, has, places, put, without

Object = dict[str, Any]
# Words that mean something somewhere, most of all to the shortcut, and mostly not where they are put.
KEYS = sorted(
    {
        "new", "name", "labels", "annotations", "a.b/c", "value", "optional",
        *spelling.PLAIN, *spelling.PLAIN_MAPS, *spelling.PLAIN_LISTS,
        *spelling.MERGED_MAPS, *spelling.ATOMIC_MAPS, *(place[-1] for place in spelling.MERGEABLE_LISTS),
        *(key for _, key in (*spelling.PLAIN_AT, *spelling.EMPTY_AT, *spelling.DEFAULTS)),
    }
)  # fmt: skip
Draw = Callable[[st.SearchStrategy[Any]], Any]
Mutation = Callable[[Draw, Object, Object], Object]
QUANTITY = re.compile(r"(\d+(?:\.\d+)?)(m|k|M|G|Ki|Mi|Gi|Ti|)")
POWERS = {"Ki": "Mi", "Mi": "Gi", "Gi": "Ti"}


def remove(draw: Draw, desired: Object, live: Object) -> Object:
    """A field or an item is gone."""
    place = _any(draw, desired)
    return without(desired, place) if place else desired


def change(draw: Draw, desired: Object, live: Object) -> Object:
    """A scalar has another value of the same type."""
    place = _any(draw, desired, lambda value: not isinstance(value, dict | list))
    return put(desired, place, other(draw, get(desired, place))) if place else desired


def respell(draw: Draw, desired: Object, live: Object) -> Object:
    """A value is spelled in another way, which may mean the same to the server."""
    place = _any(draw, desired, lambda value: bool(spellings(value)))
    if place is None:
        return desired
    return put(desired, place, draw(st.sampled_from(spellings(get(desired, place)))))


def nothing(draw: Draw, desired: Object, live: Object) -> Object:
    """A value is null or empty instead."""
    place = _any(draw, desired)
    return put(desired, place, draw(st.sampled_from([None, {}, [], ""]))) if place else desired


def adopt(draw: Draw, desired: Object, live: Object) -> Object:
    """A field that the server or somebody else has set is set to the same value."""
    there = [place for place in places(live) if _new(desired, place) or _new_item(desired, place)]
    return _insert(desired, draw(st.sampled_from(there)), live) if there else desired


def adopt_differently(draw: Draw, desired: Object, live: Object) -> Object:
    """A field that the server or somebody else has set is set to null, empty or another value."""
    there = [place for place in places(live) if _new(desired, place)]
    if not there:
        return desired
    place = draw(st.sampled_from(there))
    value = get(live, place)
    options = [None, {}, [], *spellings(value)]
    if not isinstance(value, dict | list):
        options.append(other(draw, value))
    return put(desired, place, draw(st.sampled_from(options)))


def as_stored(draw: Draw, desired: Object, live: Object) -> Object:
    """The whole manifest is what the server shows: kubectl get -o yaml, then apply."""
    copy = {key: deepcopy(value) for key, value in live.items() if key != "status"}
    for name in ("managedFields", "uid", "resourceVersion", "generation", "creationTimestamp"):
        if name == "managedFields" or draw(st.booleans()):
            copy["metadata"].pop(name, None)
    return copy


def reorder(draw: Draw, desired: Object, live: Object) -> Object:
    """A list or the fields of a map come in another order."""
    place = _any(draw, desired, lambda value: isinstance(value, dict | list) and len(value) > 1)
    if place is None:
        return desired
    value = get(desired, place)
    if isinstance(value, list):
        return put(desired, place, draw(st.permutations(value)))
    return put(desired, place, dict(reversed(list(value.items()))))


def repeat(draw: Draw, desired: Object, live: Object) -> Object:
    """An item is there twice, or a similar one beside it."""
    place = _any(draw, desired, lambda value: isinstance(value, list) and bool(value))
    if place is None:
        return desired
    items = get(desired, place)
    item = deepcopy(draw(st.sampled_from(items)))
    if draw(st.booleans()):
        scalars = [
            p for p in places({"x": item}) if not isinstance(get({"x": item}, p), dict | list)
        ]
        if scalars:
            where = draw(st.sampled_from(scalars))
            item = put({"x": item}, where, other(draw, get({"x": item}, where)))["x"]
    at = draw(st.integers(0, len(items)))
    return put(desired, place, [*items[:at], item, *items[at:]])


def add_key(draw: Draw, desired: Object, live: Object) -> Object:
    """A map has one more key."""
    maps: list[Path] = [("metadata",)]
    maps += [place for place in places(desired) if isinstance(get(desired, place), dict)]
    place = draw(st.sampled_from(maps))
    key = draw(st.sampled_from(KEYS))
    value = draw(
        st.sampled_from([None, "", "x", 0, 1, False, {}, [], {"a": "b"}, {"a": None}, ["a"]])
    )
    if has(desired, (*place, key)):
        return desired
    return put(desired, (*place, key), value)


def labels(draw: Draw, desired: Object, live: Object) -> Object:
    """Labels or annotations differ."""
    field = draw(st.sampled_from(["labels", "annotations"]))
    found = desired["metadata"].get(field) or {}
    key, value = draw(st.sampled_from(["a", "b/c"])), draw(st.sampled_from(["", "1", "2", None]))
    return put(desired, ("metadata", field), {**found, key: value})


def extras(draw: Draw, desired: Object, live: Object) -> Object:
    """Metadata that tools print and people paste."""
    found = live["metadata"]
    name, value = draw(
        st.sampled_from(
            [
                ("creationTimestamp", None), ("creationTimestamp", found["creationTimestamp"]),
                ("creationTimestamp", "2001-01-01T00:00:00Z"),
                ("uid", found["uid"]), ("uid", "00000000-0000-0000-0000-000000000000"), ("uid", ""),
                ("resourceVersion", found["resourceVersion"]), ("resourceVersion", "1"),
                ("resourceVersion", ""),
                ("generation", found.get("generation", 1)), ("generation", 77), ("generation", 0),
                ("selfLink", ""), ("selfLink", "/a"), ("generateName", ""), ("generateName", "a-"),
                ("managedFields", None), ("managedFields", []), ("managedFields", [{}]),
                ("finalizers", []), ("finalizers", None), ("finalizers", ["oracle.test/a"]),
                ("ownerReferences", []), ("labels", None), ("annotations", {}),
                ("deletionGracePeriodSeconds", None), ("deletionGracePeriodSeconds", 0),
                ("deletionTimestamp", None),
            ]
        )
    )  # fmt: skip
    changed = put(desired, ("metadata", name), value)
    if draw(st.booleans()):
        changed["status"] = draw(st.sampled_from([{}, None, {"a": "b"}, live.get("status")]))
    return changed


MUTATIONS: tuple[Mutation, ...] = (
    remove, remove, change, change, respell, respell, respell, nothing, nothing, adopt, adopt,
    adopt_differently, as_stored, reorder, reorder, repeat, add_key, labels, extras,
)  # fmt: skip


def other(draw: Draw, value: Any) -> Any:
    """Another value of the type of a scalar."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return draw(st.sampled_from([value + 1, 0, value * 2]))
    if value is None:
        return draw(st.sampled_from(["", "x", 0, False]))
    return draw(st.sampled_from([value + "x", "", "x", value.upper(), value + " "]))


def spellings(value: Any) -> list[Any]:
    """Other ways to write a scalar, which some fields take for the same."""
    if isinstance(value, bool):
        return [str(value).lower(), int(value)]
    if isinstance(value, int):
        return [
            str(value),
            float(value),
            f"{value}.0",
            value * 1000 if value < 10**6 else 0,
            f"{value}000m",
        ]
    if isinstance(value, float):
        return [int(value), str(value), Decimal(value).normalize().__str__()]
    if not isinstance(value, str):
        return []
    found: list[Any] = []
    match = QUANTITY.fullmatch(value)
    if match:
        number, unit = match.groups()
        if unit == "":
            found += [
                f"{number}.0",
                f"0{number}",
                f"+{number}",
                float(number),
                f"{Decimal(number) * 1000:f}m",
            ]
            if number.isdigit():
                found += [int(number), f"{number}e0", f"{number}.500", f"{number}000"]
        if unit == "m":
            found += [
                f"{Decimal(number) / 1000:f}",
                float(number) / 1000,
                f"{Decimal(number) * 1000:f}u",
            ]
        smaller = {"Mi": "Ki", "Gi": "Mi", "Ti": "Gi"}.get(unit)
        if smaller and number.isdigit():
            found += [
                f"{int(number) * 1024}{smaller}",
                f"0{value}",
                f"{number}.0{unit}",
                f"+{value}",
            ]
        if unit in POWERS and number.isdigit() and int(number) % 1024 == 0:
            found.append(f"{int(number) // 1024}{POWERS[unit]}")
    if value in ("true", "false"):
        found.append(value == "true")
    if re.match(r"\d{4}-\d\d-\d\dT", value):
        found += [
            value.replace("Z", "+00:00"),
            value.replace("+00:00", "Z"),
            value.replace("Z", ".0Z"),
        ]
    if re.fullmatch(r"\d+[smh]", value):
        found += [f"{value}0s"[: len(value) + 2], "0h" + value]
    return [spelled for spelled in found if spelled != value or type(spelled) is not type(value)]


def _any(draw: Draw, manifest: Object, fits: Callable[[Any], bool] = lambda _: True) -> Path | None:
    found = [place for place in places(manifest) if fits(get(manifest, place))]
    return draw(st.sampled_from(found)) if found else None


def _new(desired: Object, place: Path) -> bool:
    """Whether the parent is there, a map, without this field."""
    parent = place[:-1]
    return (
        has(desired, parent) and isinstance(get(desired, parent), dict) and not has(desired, place)
    )


def _new_item(desired: Object, place: Path) -> bool:
    """Whether the place is the item behind the last of a list that is there."""
    parent = place[:-1]
    if not has(desired, parent):
        return False
    items = get(desired, parent)
    return isinstance(items, list) and place[-1] == len(items)


def _insert(desired: Object, place: Path, live: Object) -> Object:
    value = deepcopy(get(live, place))
    if _new(desired, place):
        return put(desired, place, value)
    return put(desired, place[:-1], [*get(desired, place[:-1]), value])
