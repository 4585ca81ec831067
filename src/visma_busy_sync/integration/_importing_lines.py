"""The use case of order lines from a file: one order for each project, or none at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, timedelta
from typing import Final, cast, final

from attrs import evolve, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.integration._arguments import given_or, require, require_day, require_id
from visma_busy_sync.integration._booked import work_on
from visma_busy_sync.integration._building import Desk, today
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._ledger import claimed_of
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.orders import ImportRefused, OrderNotReady, OrderRequest, OrderTexts, RowWarning
from visma_busy_sync.orders._files.csv import read_rows
from visma_busy_sync.orders._files.row_lines import Numbered, by_project, given_lines, register
from visma_busy_sync.orders._problems import Problems
from visma_busy_sync.sync import Kind, Record

_EARLIEST: Final = date(2000, 1, 1)
"""Before any hours in Busy, and within what every database can hold."""


@final
@frozen(kw_only=True)
class ImportedOrders:
    """What became of a file of order lines.

    Attributes:
        orders: One for each project, in the order in which the projects come in the file; built, and neither
            stored nor sent.
        warnings: What a person should know, in the order of the rows.
    """

    orders: tuple[Order, ...]
    warnings: tuple[RowWarning, ...]


@telling
async def import_order_lines(
    site: Site,
    tenant: str,
    data: bytes,
    period: Period | None,
    *,
    order_date: date | None,
    order_ids: Mapping[str, str] | None,
    texts: OrderTexts | None,
) -> ImportedOrders:
    """Build the orders that the rows of a file ask for; nothing is stored or sent."""
    require("data", data, bytes, advice="Pass the file as it was uploaded, for instance path.read_bytes().")
    if period is not None:
        require("period", period, Period, advice="Build it from its days: Period(first, last).")
    if order_date is not None:
        require_day("order_date", order_date)
    asked = _Asked(period, order_date, _ids(order_ids), given_or("texts", texts, OrderTexts()))
    rows, wrong = read_rows(data)
    if not rows:
        raise ImportRefused(wrong)
    problems = Problems()
    problems.extend(wrong)
    desk = await Desk.of(site, tenant, await connection_of(site, tenant))
    products = register(_numbered(desk.records[Kind.PRODUCT]))
    projects = register(_numbered(desk.records[Kind.PROJECT]))
    orders: list[Order] = []
    warnings: list[RowWarning] = []
    for project, its_rows in by_project(rows, projects, problems).items():
        order_id = asked.order_ids.get(project) or site.runtime.token()
        work = await work_on(site, tenant, project, asked.period or _all_days(site))
        claimed = await claimed_of(site, tenant, work, without=order_id)
        request = _request(site, work, asked)
        asks = given_lines(
            its_rows, work, products, period=request.period, order_id=order_id, claimed=claimed
        )
        problems.extend(asks.problems)
        warnings.extend(asks.warnings)
        if not asks.lines:
            continue
        request = evolve(request, lines=asks.lines, only=asks.claims)
        try:
            orders.append(await desk.build(work, request, order_id=order_id))
        except OrderNotReady as error:
            problems.extend(asks.of_rows(error.problems))
    if problems.listed():
        raise ImportRefused(problems.listed())
    warnings.sort(key=lambda warning: warning.row)
    return ImportedOrders(orders=tuple(orders), warnings=tuple(warnings))


@frozen
class _Asked:
    """What is asked of all the orders."""

    period: Period | None
    order_date: date | None
    order_ids: Mapping[str, str]
    texts: OrderTexts


def _ids(given: Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the ids that the host gave its active drafts, by project."""
    if given is None:
        return {}
    advice = "Pass Busy's ids of projects with the ids of their active drafts: {project: order_id}."
    if not isinstance(cast("object", given), Mapping):
        raise ConfigurationError(f"order_ids must be a mapping, not {type(given).__name__}.", advice=advice)
    for project, id in given.items():
        require_id("a key of order_ids", project)
        require_id(f"order_ids[{project!r}]", id)
    if len(set(given.values())) < len(given):
        raise ConfigurationError("order_ids must name each order once.", advice=advice)
    return dict(given)


def _numbered(records: Iterable[Record]) -> Iterable[Numbered]:
    for record in records:
        number, name = record.values.get("number"), record.values.get("name")
        if isinstance(number, str):
            # A name may be blank, and what names the line in its place is the number.
            text = name if isinstance(name, str) and name.strip() else number
            yield Numbered(
                id=record.id, number=number, name=text, archived=record.values.get("archived") is True
            )


def _all_days(site: Site) -> Period:
    """Return all days until now, wherever the workspace is: its time zone comes with the work."""
    return Period(_EARLIEST, site.clock.now().astimezone(UTC).date() + timedelta(days=1))


def _request(site: Site, work: Work, asked: _Asked) -> OrderRequest:
    day = today(site, work)
    first = work.settings.order_start_date or _EARLIEST
    return OrderRequest(
        period=asked.period or Period(min(first, day), day),
        order_date=asked.order_date or day,
        texts=asked.texts,
    )
