"""The `WorkLog` port over Django's models: Busy's hours, costs, work types, prices and finalised orders."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Q

from django_host import models
from django_host.transactions import key_of, one_moment
from visma_busy_sync import busy
from visma_busy_sync.orders import order_from_json

_DAY = timedelta(days=1)


class DjangoWorkLog:
    """Each answer is read in one transaction, which sees one moment. Nothing is written."""

    def work(self, tenant: str, project: str, period: busy.Period) -> busy.Work:
        """Return the work on a project; of hours a day more on either side: the time zone decides later."""
        first, end = _reach(period)
        with one_moment():
            found = models.Project.objects.filter(workspace_id=tenant, pk=key_of(project))
            row = found.select_related("workspace").first()
            if row is None:
                raise LookupError(project)
            hours = models.TimeEntry.objects.filter(project=row, start__gte=first, start__lt=end)
            on_hours = Q(entry__start__gte=first, entry__start__lt=end)
            on_project = Q(entry=None, date__range=(period.first, period.last))
            costs = models.Expense.objects.filter(on_hours | on_project, project=row)
            return busy.Work(
                project=_project(row),
                entries=tuple(map(_entry, hours)),
                expenses=tuple(map(_expense, costs)),
                work_types=tuple(map(_work_type, models.WorkType.objects.filter(workspace_id=tenant))),
                products=tuple(map(_product, models.Product.objects.filter(workspace_id=tenant))),
                members=tuple(map(_member, models.Member.objects.filter(workspace_id=tenant))),
                prices=busy.Prices(mode=busy.PriceMode.WORK_TYPE),  # the rates are those of the work types
                settings=_settings(row.workspace),
            )

    def finalised(self, tenant: str) -> Sequence[busy.Order]:
        """Return the orders in the order of finalising, each as it was then."""
        with one_moment():
            rows = list(models.Order.objects.filter(workspace_id=tenant).order_by("pk"))
        return [order_from_json(row.document) for row in rows]


def _reach(period: busy.Period) -> tuple[datetime, datetime]:
    """Return where the hours of a period begin and end, as far as days go."""
    first = max(period.first, date.min + _DAY) - _DAY
    last = min(period.last, date.max - 2 * _DAY) + _DAY
    return datetime.combine(first, time(), UTC), datetime.combine(last + _DAY, time(), UTC)


def _id(key: int | None) -> str | None:
    return None if key is None else str(key)


def _project(row: Any) -> busy.Project:
    return busy.Project(
        id=str(row.pk),
        number=row.number,
        name=row.name,
        customer=_id(row.customer_id),
        is_billable=row.is_billable,
    )


def _entry(row: Any) -> busy.TimeEntry:
    return busy.TimeEntry(
        id=str(row.pk),
        work_type=_id(row.work_type_id),
        member=str(row.member_id),
        start=row.start,
        billable_minutes=row.billable_minutes,
        rate=row.rate,
        approval=busy.Approval(row.approval),
        excluded=None if row.excluded is None else busy.Exclusion(row.excluded),
        order=row.order,
        comment=row.comment,
    )


def _expense(row: Any) -> busy.Expense:
    return busy.Expense(
        id=str(row.pk),
        entry=_id(row.entry_id),
        date=row.date,
        work_type=_id(row.work_type_id),
        product=_id(row.product_id),
        quantity=row.quantity,
        out_price=row.out_price,
        approval=busy.Approval(row.approval),
        order=row.order,
        comment=row.comment,
    )


def _work_type(row: Any) -> busy.WorkType:
    return busy.WorkType(id=str(row.pk), name=row.name, product=_id(row.product_id), default_rate=row.rate)


def _product(row: Any) -> busy.Product:
    return busy.Product(id=str(row.pk), number=row.number, name=row.name)


def _member(row: Any) -> busy.Member:
    return busy.Member(id=str(row.pk), name=row.name)


def _settings(row: Any) -> busy.WorkSettings:
    return busy.WorkSettings(
        order_start_date=row.order_start_date,
        include_unapproved_hours=row.include_unapproved_hours,
        invoice_text=row.invoice_text,
        distribution=busy.Distribution(row.distribution),
        orders_enabled=row.orders_enabled,
    )
