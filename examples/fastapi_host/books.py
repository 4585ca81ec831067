"""What pages show of Busy's own tables, and what people enter there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from attrs import frozen
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from busy_pages import (
    Booked,
    CostForm,
    CostRow,
    HoursForm,
    HoursRow,
    Option,
    OrderRow,
    ProjectRow,
    WorkTypeForm,
    WorkTypeRow,
)
from busy_pages.formats import ZONE
from fastapi_host.database import Database
from fastapi_host.models import (
    Customer,
    Expense,
    Member,
    Order,
    Product,
    Project,
    TimeEntry,
    WorkType,
    row_id,
)
from visma_busy_sync.busy import Approval
from visma_busy_sync.orders import order_from_json

T = TypeVar("T", Customer, Member, Product, Project, WorkType)

_MORNING: Final = dt.time(8)


class NotHere(LookupError):
    """The workspace has no such thing."""


class Edited(Exception):
    """Somebody changed it after the form was shown; nothing was stored."""


@frozen
class Books:
    """One workspace's tables.

    Attributes:
        database: Where they are.
        workspace: Its id.
    """

    database: Database
    workspace: str

    async def projects(self) -> list[ProjectRow]:
        """Return all projects, archived ones too."""
        mine = (
            select(Project, Customer.name)
            .outerjoin(Customer, Customer.id == Project.customer_id)
            .where(Project.workspace_id == self.workspace)
        )
        async with self.database.reading() as session:
            return [_project(project, customer) for project, customer in await session.execute(mine)]

    async def project(self, id: str) -> ProjectRow:
        """Return one project.

        Raises:
            NotHere: If there is none with the id.
        """
        async with self.database.reading() as session:
            project = await self._one(session, Project, id)
            customer = select(Customer.name).where(Customer.id == project.customer_id)
            return _project(project, await session.scalar(customer))

    async def booked(self, project: str) -> Booked:
        """Return what is booked on a project, and what a person chooses from to book more."""
        async with self.database.reading() as session:
            members = await self._all(session, Member)
            work_types = await self._all(session, WorkType)
            products = await self._all(session, Product)
            member_names = {each.id: each.name for each in members}
            work_names = {each.id: each.name for each in work_types}
            # A cost without a product of its own is sold as its work type's.
            sold_as = {each.id: each.product_id for each in work_types}
            names = {each.id: each.name for each in products}
            on_it = row_id(project)
            hours = select(TimeEntry).where(TimeEntry.project_id == on_it).order_by(TimeEntry.start)
            costs = select(Expense).where(Expense.project_id == on_it).order_by(Expense.date, Expense.id)
            return Booked(
                hours=tuple(
                    _hours(each, member_names[each.member_id], work_names.get(each.work_type_id or 0, ""))
                    for each in await session.scalars(hours)
                ),
                costs=tuple(
                    _cost(each, names.get(each.product_id or sold_as.get(each.work_type_id or 0) or 0, ""))
                    for each in await session.scalars(costs)
                ),
                work_types=tuple(_work_type(each) for each in work_types),
                members=tuple(Option(str(each.id), each.name) for each in members),
                products=tuple(Option(str(each.id), each.name, each.archived) for each in products),
            )

    async def orders(self) -> list[OrderRow]:
        """Return all orders that were finalised, the latest one first."""
        mine = self._orders().order_by(Order.id.desc())
        async with self.database.reading() as session:
            customers = {str(each.id): each.name for each in await self._all(session, Customer)}
            return [_order(body, project, customers) for body, project in await session.execute(mine)]

    async def order(self, id: str) -> OrderRow:
        """Return one order.

        Raises:
            NotHere: If there is none with the id.
        """
        async with self.database.reading() as session:
            found = (await session.execute(self._orders().where(Order.order_id == id))).one_or_none()
            if found is None:
                raise NotHere(id)
            customers = {str(each.id): each.name for each in await self._all(session, Customer)}
            return _order(found[0], found[1], customers)

    async def names(self, project: str) -> Mapping[str, str]:
        """Return the names of what a problem can be about, by the problem's words for it.

        A cost goes by its comment.
        """
        costs = select(Expense).where(Expense.project_id == row_id(project))
        async with self.database.reading() as session:
            return {
                **{f"expense {each.id}": each.comment or "" for each in await session.scalars(costs)},
                **{f"customer {each.id}": each.name for each in await self._all(session, Customer)},
                **{f"member {each.id}": each.name for each in await self._all(session, Member)},
                **{f"product {each.id}": each.name for each in await self._all(session, Product)},
                **{f"project {each.id}": each.name for each in await self._all(session, Project)},
                **{f"work_type {each.id}": each.name for each in await self._all(session, WorkType)},
            }

    async def rename(self, project: str, name: str, seen: str) -> None:
        """Give a project another name, as people do in Busy.

        Raises:
            NotHere: If there is no such project.
            Edited: If it is not as it was when the form was filled, as `seen` says.
        """
        async with self.database.writing() as session:
            found = await self._one(session, Project, project, to_change=True)
            if _project(found, None).seen != seen:
                raise Edited
            found.name = name

    async def book_hours(self, project: str, form: HoursForm) -> None:
        """Book hours on a project.

        Raises:
            NotHere: If there is no such project, member or work type.
        """
        async with self.database.writing() as session:
            entry = TimeEntry(
                workspace_id=self.workspace,
                project_id=(await self._one(session, Project, project)).id,
                member_id=(await self._one(session, Member, form.member)).id,
                work_type_id=(await self._one(session, WorkType, form.work_type)).id,
                start=dt.datetime.combine(form.day, _MORNING, ZONE),
                billable_minutes=form.minutes,
                approval=_approval(approved=form.approved),
                comment=form.comment or None,
            )
            session.add(entry)

    async def book_cost(self, project: str, form: CostForm) -> None:
        """Book a cost on a project.

        Raises:
            NotHere: If there is no such project or product.
        """
        async with self.database.writing() as session:
            expense = Expense(
                workspace_id=self.workspace,
                project_id=(await self._one(session, Project, project)).id,
                product_id=(await self._one(session, Product, form.product)).id,
                date=form.day,
                quantity=form.quantity,
                out_price=form.price,
                approval=_approval(approved=form.approved),
                comment=form.comment,
            )
            session.add(expense)

    async def keep_work_type(self, form: WorkTypeForm) -> None:
        """Change a work type, or make a new one.

        Raises:
            NotHere: If there is no such work type or product.
            Edited: If it is not as it was when the form was filled.
        """
        async with self.database.writing() as session:
            if form.id is None:
                work_type = WorkType(workspace_id=self.workspace)
                session.add(work_type)
            else:
                work_type = await self._one(session, WorkType, form.id, to_change=True)
                if _work_type(work_type).seen != form.seen:
                    raise Edited
            product = form.product and await self._one(session, Product, form.product)
            work_type.name = form.name
            work_type.product_id = product.id if product else None
            work_type.rate = form.rate

    async def _one(self, session: AsyncSession, model: type[T], id: str, *, to_change: bool = False) -> T:
        this = select(model).where(model.workspace_id == self.workspace, model.id == row_id(id))
        found = await session.scalar(this.with_for_update() if to_change else this)
        if found is None:
            raise NotHere(id)
        return found

    async def _all(self, session: AsyncSession, model: type[T]) -> Sequence[T]:
        mine = select(model).where(model.workspace_id == self.workspace).order_by(model.name, model.id)
        return (await session.scalars(mine)).all()

    def _orders(self) -> Select[str, str]:
        return (
            select(Order.body, Project.name)
            .join(Project, Project.id == Order.project_id)
            .where(Order.workspace_id == self.workspace)
        )


def _project(row: Project, customer: str | None) -> ProjectRow:
    return ProjectRow(
        id=str(row.id),
        number=row.number,
        name=row.name,
        customer=customer,
        archived=row.archived,
        linked=row.link is not None,
    )


def _work_type(row: WorkType) -> WorkTypeRow:
    return WorkTypeRow(
        id=str(row.id),
        name=row.name,
        product=None if row.product_id is None else str(row.product_id),
        rate=row.rate,
    )


def _hours(row: TimeEntry, member: str, work_type: str) -> HoursRow:
    return HoursRow(
        id=str(row.id),
        day=row.start.astimezone(ZONE).date(),
        member=member,
        work_type=work_type,
        minutes=row.billable_minutes,
        approval=row.approval,
        comment=row.comment or "",
        order=row.order_id,
    )


def _cost(row: Expense, product: str) -> CostRow:
    return CostRow(
        id=str(row.id),
        day=row.date,
        comment=row.comment or "",
        product=product,
        quantity=row.quantity,
        price=row.out_price,
        approval=row.approval,
        order=row.order_id,
    )


def _order(body: str, project: str, customers: Mapping[str, str]) -> OrderRow:
    order = order_from_json(body)
    return OrderRow(order=order, project=project, customer=customers.get(order.customer, ""))


def _approval(*, approved: bool) -> Approval:
    return Approval.APPROVED if approved else Approval.NONE
