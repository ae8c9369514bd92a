"""Why the server refuses an apply, and fields that are taken over from others where that is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lakestead.errors import LakesteadError, Refused, WrongUsage
from lakestead.kube.failures import ApiError
from lakestead.kube.reference import ObjectRef

_OWNER = re.compile(r'conflict with "([^"]*)"')


@dataclass(frozen=True, slots=True)
class Conflict:
    """A field that somebody else has set to another value.

    + field: as the server names it: ``.spec.template.spec.containers[name="app"].image``
    + owner: the other field manager
    """

    field: str
    owner: str


def conflicts(error: ApiError) -> list[Conflict]:
    """The conflicts that a refused apply names; none where it was refused for another reason."""
    if error.status != 409:
        return []
    causes = (error.body.get("details") or {}).get("causes") or []
    return [
        Conflict(str(cause.get("field")), _owner(str(cause.get("message"))))
        for cause in causes
        if cause.get("reason") == "FieldManagerConflict"
    ]


def _owner(message: str) -> str:
    """``kubectl-scale`` of ``conflict with "kubectl-scale" with subresource "scale" using apps/v1``."""
    found = _OWNER.search(message)
    return found[1] if found else message


def apply_error(ref: ObjectRef, error: ApiError) -> LakesteadError:
    """The API's refusal of an apply in words; conflicts with each field and its owner."""
    found = conflicts(error)
    if found:
        return conflict_error(ref, found, error.where)
    if error.status in (400, 422) or error.status >= 500:
        causes = (error.body.get("details") or {}).get("causes") or []
        message = str(error.body.get("message") or error.what)
        if ref.kind == "Secret" and not webhook_of(error):
            # The server quotes what it does not like.
            message = ", ".join(str(cause.get("field")) for cause in causes) or error.reason
        return LakesteadError(
            f"{ref} is not accepted: {message}",
            where=error.where,
            do="correct the manifest; a field that cannot be changed needs the object made anew",
        )
    return error


def conflict_error(ref: ObjectRef, found: Iterable[Conflict], where: str) -> Refused:
    """The refusal to overwrite what others have set."""
    items = list(found)
    asked = ", ".join(repr(f"{ref}: {item.field}") for item in items)
    return Refused(
        f"{ref} is managed by somebody else too",
        where=where,
        found="\n".join(f'{item.field}: conflict with "{item.owner}"' for item in items),
        expected="fields that nobody else has set to another value",
        do="take the field out of one of the two, or take it over from the other: "
        f"kube.apply(take_over=({asked},))",
    )


def webhook_of(error: ApiError) -> str:
    """The webhook that could not be asked; empty where that is not the reason."""
    found = re.search(r'failed calling webhook "([^"]+)"', str(error.body.get("message") or ""))
    return found[1] if found and error.status >= 500 else ""


class TakeOver:
    """Fields that may be taken over.

    + entries: ``"Deployment ns/name: .spec.replicas"``, as a refusal names them
    """

    def __init__(self, entries: Sequence[str]) -> None:
        self._fields: dict[str, set[str]] = {}
        for entry in entries:
            name, separator, field = entry.partition(": ")
            if not separator or not field.startswith("."):
                raise WrongUsage(
                    "take_over names no field",
                    found=repr(entry),
                    expected="Kind namespace/name: .path.of.the.field, as a conflict names it",
                )
            self._fields.setdefault(name, set()).add(field)

    def check(self, refs: Iterable[ObjectRef]) -> None:
        """Raises WrongUsage where one is for an object that is not applied."""
        unknown = self._fields.keys() - {str(ref) for ref in refs}
        if unknown:
            raise WrongUsage(
                "take_over names an object that is not applied here",
                found=", ".join(sorted(unknown)),
            )

    def missing(self, ref: ObjectRef, found: Iterable[Conflict]) -> list[Conflict]:
        """The conflicts that nobody asked to be overcome."""
        allowed = self._fields.get(str(ref), set())
        return [conflict for conflict in found if conflict.field not in allowed]


def taken(found: Iterable[Conflict]) -> str:
    """For a plan: what is taken over from whom."""
    by_owner: dict[str, list[str]] = {}
    for conflict in found:
        by_owner.setdefault(conflict.owner, []).append(conflict.field)
    return "; ".join(
        f"takes {', '.join(fields)} over from {who}" for who, fields in by_owner.items()
    )
