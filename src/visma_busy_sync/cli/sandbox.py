"""Commands to try everything without Visma: the sandbox, and a little work to make an order of."""

from __future__ import annotations

import itertools
import shlex
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final

import attrs

from visma_busy_sync import Tenant
from visma_busy_sync.busy import Approval, Expense, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.cli.connect import Hidden
from visma_busy_sync.cli.context import Context
from visma_busy_sync.cli.embedded import ONE_TENANT
from visma_busy_sync.cli.exits import Exit, Stopped
from visma_busy_sync.cli.periods import today
from visma_busy_sync.sandbox.__main__ import main as run_sandbox
from visma_busy_sync.sync import Kind, Record

_NEXT: Final = ("connect --auto --project-sync", "plan", "sync", "demo")

_LAST_PORT: Final = 65535
_ENDS: Final = {2: Exit.USAGE}
"""How the sandbox's own exit codes are told here; all others are failures."""

_HOURS: Final = "demo-consulting"
_TRAVEL: Final = "demo-travel"
_BOOKED: Final = ((_HOURS, 450), (_HOURS, 200), (_TRAVEL, 50))


def sandbox(
    *,
    port: int = 0,
    company: Path | None = None,
    empty: bool = False,
    profile: tuple[str, ...] = (),
    context: Hidden,
) -> int:
    """Run an eAccounting sandbox until Ctrl-C, and say how to use it from another terminal.

    Other commands find it with --sandbox and the same --data. What they store then is in a folder of its own,
    so that play never touches the real thing. The sandbox forgets everything when it ends.

    Args:
        port: Where to listen on this machine; 0: a free port.
        company: A JSON file with the company's data, instead of the built-in company.
        empty: Without projects, customers, articles and orders.
        profile: A switch of the sandbox, as NAME=VALUE; may be given several times.
    """
    here = Context(attrs.evolve(context.options, sandbox=True), context.out)
    folder = here.folder.made()
    ready: list[str] = []

    def announce(line: str) -> None:
        ready.append(line)
        folder.note_sandbox(line)
        if context.out.as_json:
            context.out.document("sandbox", {"api_url": folder.sandbox_info().api_url})
        context.out.say(f"The sandbox runs at {folder.sandbox_info().api_url}; Ctrl-C ends it.")
        context.out.say("In another terminal:\n")
        for command in _NEXT:
            context.out.say(f"  {here.hint(command)}")
        context.out.say("")
        context.out.flush()

    if not 0 <= port <= _LAST_PORT:
        raise Stopped(f"{port} is no port.", advice=f"Give one from 1 to {_LAST_PORT}, or 0 for a free one.")
    if empty and company is not None:
        raise Stopped("Both a company and none are given.", advice="Give --company or --empty.")
    arguments = [f"--port={port}", *(f"--profile={switch}" for switch in profile)]
    arguments += [f"--company={company}"] if company is not None else []
    arguments += ["--empty"] if empty else []
    reasons: list[str] = []
    try:
        with folder.held_for_sandbox():
            code = run_sandbox(arguments, announce=announce, complain=reasons.append)
    finally:
        for line in ready:
            folder.forget_sandbox(line)
    for reason in reasons:
        raise Stopped(f"The sandbox does not start: {reason}", code=_ENDS.get(code, Exit.FAILED))
    return Exit.DONE


def demo(*, context: Hidden) -> int:
    """Book a few invented hours and a cost of today on a project, to try orders with; in the sandbox only."""
    if context.options.app is not None or not context.options.sandbox:
        raise Stopped(
            "Invented hours are booked beside a sandbox only, so that none is ever billed.",
            advice="Add --sandbox.",
        )
    box, tenant = context.box(), context.options.tenant or ONE_TENANT
    projects = [
        each
        for each in _active(box.catalogue.load(tenant, Kind.PROJECT))
        if each.values["customer"] and each.link is not None
    ]
    products = [each for each in _active(box.catalogue.load(tenant, Kind.PRODUCT)) if each.link is not None]
    if not projects or not products:
        raise Stopped(
            "There is no project with a customer, or no product, that came from the sandbox.",
            advice=f"First: {context.hint('sync')}",
            code=Exit.FAILED,
        )
    project = min(projects, key=lambda each: str(each.values["number"]))
    box.work.add_work_type(
        tenant, WorkType(id=_HOURS, name="Rådgivning", product=_named(products, "Rådgivning"))
    )
    box.work.add_work_type(
        tenant, WorkType(id=_TRAVEL, name="Reisetid", product=_named(products, "Reisetid"))
    )
    rates = {_HOURS: Decimal(1250), _TRAVEL: Decimal("640.50")}
    box.work.set_prices(tenant, project.id, Prices(mode=PriceMode.WORK_TYPE, work_type_rates=rates))
    day = today()
    ids = _ids_on_no_order(box.visma.tenant(tenant), day)
    entries = tuple(
        _booked(id, work_type, minutes) for id, (work_type, minutes) in zip(ids, _BOOKED, strict=False)
    )
    toll = Expense(
        id=ids[-1],
        date=day,
        work_type=_TRAVEL,
        quantity=Decimal(2),
        out_price=Decimal("189.90"),
        approval=Approval.APPROVED,
        comment="Bompenger",
    )
    box.work.book(tenant, project.id, *entries, costs=[toll])
    if context.out.as_json:
        ids = [*(each.id for each in entries), toll.id]
        context.out.document("demo", {"project": project.id, "booked": ids})
    else:
        name = f"{project.values['number']} {project.values['name']}"
        context.out.data(f"booked 11 h 40 min and 2 × 189.90 on the project {name}")
    number = shlex.quote(str(project.values["number"] or project.id))
    context.out.say(f"Next: {context.hint(f'order build {number} --output order.json')}", style="dim")
    return Exit.DONE


def _active(records: Sequence[Record]) -> Sequence[Record]:
    return [each for each in records if each.values["archived"] is not True]


def _named(products: Sequence[Record], name: str) -> str:
    """Return the id of the product with a name; of the first one in a company that has none such."""
    return next((each for each in products if each.values["name"] == name), products[0]).id


def _ids_on_no_order(tenant: Tenant, day: date) -> Sequence[str]:
    """Return ids for three entries and a cost: new ones where those of before were pushed."""
    pushed = {part.id for known in tenant.orders() for line in known.order.lines for part in line.parts}
    rounds = ([f"demo-{day}-{number}" for number in range(at, at + 4)] for at in itertools.count(1, 4))
    return next(ids for ids in rounds if pushed.isdisjoint(ids))


def _booked(id: str, work_type: str, minutes: int) -> TimeEntry:
    return TimeEntry(
        id=id,
        work_type=work_type,
        member="demo",
        start=datetime.combine(today(), time(12), UTC),  # the same day in all of Europe
        billable_minutes=minutes,
        approval=Approval.APPROVED,
    )
