"""What belongs to the work on a project within a period: the rules of the work logs of the box, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, timedelta
from typing import Final

from visma_busy_sync.busy import Customer, Period, Product, Project, TimeEntry
from visma_busy_sync.sync._records import Record, Value

_DAY: Final = timedelta(days=1)


def day_of(entry: TimeEntry) -> date:
    """Return the day in UTC on which work began."""
    return entry.start.astimezone(UTC).date()


def reach(period: Period) -> Period:
    """Return the days in UTC whose hours come along.

    The workspace's time zone decides which hours are within the period. A date in UTC and the local date of
    the same moment are at most a day apart, in every zone.
    """
    first, last = max(period.first, date.min + _DAY), min(period.last, date.max - _DAY)
    return Period(first - _DAY, last + _DAY)


def cost_comes(period: Period, *, day: date, entry: str | None, hours_day: date | None) -> bool:
    """Tell whether a cost comes along: with its hours, or where these are not known at all, or by its day.

    Args:
        period: What is asked for.
        day: The day of the cost.
        entry: The hours that it belongs to; None for a cost on the project itself.
        hours_day: `day_of` these hours; None if there are none with that id.
    """
    if entry is None:
        return day in period
    return hours_day is None or hours_day in reach(period)


def no_project(project: str) -> LookupError:
    """Say that there is no such project."""
    return LookupError(f"there is no project {project} of this tenant")


def project_of(record: Record, *, several: bool, billable: bool) -> Project:
    """Return a project of the catalogue as an order is built for it."""
    return Project(
        id=record.id,
        number=_text(record.values["number"]),
        name=_name(record),
        customer=_text(record.values["customer"]),
        allows_several_customers=several,
        is_billable=billable,
    )


def customers_of(records: Sequence[Record]) -> tuple[Customer, ...]:
    """Return customers of the catalogue."""
    return tuple(Customer(id=record.id, name=_name(record)) for record in records)


def products_of(records: Sequence[Record]) -> tuple[Product, ...]:
    """Return products of the catalogue."""
    return tuple(
        Product(id=record.id, number=_text(record.values["number"]), name=_name(record)) for record in records
    )


def _name(record: Record) -> str:
    name = _text(record.values["name"])
    return name if name and name.strip() else record.id


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None
