"""Checks of `WorkLog`: odd texts and ids, exact amounts."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from attrs import evolve

from visma_busy_sync.busy import (
    Customer,
    Grouping,
    Member,
    PriceMode,
    Product,
    Project,
    Task,
    WorkSettings,
    WorkType,
)
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.suite import Suite
from visma_busy_sync.testing._kit.work_books import Site, all_rates, id_of, new_id
from visma_busy_sync.testing._kit.work_stage import WorkLogStage

SUITE: Final = Suite(WorkLogStage)

# Busy itself has four decimals.
_AMOUNTS: Final = (
    "0.1",
    "0.0001",
    "1.005",
    "33.3333",
    "1234567.8901",
    "99999999.9999",
    "-0.5",
    "-1234567.8901",
    "1E+3",
)

_TEXTS: Final = (
    "Å være i Ærø",
    ' Hansen & "Sønner" AS ',
    "O'Brien's; drop table",
    "100 % _ * ? \\ / <b>",
    "{name} %s $1 :a @b",
    "\u65e5\u672c \u05e9\u05dc\u05d5\u05dd",
    "\U0001f469\u200d\U0001f467 \U0001f3e0",
    "\u00e9 and e\u0301",  # the same letter of one character and of two
    "One line\nand\tanother\r\n",
    "\u00a0\u2028\u200b",
    "UPPER lower",
    "null",
    "007",
    "x" * 200,
)


@SUITE.shows(p.AMOUNTS_EXACT)
async def amounts_come_back_exactly(stage: WorkLogStage) -> None:
    """Rates of hours, prices and quantities of costs, in one sum with what was entered."""
    site = stage.site()
    amounts = [Decimal(text) for text in _AMOUNTS]
    hours = [site.entry(rate=amount) for amount in amounts]
    costs = [site.cost(quantity=amount, out_price=Decimal(10)) for amount in amounts]
    costs += [site.cost(out_price=amount) for amount in amounts]
    stage.book(site, hours, costs)
    await stage.matches(site)


@SUITE.shows(p.AMOUNTS_EXACT)
async def prices_come_back_exactly(stage: WorkLogStage) -> None:
    """Of the project, of members and work types, of members within work types, fixed and default ones."""
    site = stage.site()
    for text in _AMOUNTS:
        rate = Decimal(text)
        stage.put(WorkType(id=site.work_type or "w", name="Work", default_rate=rate), site.tenant)
        stage.book(site, [site.entry()])
        for mode in PriceMode:
            stage.put(all_rates(site, mode, rate), site.tenant, site.project)
            await stage.matches(site)


@SUITE.shows(p.WORK_TEXTS_EXACT)
async def texts_come_back_exactly(stage: WorkLogStage) -> None:
    """Comments, names of all that hours refer to, the invoice text."""
    site = stage.site()
    for text in _TEXTS:
        # A name is not blank, but may have spaces around it.
        name = text if text.strip() else f"x{text}"
        stage.put(WorkSettings(invoice_text=text, grouping=Grouping.TASK, names_in_texts=True), site.tenant)
        named = _named(stage, site, name)
        hours, _ = stage.book(named, [named.entry(comment=text, customer=named.customer)])
        stage.book(named, (), [named.cost(comment=text, entry=hours[0].id), named.cost(comment=text)])
        await stage.matches(named)


def _named(stage: WorkLogStage, site: Site, name: str) -> Site:
    """Return a project whose parts all have the name."""
    tenant = site.tenant
    given = Project(id=new_id("j"), number=name, name=name, allows_several_customers=True)
    project = stage.project(given, tenant)
    return Site(
        tenant,
        project,
        customer=id_of(stage.put(Customer(id=new_id("c"), name=name), tenant)),
        product=id_of(stage.put(Product(id=new_id("p"), number=name, name=name), tenant)),
        work_type=id_of(stage.put(WorkType(id=new_id("w"), name=name), tenant)),
        member=id_of(stage.put(Member(id=new_id("m"), name=name), tenant)),
        task=id_of(stage.put(Task(id=new_id("t"), name=name), tenant, project)),
    )


@SUITE.shows(p.WORK_TEXTS_EXACT)
async def ids_come_back_exactly(stage: WorkLogStage) -> None:
    """Whatever the host lets an id be; those that differ in little are apart."""
    site = stage.site()
    ids = (*(text for text in _TEXTS if text.strip()), "a", "A", "a ", " a", "a%", "a_", "\u00e5", "a\u030a")
    hours, _ = stage.book(site, [site.entry(id=id, billable_minutes=60 + at) for at, id in enumerate(ids)])
    costs = [site.cost(id=id, quantity=Decimal(1 + at)) for at, id in enumerate(ids)]
    on_hours = [site.cost(id=f"{id}/k", entry=each.id) for id, each in zip(ids, hours, strict=True)]
    stage.book(site, (), [*costs, *on_hours])
    await stage.matches(site)
    for id in ids[:8]:
        project = stage.project(Project(id=f"{id}\u00f8", name="Odd"), site.tenant)
        task = id_of(stage.put(Task(id=new_id("t"), name="Task"), site.tenant, project))
        odd = evolve(site, project=project, task=task)
        stage.put(all_rates(odd, PriceMode.PROJECT, Decimal(7)), odd.tenant, odd.project)
        stage.book(odd, [odd.entry(id=f"{id}{project}")])
        await stage.matches(odd)
