"""The use case of looking at all projects before anything is ordered; nothing is stored or sent."""

from __future__ import annotations

from visma_busy_sync.busy import Period
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._books import read_books, require_readable_fixed_prices
from visma_busy_sync.integration._building import today
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._counterparts import Counterparts
from visma_busy_sync.integration._site import Site
from visma_busy_sync.orders._billed import last_orders
from visma_busy_sync.orders._builder import assess
from visma_busy_sync.orders._preflight import Preflight, PreflightRow, preflight_of, requests_of, rows_of
from visma_busy_sync.sync import Kind, Record


async def preflight(site: Site, tenant: str, period: Period) -> Preflight:
    """Return what can be billed over all projects, archived ones included, and what is in its way.

    A project that the host cannot tell is a row with an error, and stops no other.
    """
    require("period", period, Period, advice="Build it from its days: Period(first, last).")
    connection = await connection_of(site, tenant)
    counterparts = await Counterparts.of(site, tenant, connection)
    books = await read_books(site, tenant)
    last, claimed, order_id = last_orders(books.entries), books.claimed, site.runtime.token()
    rows: list[PreflightRow] = []
    for project in counterparts.records[Kind.PROJECT]:
        try:
            work = await work_on(site, tenant, project.id, period)
            require_readable_fixed_prices(books, work)
        except Exception as error:  # noqa: BLE001 - the host's work log may raise anything; the others go on
            rows.append(PreflightRow(project=project.id, number=_number(project), error=error))
            continue
        requests = requests_of(work, period, order_date=today(site, work), claimed=claimed)
        found = [
            (
                request,
                assess(
                    work,
                    await counterparts.look(work, request, order_id=order_id),
                    request,
                    order_id=order_id,
                    claimed=claimed,
                    fixed_billed=books.fixed_billed(project.id),
                ),
            )
            for request in requests
        ]
        rows += rows_of(work, found, period=period, claimed=claimed, last_orders=last)
    return preflight_of(period, rows)


def _number(project: Record) -> str | None:
    number = project.values.get("number")
    return number if isinstance(number, str) else None
