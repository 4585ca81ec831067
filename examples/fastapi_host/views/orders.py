"""Orders: from what is booked to a draft in eAccounting, and what becomes of it there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypeAlias
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse

from busy_pages import (
    FormRefused,
    Note,
    order_draft_page,
    order_page,
    orders_page,
    read_found,
    read_order_id,
    read_period,
    said_of,
    said_of_push,
)
from busy_pages.formats import today
from fastapi_host.ordering import EntriesTaken, finalise, finalised_order, free_what_is_over
from fastapi_host.web import InWorkspace, Sent, Visit
from visma_busy_sync import AsyncTenant, VismaBusySyncError
from visma_busy_sync.busy import Order, Period
from visma_busy_sync.orders import OrderNotReady
from visma_busy_sync.specification import to_html

router = APIRouter()


@router.get("/{workspace}/projects/{id}/order", response_model=None)
async def draft(visit: Visit, id: str) -> HTMLResponse | RedirectResponse:
    """Show the order that the project's work in a period would make, or what is to be mended first."""
    project = await visit.books.project(id)
    try:
        period = read_period(visit.request.query_params, today(), visit.language)
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
        return visit.go(f"projects/{id}")
    order, not_ready, trouble = None, None, None
    try:
        order = await visit.tenant.build_order(id, period)
    except OrderNotReady as error:
        not_ready = error
    except VismaBusySyncError as error:
        trouble = said_of(error, visit.language)
    page = order_draft_page(
        visit.frame(),
        project=project,
        period=period,
        order=order,
        not_ready=not_ready,
        trouble=trouble,
        names=await visit.books.names(id),
    )
    return visit.show(page)


@router.post("/{workspace}/projects/{id}/order")
async def finalised(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Finalise the order as it was shown, and send it at once."""
    await visit.books.project(id)
    order_id = read_order_id(form)
    if order_id is None:
        raise HTTPException(404)
    try:
        period = read_period(form, today(), visit.language)
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
        return visit.go(f"projects/{id}")
    try:
        order = await _finalised(visit, id, period, order_id, form.get("content", ""))
    except EntriesTaken:
        visit.say("taken", tone="bad")
    except _Moved:
        visit.say("order_moved", tone="bad")
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
    else:
        await _pushed(visit, order)
        return visit.go(f"orders/{order.id}")
    asked = urlencode({"first": period.first.isoformat(), "last": period.last.isoformat()})
    return visit.go(f"projects/{id}/order?{asked}")


class _Moved(Exception):
    """The order is not as it was shown any more."""


async def _finalised(visit: InWorkspace, project: str, period: Period, order_id: str, content: str) -> Order:
    """Return the order of the form, finalised now, or before by the first of two clicks."""
    database = visit.host.database
    known = await finalised_order(database, visit.workspace.id, order_id)
    if known is not None:
        return known
    try:
        shown = await _as_shown(visit, project, period, order_id, content)
        return await finalise(database, visit.workspace.id, shown)
    except (OrderNotReady, EntriesTaken, _Moved):
        # What the first click took looks taken to the second one.
        known = await finalised_order(database, visit.workspace.id, order_id)
        if known is None:
            raise
        return known


async def _as_shown(visit: InWorkspace, project: str, period: Period, order_id: str, content: str) -> Order:
    built = await visit.tenant.build_order(project, period, order_id=order_id)
    if built.content_hash != content:
        raise _Moved
    return built


async def _pushed(visit: InWorkspace, order: Order) -> None:
    try:
        visit.tell(said_of_push(await visit.tenant.push(order), visit.language))
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))


@router.get("/{workspace}/orders")
async def listed(visit: Visit) -> HTMLResponse:
    """Show all orders."""
    orders, entries = await visit.books.orders(), await visit.tenant.orders()
    return visit.show(orders_page(visit.frame(), orders=orders, entries=entries))


@router.get("/{workspace}/orders/{id}")
async def shown(visit: Visit, id: str) -> HTMLResponse:
    """Show one order, and where it stands."""
    row = await visit.books.order(id)
    return visit.show(order_page(visit.frame(), row=row, entry=await visit.tenant.ledger_entry(id)))


@router.get("/{workspace}/orders/{id}/hours")
async def specification(visit: Visit, id: str) -> HTMLResponse:
    """Show the hours behind an order, as a page to send."""
    row = await visit.books.order(id)
    specified = await visit.tenant.hours_specification(row.order, language=visit.language)
    # It brings its style and its own policy along.
    own = {"Content-Security-Policy": "frame-ancestors 'none'"}
    return HTMLResponse(to_html(specified), headers={**visit.headers, **own})


@router.post("/{workspace}/orders/{id}/push")
async def push(visit: Visit, id: str) -> RedirectResponse:
    """Send an order that was finalised and is not there yet."""
    row = await visit.books.order(id)
    await _pushed(visit, row.order)
    return visit.go(f"orders/{id}")


@router.post("/{workspace}/orders/{id}/resolve")
async def resolve(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Write down what a person found out about an order."""
    row = await visit.books.order(id)
    try:
        if "send_again" in form:
            await visit.tenant.resolve(id, send_again=True)
            await _pushed(visit, row.order)
        else:
            await visit.tenant.resolve(id, found=read_found(form, visit.language))
            visit.say("resolved")
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
    return visit.go(f"orders/{id}")


Act: TypeAlias = Callable[[AsyncTenant, str], Awaitable[object]]


async def _withdraw(tenant: AsyncTenant, id: str) -> None:
    await tenant.withdraw(id)


async def _reopen(tenant: AsyncTenant, id: str) -> None:
    await tenant.reopen(id)


async def _release(tenant: AsyncTenant, id: str) -> None:
    await tenant.release(id)


async def _recover(tenant: AsyncTenant, id: str) -> None:
    for each in await tenant.recover():
        if each.order_id == id and each.error is not None:
            raise each.error


async def _read_back(tenant: AsyncTenant, id: str) -> None:
    for each in await tenant.read_back(id):
        if each.error is not None:
            raise each.error


_ACTS: Final[Mapping[str, tuple[Act, str]]] = {
    "withdraw": (_withdraw, "withdrawn"),
    "reopen": (_reopen, "reopened"),
    "release": (_release, "released"),
    "recover": (_recover, "recovered"),
    "read-back": (_read_back, "was_read_back"),
}


# After the two that have a form of their own: addresses are compared in this order.
@router.post("/{workspace}/orders/{id}/{act}")
async def acted(visit: Visit, id: str, act: str) -> RedirectResponse:
    """Do with an order what its page offers."""
    if act not in _ACTS:
        raise HTTPException(404)
    await visit.books.order(id)
    do, said = _ACTS[act]
    try:
        await do(visit.tenant, id)
        visit.say(said)
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
    await free_what_is_over(visit.host.database, visit.tenant)
    return visit.go(f"orders/{id}")
