"""From the API's objects to the fields that are imported. Nothing else of an object passes (R21, R24)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import final

from attrs import field, frozen

from visma_busy_sync.eaccounting.models import UNSET, Article, Customer, Project, ProjectStatus, Unset
from visma_busy_sync.sync._records import Kind, Value


@final
@frozen
class Upstream:
    """One record as eAccounting has it.

    Attributes:
        kind: What it is.
        id: eAccounting's id of it.
        values: The imported values by the names in `FIELDS`, not adapted to Busy in any way. A project's
            `customer` is the id of a customer in eAccounting.
    """

    kind: Kind
    id: str
    values: Mapping[str, Value] = field(repr=False)


@final
@frozen
class Read:
    """All records of one kind that a reading of eAccounting brought.

    Attributes:
        rows: The records, in any order. If an id occurs twice, the last one counts.
        sure: Whether the reading is known to have brought every record that it was to bring. Only then is
            anything adopted or archived (D15).
        whole: Whether it was to bring all records there are; else those that changed lately, and all that
            are not linked yet. Then a record that it lacks is as it was.
        inactive_unknown: Whether eAccounting listed no record that is not in use, and did not answer whether
            there are any.
    """

    rows: Sequence[Upstream]
    sure: bool
    whole: bool = True
    inactive_unknown: bool = False


def upstream_of(model: Project | Customer | Article) -> Upstream:
    """Return the imported values of one object of the API.

    Absent members and blank texts are None. A project is archived if it is finished (R20), a customer or
    an article if it is not active; a project status that is not known counts as not archived, because
    archiving is what a user would have to repair.
    """
    if isinstance(model, Project):
        return Upstream(Kind.PROJECT, model.id, _project(model))
    if isinstance(model, Customer):
        return Upstream(Kind.CUSTOMER, model.id, _customer(model))
    return Upstream(Kind.PRODUCT, model.id, _product(model))


def _project(model: Project) -> dict[str, Value]:
    return {
        "number": _text(model.number),
        "name": model.name,
        "customer": _text(model.customer_id),
        "start_date": _date(model.start_date),
        "end_date": _date(model.end_date),
        "notes": _text(model.notes),
        "archived": model.status is ProjectStatus.FINISHED,
    }


def _customer(model: Customer) -> dict[str, Value]:
    return {
        "number": _text(model.customer_number),
        "name": model.name,
        "organization_number": _text(model.corporate_identity_number),
        "archived": not model.is_active,
    }


def _product(model: Article) -> dict[str, Value]:
    return {"number": _text(model.number), "name": model.name, "archived": not model.is_active}


def _text(value: str | Unset | None) -> str | None:
    return value if value is not UNSET and value is not None and value.strip() else None


def _date(value: date | Unset | None) -> date | None:
    return value if value is not UNSET else None
