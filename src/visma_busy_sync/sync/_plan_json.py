"""A plan as JSON: to be shown elsewhere, kept, or compared. Reading it back gives an equal plan.

The text is stable: equal plans give equal texts. Its schema has a version; a later version of this package
may add members within one, so a text of a newer schema is refused instead of read in part.
A day is `{"day": "2026-11-25"}`, and the id of a customer that the plan creates `{"pending": "<id>"}`: so
neither can be taken for a text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any, Final, TypeVar, cast

from attrs import field, frozen
from attrs.validators import in_
from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from visma_busy_sync._core.plain import PLAIN, exactly
from visma_busy_sync.sync._changes import Pending, Shown
from visma_busy_sync.sync._errors import PlanUnreadable
from visma_busy_sync.sync._links import Noted
from visma_busy_sync.sync._plan import Plan
from visma_busy_sync.sync._records import Value

T = TypeVar("T")

SCHEMA_VERSION: Final = 1


def _shown(value: Any, _: object) -> Shown:
    if value is None or type(value) in (str, bool):
        return cast("Value", value)
    ((tag, text),) = value.items()
    read: dict[str, Callable[[str], Shown]] = {"day": date.fromisoformat, "pending": Pending}
    return read[tag](exactly(text, str))


def _read_day(value: Any, _: object) -> date:
    day = _shown(value, None)
    if not isinstance(day, date):
        raise TypeError
    return day


def _day(value: date) -> dict[str, str]:
    return {"day": value.isoformat()}


def _without(made: Converter, type_: type[T], member: str) -> None:
    """Leave a member out of the JSON of a class: one that counts for nothing when values are compared."""
    out: dict[str, Any] = {member: override(omit=True)}
    made.register_structure_hook(
        type_, make_dict_structure_fn(type_, made, _cattrs_forbid_extra_keys=True, **out)
    )
    made.register_unstructure_hook(type_, make_dict_unstructure_fn(type_, made, **out))


def _converter() -> Converter:
    made = Converter(forbid_extra_keys=True)
    for plain in PLAIN:
        made.register_structure_hook(plain, exactly)
    made.register_unstructure_hook(date, _day)
    made.register_unstructure_hook(Pending, lambda pending: {"pending": pending.eaccounting_id})
    for union in (Value, Shown):
        made.register_structure_hook(union, _shown)
        made.register_unstructure_hook(union, made.unstructure)
    made.register_structure_hook(date, _read_day)
    _without(made, Noted, "archived_elsewhere")
    _without(made, Plan, "seen")
    return made


_CONVERTER: Final = _converter()


@frozen
class _Document:
    version: int = field(validator=in_((SCHEMA_VERSION,)))
    plan: Plan


def plan_to_json(plan: Plan) -> str:
    """Return a plan as a JSON text with its schema version.

    The text holds names, numbers and notes of the tenant's records: keep it as confidential as those.
    """
    document = _CONVERTER.unstructure(_Document(SCHEMA_VERSION, plan))
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def plan_from_json(text: str) -> Plan:
    """Return the plan that `plan_to_json` wrote.

    Raises:
        PlanUnreadable: If the text is damaged, or of a newer version of this package.
    """
    try:
        document: Any = json.loads(text)
        version = exactly(document["version"], int)
        if version <= SCHEMA_VERSION:
            return _CONVERTER.structure(document, _Document).plan
    except Exception:  # noqa: BLE001 - whatever is wrong; its cause would show a value of a record
        raise PlanUnreadable("it is damaged", advice="Make the plan anew.") from None
    raise PlanUnreadable(
        f"it has schema version {version}, this package knows {SCHEMA_VERSION}",
        advice="Use the version of visma-busy-sync that wrote it, or make the plan anew.",
    )
