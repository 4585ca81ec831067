"""Checks of `WorkLog`: what is told of a project, which hours and costs come along, which orders wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final, cast

from attrs import evolve

from visma_busy_sync.busy import (
    Approval,
    EntryKind,
    Exclusion,
    Grouping,
    LeftOut,
    LeftOutReason,
    Order,
    Period,
    PriceMode,
    WorkSettings,
)
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.harness import ARCHIVING, FINALISING
from visma_busy_sync.testing._kit.promises import PromiseBroken
from visma_busy_sync.testing._kit.stage import named_type, raised, shown
from visma_busy_sync.testing._kit.suite import Suite
from visma_busy_sync.testing._kit.work_books import MARCH, NOON, Site, all_rates, new_id, order_of
from visma_busy_sync.testing._kit.work_stage import WorkLogStage

SUITE: Final = Suite(WorkLogStage)

# More than the page or limit that database tools set by themselves, and more than some bind at once.
_MANY_HOURS: Final = 2_500
_MANY_COSTS: Final = 1_100

_MINUTE: Final = timedelta(minutes=1)
_MAY: Final = Period(date(2026, 5, 1), date(2026, 5, 31))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


@SUITE.shows(p.ANSWERS_ARE_WORK)
async def answers_have_their_types(stage: WorkLogStage) -> None:
    """Of a project with hours and costs, of one without, and of the orders that wait."""
    site, empty = stage.site(), stage.site()
    (hours,), _ = stage.book(site, [site.entry()])
    stage.book(site, (), [site.cost(entry=hours.id), site.cost()])
    for each in (site, empty):
        await stage.matches(each)
    await stage.waiting()


@SUITE.shows(p.ANSWERS_ARE_WORK)
async def answers_are_the_callers_own(stage: WorkLogStage) -> None:
    """What the caller does to what it got changes nothing in the host."""
    site = stage.site()
    stage.put(all_rates(site, PriceMode.WORK_TYPE, Decimal(900)), site.tenant, site.project)
    told = (await stage.matches(site)).prices
    before = evolve(told)
    for rates in (told.member_rates, told.work_type_rates, *told.member_work_type_rates.values()):
        if isinstance(rates, dict):
            rates.clear()
    orders: object = await stage.log.port.finalised(site.tenant)
    if isinstance(orders, list):
        cast("list[object]", orders).append("the caller's")
    # By another instance: that this one keeps what it has read is another promise.
    after = (await stage.another().work(site.tenant, site.project)).prices
    seen = f"the caller emptied rates that it was told, and now there are {shown(after)}"
    stage.require(after == before, seen)
    told_orders = await stage.another().finalised(site.tenant)
    stage.require(told_orders == [], f"the caller's own order is told: {shown(told_orders)}")


def _full(site: Site) -> dict[str, Any]:
    """Return every field of hours that is not set by itself."""
    return {
        "customer": site.customer,
        "billable_minutes": 95,
        "rate": Decimal(1250),
        "approval": Approval.SUBMITTED,
        "excluded": Exclusion.AGREED_DISCOUNT_OR_CREDIT,
        "order": "an order of the host",
        "comment": "Comment",
    }


@SUITE.shows(p.WORK_AS_BOOKED)
async def every_field_is_told(stage: WorkLogStage) -> None:
    """Full and empty hours and costs, each approval and each exclusion, also what is not billed."""
    site = stage.site()
    bare = site.entry(work_type=None, task=None, billable_minutes=0)
    hours = [site.entry(**_full(site)), bare]
    hours += [site.entry(approval=approval) for approval in Approval]
    hours += [site.entry(excluded=excluded) for excluded in Exclusion]
    hours += [site.entry(rate=Decimal(0)), site.entry(order="an order of the host")]
    booked, _ = stage.book(site, hours)
    costs = [
        site.cost(
            entry=booked[0].id,
            work_type=site.work_type,
            customer=site.customer,
            quantity=Decimal(3),
            approval=Approval.APPROVED,
            order="an order of the host",
            comment="Comment",
        ),
        site.cost(product=None, out_price=Decimal(0)),
        *(site.cost(approval=approval) for approval in Approval),
    ]
    stage.book(site, (), costs)
    await stage.matches(site)


@SUITE.shows(p.WORK_AS_BOOKED)
async def what_was_changed_is_told_as_it_is_now(stage: WorkLogStage) -> None:
    """Each field once: hours and costs keep their ids, and what is emptied is None."""
    site = stage.site()
    (hours,), _ = stage.book(site, [site.entry()])
    _, (cost,) = stage.book(site, (), [site.cost(entry=hours.id)])
    for name, value in _full(site).items():
        (hours,), _ = stage.book(site, [evolve(hours, **{name: value})])
        await stage.matches(site)
    emptied = evolve(hours, customer=None, rate=None, excluded=None, order=None, comment=None)
    stage.book(site, [emptied], [evolve(cost, quantity=Decimal(7), comment="Other")])
    await stage.matches(site)


@SUITE.shows(p.WORK_AS_BOOKED)
async def projects_prices_and_settings_are_told(stage: WorkLogStage) -> None:
    """As the host has them: each mode of prices, fixed ones too, settings that are not the usual ones."""
    site = stage.site()
    for mode in PriceMode:
        stage.put(all_rates(site, mode, Decimal(1000)), site.tenant, site.project)
        await stage.matches(site)
    odd: Sequence[Mapping[str, Any]] = (
        {"number": None},
        {"customer": None},
        {"allows_several_customers": True},
        {"is_billable": False},
    )
    for changes in odd:
        await stage.matches(stage.site(**changes))
    for settings in (
        WorkSettings(order_start_date=date(2026, 1, 1), include_unapproved_hours=True, time_zone="UTC"),
        WorkSettings(allow_free_lines=True, grouping=Grouping.NONE, invoice_text="Thanks", max_rows=7),
    ):
        stage.put(settings, site.tenant)
        await stage.matches(site)


@SUITE.shows(p.WORK_APART)
async def projects_and_tenants_are_apart(stage: WorkLogStage) -> None:
    """Two projects of one tenant and one of another have each its own hours, costs, prices and tasks."""
    sites = (stage.site(), stage.site(), stage.site(stage.other))
    for at, site in enumerate(sites):
        (hours,), _ = stage.book(site, [site.entry(billable_minutes=60 + at)])
        stage.book(site, (), [site.cost(entry=hours.id), site.cost(quantity=Decimal(1 + at))])
        stage.put(all_rates(site, PriceMode.PROJECT, Decimal(1000 + at)), site.tenant, site.project)
    for at, tenant in enumerate((stage.tenant, stage.other)):
        settings = WorkSettings(invoice_text=f"{at}", grouping=Grouping.TASK, names_in_texts=True)
        stage.put(settings, tenant)
    for site in sites:
        await stage.matches(site)


@SUITE.shows(p.WORK_APART, needs=(FINALISING,))
async def orders_of_tenants_are_apart(stage: WorkLogStage) -> None:
    """Each tenant has its own, also where both have the same id."""
    mine, theirs = stage.site(), stage.site(stage.other)
    stage.finalise(order_of(theirs, "o-theirs"), stage.other)
    await stage.waiting()
    stage.finalise(order_of(mine, "o-mine"))
    await stage.waiting(order_of(mine, "o-mine"))
    await stage.waiting(order_of(theirs, "o-theirs"), tenant=stage.other)


@SUITE.shows(p.HOURS_OF_THE_EDGES)
async def hours_of_the_edges_come_along(stage: WorkLogStage) -> None:
    """From the first minute of the day before to the last one of the day after, in UTC, in each offset."""
    site = stage.site()
    day = timedelta(days=1)
    edges = (MARCH.first - day, MARCH.first, MARCH.last, MARCH.last + day)
    moments = [each for edge in edges for each in (_midnight(edge), _midnight(edge) + day - _MINUTE)]
    for offset in (-11, 0, 2, 14):
        zone = timezone(timedelta(hours=offset))
        stage.book(site, [site.entry(start=moment.astimezone(zone)) for moment in moments])
    await stage.matches(site)


@SUITE.shows(p.HOURS_OF_THE_EDGES)
async def a_period_may_be_one_day(stage: WorkLogStage) -> None:
    """Its hours come, and those of the days around it."""
    site = stage.site()
    starts = [NOON + timedelta(days=days) for days in (-1, 0, 1)]
    stage.book(site, [site.entry(start=start) for start in starts])
    await stage.matches(site, Period(NOON.date(), NOON.date()))


@SUITE.shows(p.COSTS_WITH_THEIR_HOURS)
async def a_cost_on_hours_goes_with_them(stage: WorkLogStage) -> None:
    """Costs whose own day is another month come with hours of March, and those of March not with others."""
    site = stage.site()
    far = NOON + timedelta(days=60)
    edge = _midnight(MARCH.first) - timedelta(hours=2)
    hours, _ = stage.book(site, [site.entry(start=start) for start in (NOON, edge, far)])
    days = (NOON.date(), MARCH.first, MARCH.last, far.date(), date(2026, 1, 1))
    stage.book(site, (), [site.cost(entry=each.id, date=day) for each in hours for day in days])
    await stage.matches(site)
    await stage.matches(site, Period(far.date(), far.date()))


@SUITE.shows(p.COSTS_BY_THEIR_DAY)
async def a_cost_on_the_project_comes_by_its_day(stage: WorkLogStage) -> None:
    """The first and the last day too, also where the period is that day alone."""
    site = stage.site()
    stage.book(site, (), [site.cost(date=day) for day in (MARCH.first, NOON.date(), MARCH.last)])
    for period in (MARCH, Period(MARCH.first, MARCH.first), Period(MARCH.last, MARCH.last)):
        await stage.matches(site, period)


@SUITE.shows(p.ALL_THAT_BILLS_IT)
async def what_hours_and_costs_refer_to_comes_along(stage: WorkLogStage) -> None:
    """Also what only hours or only a cost refers to, and what belongs to a project beside this one."""
    stage.put(WorkSettings(grouping=Grouping.TASK, names_in_texts=True), stage.tenant)
    site = stage.site(allows_several_customers=True)
    others = [stage.site() for _ in range(5)]
    ids: list[Any] = [{"customer": each.customer, "work_type": each.work_type} for each in others]
    members = [each.member for each in others if each.member]
    hours = [site.entry(**ids[0]), site.entry(**ids[1]), *(site.entry(member=id) for id in members)]
    (first, *_), _ = stage.book(site, hours)
    costs = [
        site.cost(product=None, **ids[2]),
        site.cost(product=others[3].product, entry=first.id),
        site.cost(product=None, entry=first.id, **ids[4]),
    ]
    stage.book(site, (), costs)
    await stage.matches(site)


# The shapes that ids have elsewhere, and what a careless query makes more of.
_NO_IDS: Final = (
    "no-such-id",
    "-1",
    "0",
    "999999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "'",
    "%",
    "",
)


@SUITE.shows(p.UNKNOWN_PROJECT)
async def an_unknown_project_is_a_lookup_error(stage: WorkLogStage) -> None:
    """Whatever the id looks like, and where it is another tenant's."""
    site, foreign = stage.site(), stage.site(stage.other)
    ids = (*_NO_IDS, f"{site.project}x", f" {site.project}", f"{site.project} ", foreign.project)
    for id in ids:
        if id == site.project:
            continue
        try:
            answer: object = await stage.log.port.work(stage.tenant, id, MARCH)
        except LookupError as error:
            seen = f"for the project {id!r}, which is not there, work() {raised(error)}"
            stage.require(not isinstance(error, KeyError | IndexError), seen)
        except Exception as error:
            seen = f"for the project {id!r}, which is not there, work() {raised(error)}"
            raise PromiseBroken(stage.promise, seen) from error
        else:
            seen = f"for the project {id!r}, which is not there, work() returned a {named_type(answer)}"
            raise PromiseBroken(stage.promise, seen)
    await stage.matches(site)


