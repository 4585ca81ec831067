"""The use case of looking at all projects before anything is ordered; nothing is stored or sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from attrs import evolve

from visma_busy_sync.busy import Period
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._books import read_books, require_readable_fixed_prices
from visma_busy_sync.integration._building import today
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._counterparts import Counterparts
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.orders._building.builder import assess
from visma_busy_sync.orders._ledger.billed import last_orders
from visma_busy_sync.orders._reports.freed import also_billed, looks_of
from visma_busy_sync.orders._reports.preflight import (
    Preflight,
    PreflightRow,
    preflight_of,
    requests_of,
    rows_of,
)
from visma_busy_sync.sync import Kind, Record


@telling
async def preflight(site: Site, tenant: str, period: Period) -> Preflight:
    """Return what can be billed over all projects, archived ones included, and what is in its way.

    A project that the host cannot tell is a row with an error, and stops no other.
    """
    require("period", period, Period, advice="Build it from its days: Period(first, last).")
    connection = await connection_of(site, tenant)
    counterparts = await Counterparts.of(site, tenant, connection)
    books = await read_books(site, tenant)
    last, order_id = last_orders(books.entries), site.runtime.token()
    rows: list[PreflightRow] = []
    for project in counterparts.records[Kind.PROJECT]:
        try:
            work = await work_on(site, tenant, project.id, period)
            require_readable_fixed_prices(books, work)
        except Exception as error:  # noqa: BLE001 - the host's work log may raise anything; the others go on
            rows.append(PreflightRow(project=project.id, number=_text(project, "number"), error=error))
            continue
        fixed_billed = books.fixed_billed(project.id)
        for look in looks_of(work, books.claimed, books.freed):
            order_date, id = today(site, work), look.order or order_id
            requests = requests_of(look.work, period, order_date=order_date, claimed=look.claimed)
            found = [
                (
                    request,
                    assess(
                        look.work,
                        await counterparts.look(look.work, request, order_id=id),
                        request,
                        order_id=id,
                        claimed=look.claimed,
                        fixed_billed=fixed_billed,
                        marker_place=site.choices.marker_place,
                    ),
                )
                for request in requests
            ]
            rows += rows_of(
                look.work, found, period=period, claimed=look.claimed, last_orders=last, order=look.order
            )
            fixed_billed = also_billed(fixed_billed, (assessment for _, assessment in found))
    return preflight_of(period, _named(rows, counterparts.records))


def _named(rows: Iterable[PreflightRow], records: Mapping[Kind, Sequence[Record]]) -> Iterator[PreflightRow]:
    """Give rows with what Busy calls their projects and customers."""
    projects, customers = (
        {each.id: _text(each, "name") for each in records.get(kind, ())}
        for kind in (Kind.PROJECT, Kind.CUSTOMER)
    )
    for row in rows:
        customer = customers.get(row.customer) if row.customer is not None else None
        yield evolve(row, project_name=projects.get(row.project), customer_name=customer)


def _text(record: Record, field: str) -> str | None:
    value = record.values.get(field)
    return value if isinstance(value, str) else None
