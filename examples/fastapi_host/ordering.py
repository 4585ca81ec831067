"""Finalising an order in Busy: its hours and costs are marked with it, so that no other order takes them."""

from __future__ import annotations

import datetime as dt

from attrs import evolve
from sqlalchemy import select, update
from sqlalchemy.engine import CursorResult

from fastapi_host.database import Database
from fastapi_host.models import Expense, Order, TimeEntry, row_id
from visma_busy_sync import AsyncTenant, busy
from visma_busy_sync.orders import State, order_from_json, order_to_json

_OVER = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})
"""Where the ledger has freed what an order bills."""


class EntriesTaken(Exception):
    """Hours or costs of the order came on another one, or are gone; nothing was stored."""


async def finalised_order(database: Database, workspace: str, order_id: str) -> busy.Order | None:
    """Return an order as it was finalised; None if there is none."""
    this = select(Order.body).where(Order.workspace_id == workspace, Order.order_id == order_id)
    async with database.reading() as session:
        body = await session.scalar(this)
    return None if body is None else order_from_json(body)


async def finalise(database: Database, workspace: str, order: busy.Order) -> busy.Order:
    """Store an order as finalised now, and mark its hours and costs; all or nothing.

    Raises:
        EntriesTaken: If some of them are on an order, also if it is this one.
    """
    finalised = evolve(order, finalised_at=dt.datetime.now(dt.UTC))
    parts = [part for line in order.lines for part in line.parts]
    async with database.writing() as session:
        for model, kind in ((TimeEntry, busy.EntryKind.ENTRY), (Expense, busy.EntryKind.EXPENSE)):
            ids = {row_id(part.id) for part in parts if part.kind is kind}
            free = (model.workspace_id == workspace, model.id.in_(ids), model.order_id.is_(None))
            marked = await session.execute(update(model).where(*free).values(order_id=order.id))
            if not isinstance(marked, CursorResult) or marked.rowcount != len(ids):
                raise EntriesTaken
        row = Order(workspace_id=workspace, order_id=order.id, project_id=row_id(order.project))
        row.body = order_to_json(finalised)
        session.add(row)
    return finalised


async def free_what_is_over(database: Database, tenant: AsyncTenant) -> None:
    """Take the mark off the hours and costs of orders that the ledger has freed, whoever freed them."""
    marked: set[str | None] = set()
    async with database.reading() as session:
        for model in (TimeEntry, Expense):
            marks = select(model.order_id).where(model.workspace_id == tenant.id, model.order_id.is_not(None))
            marked.update(await session.scalars(marks.distinct()))
    if not marked:
        return
    over = {entry.order_id for entry in await tenant.orders() if entry.state in _OVER} & marked
    if not over:
        return
    async with database.writing() as session:
        for model in (TimeEntry, Expense):
            freed = (model.workspace_id == tenant.id, model.order_id.in_(over))
            await session.execute(update(model).where(*freed).values(order_id=None))