@SUITE.shows(p.ARCHIVED_PROJECTS_ANSWER, needs=(ARCHIVING,))
async def an_archived_project_still_answers(stage: WorkLogStage) -> None:
    """With all of its hours and costs, as before."""
    site = stage.site()
    (hours,), _ = stage.book(site, [site.entry()], [site.cost()])
    stage.book(site, (), [site.cost(entry=hours.id)])
    await stage.matches(site)
    stage.archive(site)
    await stage.matches(site)


@SUITE.shows(p.READING_CHANGES_NOTHING)
async def reading_again_tells_the_same(stage: WorkLogStage) -> None:
    """In the same period and in another one, by the same instance and by others."""
    site = stage.site()
    (hours,), _ = stage.book(site, [site.entry()], [site.cost()])
    stage.book(site, (), [site.cost(entry=hours.id)])
    before = await stage.matches(site)
    for _ in range(3):
        for instance in (stage.log, stage.another()):
            for period in (
                MARCH,
                Period(NOON.date(), NOON.date()),
                Period(date(2026, 5, 1), date(2026, 5, 2)),
            ):
                now = await instance.work(site.tenant, site.project, period)
                seen = f"read again, work is told that differs: {shown(now)}"
                stage.require(period != MARCH or now == before, seen)


@SUITE.shows(p.READING_CHANGES_NOTHING, needs=(FINALISING,))
async def orders_wait_however_often_they_are_read(stage: WorkLogStage) -> None:
    """They are not used up: a push that failed reads them again."""
    order = order_of(stage.site(), "o1")
    stage.finalise(order)
    for _ in range(3):
        for instance in (stage.log, stage.another()):
            seen = await instance.finalised(stage.tenant)
            stage.require([each.id for each in seen] == ["o1"], f"read again, {len(seen)} orders wait, not 1")


