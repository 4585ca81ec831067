"""The `Catalogue` port over Django's models: Busy's projects, customers and products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError

from busy_pages import refusals
from django_host.models import Customer, Product, Project
from django_host.transactions import code_of, key_of, own_transaction
from visma_busy_sync.sync import FIELDS, Applied, Change, Kind, Link, Moved, Outcome, Record, Refused, Value

MODELS: Mapping[Kind, Any] = {Kind.CUSTOMER: Customer, Kind.PRODUCT: Product, Kind.PROJECT: Project}
_TAKEN = frozenset({"23505", "SQLITE_CONSTRAINT_UNIQUE"})


class DjangoCatalogue:
    """Loads are one transaction; so is each change, which is compared and made while its row is locked."""

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        """Return every record, archived ones too, with its link."""
        with own_transaction():
            rows = list(MODELS[kind].objects.filter(workspace_id=tenant))
        return [record_of(kind, row) for row in rows]

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        """Make each change in a transaction of its own."""
        return [_applied(tenant, change) for change in changes]


def _applied(tenant: str, change: Change) -> Outcome:
    try:
        with own_transaction():
            if reason := _cannot_hold(tenant, change):
                return Refused(reason)
            row = MODELS[change.kind](workspace_id=tenant) if change.id is None else _locked(tenant, change)
            if row is None:
                return Moved()
            columns = {**columns_of(change.values), "link": change.link.document}
            for column, value in columns.items():
                setattr(row, column, value)
            # Only what the change names: a person may have edited the rest since.
            row.save(force_insert=change.id is None, update_fields=None if change.id is None else [*columns])
            row.refresh_from_db()
            return Applied(str(row.pk), _values(change.kind, row))
    except IntegrityError as error:
        return Refused(refusals.TAKEN if code_of(error) in _TAKEN else refusals.INCOMPLETE)


def _cannot_hold(tenant: str, change: Change) -> str | None:
    """Return why Busy cannot hold what a change would set; None if it can."""
    for field, value in change.values.items():
        longest = getattr(MODELS[change.kind], _column(field)).field.max_length
        if isinstance(value, str) and longest is not None and len(value) > longest:
            return refusals.too_long(field, longest)
        if isinstance(value, str) and not _is_storable(value):
            return refusals.UNSTORABLE
    customer = change.values.get("customer")
    if isinstance(customer, str):
        known = Customer.objects.filter(workspace_id=tenant, pk=key_of(customer)).exists()
        return None if known else refusals.UNKNOWN_CUSTOMER
    return None


def _is_storable(text: str) -> bool:
    """Tell whether a text has neither half characters nor NUL, which PostgreSQL cannot hold."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _locked(tenant: str, change: Change) -> Any:
    """Return the row of a change, locked until it is made; None if it is gone or not as expected."""
    rows = MODELS[change.kind].objects.select_for_update()
    row = rows.filter(workspace_id=tenant, pk=key_of(change.id or "")).first()
    if row is None or _link(row) != change.expected_link:
        return None
    values = _values(change.kind, row)
    return row if all(values[field] == value for field, value in change.expected.items()) else None


def _column(field: str) -> str:
    return "customer_id" if field == "customer" else field


def columns_of(values: Mapping[str, Value]) -> dict[str, Value | int]:
    """Return imported fields by the names of their columns."""
    columns: dict[str, Value | int] = {_column(field): value for field, value in values.items()}
    if isinstance(customer := columns.get("customer_id"), str):
        columns["customer_id"] = key_of(customer)
    return columns


def record_of(kind: Kind, row: Any) -> Record:
    """Return a row as the library knows it."""
    return Record(kind, str(row.pk), _values(kind, row), _link(row))


def _values(kind: Kind, row: Any) -> Mapping[str, Value]:
    values = {field: getattr(row, _column(field)) for field in FIELDS[kind]}
    if values.get("customer") is not None:
        values["customer"] = str(values["customer"])
    return values


def _link(row: Any) -> Link | None:
    return None if row.link is None else Link(row.link)
