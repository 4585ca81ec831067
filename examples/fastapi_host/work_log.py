"""Busy's hours, costs and work types, as orders are built from them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, and_, or_, select

from fastapi_host.database import Database
from fastapi_host.models import (
    Expense,
    Member,
    Order,
    Product,
    Project,
    TimeEntry,
    Workspace,
    WorkType,
    row_id,
)
from visma_busy_sync import busy
from visma_busy_sync.orders import order_from_json

_DAY: Final = dt.timedelta(days=1)


class BusyWorkLog:
    """An `AsyncWorkLog`. What an hour costs is said by its work type, unless the hours say it themselves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def work(self, tenant: str, project: str, period: busy.Period) -> busy.Work:
        """Return the work on a project, all of one moment; hours of a day more on either side."""
        async with self._database.reading() as session:
            this = (Project.workspace_id == tenant, Project.id == row_id(project))
            found = await session.scalar(select(Project).where(*this))
            if found is None:
                raise LookupError(f"the workspace has no project {project}")
            workspace = await session.get_one(Workspace, tenant)
            reached = _reached(period)
            on_it = TimeEntry.project_id == found.id
            hours = await session.scalars(select(TimeEntry).where(on_it, reached).order_by(TimeEntry.start))
            # A cost on hours comes with them, whatever its own day; one on the project comes by its day.
            by_day = and_(Expense.time_entry_id.is_(None), Expense.date.between(period.first, period.last))
            costs = await session.scalars(
                select(Expense)
                .outerjoin(TimeEntry, TimeEntry.id == Expense.time_entry_id)
                .where(Expense.project_id == found.id, or_(by_day, reached))
                .order_by(Expense.date, Expense.id)
            )
            work_types = await session.scalars(select(WorkType).where(WorkType.workspace_id == tenant))
            products = await session.scalars(select(Product).where(Product.workspace_id == tenant))
            members = await session.scalars(select(Member).where(Member.workspace_id == tenant))
            return busy.Work(
                project=_project(found),
                entries=tuple(_entry(each) for each in hours),
                expenses=tuple(_expense(each) for each in costs),
                work_types=tuple(_work_type(each) for each in work_types),
                products=tuple(
                    busy.Product(id=str(each.id), number=each.number, name=each.name) for each in products
                ),
                members=tuple(busy.Member(id=str(each.id), name=each.name) for each in members),
                prices=busy.Prices(mode=busy.PriceMode.WORK_TYPE),
                settings=_settings(workspace),
            )

    async def finalised(self, tenant: str) -> Sequence[busy.Order]:
        """Return the orders that were finalised, in the order of finalising."""
        mine = select(Order.body).where(Order.workspace_id == tenant).order_by(Order.id)
        async with self._database.reading() as session:
            return [order_from_json(body) for body in await session.scalars(mine)]


def _reached(period: busy.Period) -> ColumnElement[bool]:
    # The workspace's time zone decides later which day hours are of; that is a day from UTC's at most.
    first = max(period.first, dt.date.min + _DAY) - _DAY
    last = min(period.last, dt.date.max - 2 * _DAY) + _DAY
    begin, end = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (first, last + _DAY))
    return and_(TimeEntry.start >= begin, TimeEntry.start < end)


def _project(row: Project) -> busy.Project:
    return busy.Project(id=str(row.id), number=row.number, name=row.name, customer=_id(row.customer_id))


def _entry(row: TimeEntry) -> busy.TimeEntry:
    return busy.TimeEntry(
        id=str(row.id),
        work_type=_id(row.work_type_id),
        member=str(row.member_id),
        start=row.start,
        billable_minutes=row.billable_minutes,
        rate=row.rate,
        approval=row.approval,
        excluded=row.excluded,
        order=row.order_id,
        comment=row.comment,
    )


def _expense(row: Expense) -> busy.Expense:
    return busy.Expense(
        id=str(row.id),
        entry=_id(row.time_entry_id),
        date=row.date,
        work_type=_id(row.work_type_id),
        product=_id(row.product_id),
        quantity=row.quantity,
        out_price=row.out_price,
        approval=row.approval,
        order=row.order_id,
        comment=row.comment,
    )


def _work_type(row: WorkType) -> busy.WorkType:
    return busy.WorkType(id=str(row.id), name=row.name, product=_id(row.product_id), default_rate=row.rate)


def _settings(row: Workspace) -> busy.WorkSettings:
    return busy.WorkSettings(
        order_start_date=row.order_start_date,
        include_unapproved_hours=row.include_unapproved_hours,
        include_unapproved_costs=row.include_unapproved_costs,
        invoice_text=row.invoice_text,
    )


def _id(row_id: int | None) -> str | None:
    return None if row_id is None else str(row_id)
