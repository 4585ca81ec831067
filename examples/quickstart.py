"""The whole job from top to bottom: connect, import, book, order, push, and sync again.

Run it with `make demo`, or with `python examples/quickstart.py` where the extra `sandbox` is installed.
It starts an eAccounting sandbox as a process of its own and ends it; nothing leaves this machine.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx

from visma_busy_sync import BusySync, EAccounting, Endpoints, F
from visma_busy_sync.busy import Approval, Expense, Period, PriceMode, Prices, TimeEntry, WorkType
from visma_busy_sync.orders import OrderNotReady, render
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Action, Kind, Plan

SESSION = "the id of this user's browser session"


def main() -> None:
    """Go through the main job once."""
    with SandboxProcess() as sandbox, callback_page() as (redirect_uri, callbacks):
        title("Busy, before anything is connected")
        busy, hours = a_small_busy(sandbox.info)
        show_busy(busy)

        visma = BusySync(
            catalogue=busy,
            work=hours,
            state=MemoryStateStore(),
            client_id=sandbox.info.client_id,
            client_secret=sandbox.info.client_secret,
            redirect_uri=redirect_uri,
            endpoints=endpoints(sandbox.info),
        )
        with visma:
            acme = visma.tenant("acme")

            title("1. Connect: the user logs in at Visma, which sends the browser back to us")
            url = acme.connect(project_sync=True, session=SESSION)
            press_log_in(url)
            print(acme.complete_login(callbacks.pop(), session=SESSION))

            title("2. Preview: what the first sync would do")
            plan = acme.plan()
            show_plan(plan)

            title("3. Sync")
            print(acme.sync())
            show_busy(busy)

            title("4. Work: hours and a cost on a project, and the order that they make")
            project = book_work(busy, hours)
            march = Period(date(2026, 3, 1), date(2026, 3, 31))
            try:
                acme.build_order(project, march)
            except OrderNotReady as not_ready:
                print("Not ready yet; every problem at once:")
                for problem in not_ready.problems:
                    print(f"  {problem.code} ({problem.entity}): {problem.cure_en}")
                print("So the work types get their products:")
                give_products(busy, hours)
            order = acme.build_order(project, march, order_date=date(2026, 3, 31))
            print(render(order).rstrip())

            title("5. Push: an order draft in eAccounting")
            transfer = acme.push(order)
            print(f"{transfer.state}: draft {transfer.eaccounting_id}")
            again = acme.push(order)
            print(f"pushed again: {again.state}, repeated={again.repeated}, nothing was sent")

            title("6. The draft as eAccounting holds it")
            draft = acme.fetch_order(order.id)
            print(f"status {draft.status.name}, number {draft.number}, date {draft.order_date}")
            print(
                f"customer {draft.customer_number} {draft.customer_name}; our reference {draft.our_reference}"
            )
            for row in draft.rows or ():
                print(f"  {row.line_number}. {row.text}: {row.quantity} × {row.unit_price} = {row.amount}")
            print(f"  total {draft.amount} {draft.currency_code}, of which VAT {draft.vat_amount}")

            title("7. Sync again")
            print(acme.plan())
            print(acme.sync())

            title("8. Status")
            print(acme.status())


def a_small_busy(sandbox: SandboxInfo) -> tuple[MemoryCatalogue, MemoryWorkLog]:
    """Make a Busy that was in use before: some of what eAccounting has, some of its own."""
    busy = MemoryCatalogue()
    with EAccounting(sandbox.access_token, endpoints=endpoints(sandbox)) as api:
        customer = api.customers.get(next(p.customer_id for p in api.projects.list() if p.customer_id))
        first, second, *_ = api.projects.list(where=F.eq("Status", 1), order_by="Number")
        travel = next(api.articles.list(where=F.eq("Name", "Reisetid")))
    busy.add("acme", Kind.CUSTOMER, number=customer.customer_number or None, name=customer.name)
    busy.add("acme", Kind.PRODUCT, number=travel.number, name=travel.name)
    busy.add("acme", Kind.PROJECT, number=first.number, name=first.name)
    busy.add("acme", Kind.PROJECT, number=second.number, name=second.name.upper(), notes="Edited in Busy")
    busy.add("acme", Kind.PROJECT, number="9001", name="Internal: holiday")
    busy.add("acme", Kind.PROJECT, number="9002", name="Internal: tidying the store room")
    return busy, MemoryWorkLog(busy)


def book_work(busy: MemoryCatalogue, hours: MemoryWorkLog) -> str:
    """Book two days and a cost on a project that came from eAccounting, and return the project."""
    project = next(
        record.id
        for record in busy.load("acme", Kind.PROJECT)
        if record.values["customer"] and not record.values["archived"]
    )
    hours.add_work_type("acme", WorkType(id="consulting", name="Rådgivning"))
    hours.add_work_type("acme", WorkType(id="travel", name="Reisetid"))
    hours.set_prices(
        "acme",
        project,
        Prices(
            mode=PriceMode.WORK_TYPE,
            work_type_rates={"consulting": Decimal(1250), "travel": Decimal("640.50")},
        ),
    )
    hours.book(
        "acme",
        project,
        entry("h1", "consulting", day=3, minutes=450),
        entry("h2", "consulting", day=4, minutes=200),
        entry("h3", "travel", day=4, minutes=50),
    )
    hours.spend(
        "acme",
        project,
        Expense(
            id="k1",
            date=date(2026, 3, 4),
            work_type="travel",
            quantity=Decimal(2),
            out_price=Decimal("189.90"),
            approval=Approval.APPROVED,
            comment="Bompenger",
        ),
    )
    return project


def entry(id: str, work_type: str, *, day: int, minutes: int) -> TimeEntry:
    """Approved hours in March 2026."""
    return TimeEntry(
        id=id,
        work_type=work_type,
        member="m1",
        start=datetime(2026, 3, day, 7, 30, tzinfo=UTC),
        billable_minutes=minutes,
        approval=Approval.APPROVED,
    )


def give_products(busy: MemoryCatalogue, hours: MemoryWorkLog) -> None:
    """Give the work types the products that their hours are sold as."""
    products = {record.values["name"]: record.id for record in busy.load("acme", Kind.PRODUCT)}
    hours.add_work_type("acme", WorkType(id="consulting", name="Rådgivning", product=products["Rådgivning"]))
    hours.add_work_type("acme", WorkType(id="travel", name="Reisetid", product=products["Reisetid"]))


def endpoints(sandbox: SandboxInfo) -> Endpoints:
    """The sandbox's addresses instead of Visma's."""
    return Endpoints(**sandbox.addresses)


def press_log_in(url: str) -> None:
    """Do what the user's browser does: open Visma's page, press "Log in", follow the redirect to us."""
    httpx.get(url, params={"sandbox_auto": "approve", **httpx.URL(url).params}, follow_redirects=True)


@contextmanager
def callback_page() -> Iterator[tuple[str, list[str]]]:
    """Serve the page that Visma sends the browser back to; yields its address and the calls it got."""
    calls: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(f"http://{self.headers['Host']}{self.path}")
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"You may close this window.")

        def log_message(self, *_: object) -> None:
            """Say nothing: the path holds the authorisation code."""

    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/integrations/visma/callback", calls
        server.shutdown()


def show_busy(busy: MemoryCatalogue) -> None:
    """Print how much Busy has of what."""
    for kind in Kind:
        records = busy.load("acme", kind)
        archived = sum(record.values["archived"] is True for record in records)
        print(f"{len(records):4} {kind}s, {archived} of them archived")


def show_plan(plan: Plan) -> None:
    """Print the first two changes of each sort; `print(render(plan))` would print them all."""
    for action, count in plan.counts.items():
        for planned in [planned for planned in plan.changes if planned.action is action][:2]:
            print(f"  {action} {planned.kind} {planned.label} ({planned.reason})")
            for change in planned.fields if action is Action.UPDATE else ():
                print(f"      {change.field}: {change.old or '(empty)'} → {change.new}")
        if count > 2:
            print(f"  ... and {count - 2} more to {action}")
    print(plan)


def title(text: str) -> None:
    """Print a title."""
    print(f"\n── {text} ──")


if __name__ == "__main__":
    main()