@SUITE.shows(p.ORDERS_AS_FINALISED, needs=(FINALISING,))
async def orders_come_back_exactly(stage: WorkLogStage) -> None:
    """Every part of them: texts, amounts, what stayed out; the content hash stays."""
    site = stage.site()
    orders = [order_of(site, "o1"), _rich(site, "o2")]
    for order in orders:
        stage.finalise(order)
    await stage.waiting(*orders)


def _rich(site: Site, id: str) -> Order:
    """Return an order in which everything that is not there by itself is filled in."""
    (line,) = order_of(site, id).lines
    lines = (line, evolve(line, text='O\'Brien & "Sønner" \u65e5\u672c', quantity=Decimal("-0.0001")))
    return order_of(
        site,
        id,
        revision=3,
        eaccounting_project="00000000-0000-4000-8000-000000000001",
        lines=lines,
        invoice_text="Takk for oppdraget\nMed hilsen \U0001f3e0",
        our_reference="Kari",
        your_reference="Ola",
        buyers_order_reference="PO-007",
        left_out=(LeftOut("h", LeftOutReason.EXCLUDED, EntryKind.EXPENSE, Exclusion.OTHER),),
    )


@SUITE.shows(p.ORDERS_ONCE, needs=(FINALISING,))
async def an_order_that_is_finalised_again_replaces_itself(stage: WorkLogStage) -> None:
    """In the revision that was finalised last, after those that were finalised meanwhile."""
    site = stage.site()
    # Neither their names nor their dates are in the order of finalising.
    first, second, third = (order_of(site, id) for id in ("o2", "o3", "o1"))
    for order in (first, second, third):
        stage.finalise(order)
    await stage.waiting(first, second, third)
    again = evolve(first, revision=2, invoice_text="Once more")
    stage.finalise(again)
    await stage.waiting(second, third, again)


@SUITE.shows(p.MUCH_WORK)
async def thousands_of_hours_and_costs_come(stage: WorkLogStage) -> None:
    """All of them, costs on hours and on the project."""
    site = stage.site()
    hours, _ = stage.book(site, [site.entry(start=NOON + timedelta(minutes=at)) for at in range(_MANY_HOURS)])
    on_hours = [site.cost(entry=each.id) for each in hours[:_MANY_COSTS]]
    _, costs = stage.book(site, (), [*on_hours, *(site.cost(id=new_id("k")) for _ in range(_MANY_COSTS))])
    work = await stage.log.work(site.tenant, site.project)
    seen = (
        f"of {len(hours):,} hours {len(work.entries):,} come, of {len(costs):,} costs {len(work.expenses):,}"
    )
    complete = len(work.entries) >= len(hours) and len(work.expenses) >= len(costs)
    stage.require(complete, seen)
    await stage.matches(site)
