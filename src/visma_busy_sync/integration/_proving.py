"""The use case of proving that everything is billed once; nothing is stored, and eAccounting not asked."""

from __future__ import annotations

from datetime import date
from typing import Final

from visma_busy_sync.busy import Period, Work
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._books import read_books
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import ProjectUnknown
from visma_busy_sync.orders._reports.proof import BillingProof, billing_proof, projects_to_search
from visma_busy_sync.state import CONNECTION, CONNECTION_SCHEMA, read
from visma_busy_sync.sync import Kind

_EVER: Final = Period(date(1900, 1, 1), date(2999, 12, 31))


async def prove_billing(site: Site, tenant: str, period: Period) -> BillingProof:
    """Return the proof for a period, over all projects, or what breaks it.

    A project that the host cannot tell breaks it, and keeps no other from being looked at.
    """
    require("period", period, Period, advice="Build it from its days: Period(first, last).")
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    books = await read_books(site, tenant)
    known = {record.id for record in await site.catalogue.load(tenant, Kind.PROJECT)}
    works: dict[str, Work] = {}
    unread: dict[str, Exception] = {}

    async def look(project: str, days: Period) -> None:
        try:
            works[project] = await work_on(site, tenant, project, days)
        except ProjectUnknown as error:
            if project in known:  # else it is gone, and with it what was booked there
                unread[project] = error
        except Exception as error:  # noqa: BLE001 - the host's work log may raise anything; the others go on
            unread[project] = error

    for project in sorted(known | {entry.order.project for entry in books.entries if entry.claims}):
        await look(project, period)
    for project in sorted(projects_to_search(works, books, period)):
        # What is not found in the period may have been moved to another day.
        await look(project, _EVER)
    return billing_proof(
        works,
        books,
        period,
        company_id=kept.value.company_id if kept is not None else None,
        unread=unread,
    )
