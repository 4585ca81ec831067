"""The use case of specifying the hours behind an order, for the user to send; nothing leaves Busy."""

from __future__ import annotations

from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy import Order
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._ledger import LedgerBook
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders import HoursSpecification, hours_specification
from visma_busy_sync.sync import Kind


async def specify_hours(
    site: Site,
    tenant: str,
    order: Order,
    *,
    language: Language,
    names: bool | None,
    comments: bool,
    internal: bool,
) -> HoursSpecification:
    """Return what stands behind each line of an order; eAccounting is neither asked nor told (R18)."""
    require("order", order, Order, advice="Give the order that build_order returned.")
    # What counts as true here would show the names of people.
    if names is not None:
        require("names", names, bool)
    require("comments", comments, bool)
    require("internal", internal, bool)
    work = await work_on(site, tenant, order.project, order.period)
    known = await LedgerBook(site, tenant, order.id).read()
    return hours_specification(
        order,
        work,
        language=language,
        customer=await _customer(site, tenant, order.customer),
        order_number=known[0].number if known is not None else None,
        names=names,
        comments=comments,
        internal=internal,
    )


async def _customer(site: Site, tenant: str, id: str) -> str | None:
    """Return the customer's name as Busy has it now; None if it is gone."""
    for record in await site.catalogue.load(tenant, Kind.CUSTOMER):
        if record.id == id:
            name = record.values["name"]
            return name if isinstance(name, str) else None
    return None
