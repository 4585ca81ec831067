"""A process is killed at any point of what it does with an order: the next one finds out what became of it.

Each port call and each request has a point before it and one after it; a commit also one before its end, a
request one when the head of its answer is here. All of them are found by a rehearsal. Counted is on the
sandbox's own orders.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, final

import pytest
from attrs import define, field

from visma_busy_sync.busy import Order, OrderLine, Period, PriceSource
from visma_busy_sync.busy._orders import EntryKind, LinePart
from visma_busy_sync.orders import UNSETTLED_STATES, LedgerEntry, State, entry_from_json, order_to_json
from visma_busy_sync.state import CLAIM_PREFIX, CONNECTION, CONNECTION_SCHEMA, ORDER_PREFIX, holders
from visma_busy_sync.stores.sql import SqlStateStore

from .host import Answer, Host, Process
from .worker import TENANT

GIVEN_UP_SECONDS: Final = 660
"""After which a worker is no longer believed to be at its POST, and what is not seen is for a person."""


@final
@define
class Desk:
    """The host's orders, and a process that looks after them when another one was killed.

    Attributes:
        host: The host.
        other: That process.
    """

    host: Host
    other: Process
    _numbers: Iterator[int] = field(factory=lambda: itertools.count(1))
    _orders: dict[str, Order] = field(factory=dict[str, Order])

    def order(self) -> Order:
        """An order over two hours that are on no other one."""
        number = next(self._numbers)
        hours = (f"h{number}a", f"h{number}b")
        parts = tuple(
            LinePart(
                kind=EntryKind.ENTRY,
                id=id,
                day=date(2026, 3, 3),
                work_type="w",
                minutes=60,
                quantity=None,
                price=Decimal(100),
                price_source=PriceSource.PROJECT,
            )
            for id in hours
        )
        line = OrderLine(
            text=" ".join(hours),
            quantity=Decimal(2),
            unit="h",
            unit_price=Decimal(100),
            total=Decimal(200),
            rounding_difference=Decimal(0),
            price_source=PriceSource.PROJECT,
            product="p",
            eaccounting_article=self._id("articles"),
            parts=parts,
        )
        with SqlStateStore.open(self.host.database) as store:
            kept = store.read(TENANT, [CONNECTION])[CONNECTION]
        order = Order(
            id=f"o{number}",
            revision=1,
            company_id=CONNECTION_SCHEMA.load(CONNECTION, kept.body).company_id,
            project=next(each["id"] for each in self.host.records() if each["kind"] == "project"),
            customer="c",
            eaccounting_customer=self._id("customers"),
            currency="NOK",
            order_date=date(2026, 3, 31),
            period=Period(date(2026, 3, 1), date(2026, 3, 31)),
            lines=(line,),
            rounding_rules=1,
        )
        self._orders[order.id] = order
        return order

    def _id(self, path: str) -> str:
        rows = self.host.control("GET", f"/records/{path}")
        return next(str(row["Id"]) for row in rows if row["IsActive"])

    # What is where

    def entry(self, order: Order) -> LedgerEntry | None:
        with SqlStateStore.open(self.host.database) as store:
            found = store.read(TENANT, [f"{ORDER_PREFIX}{order.id}"])
        return entry_from_json(next(iter(found.values())).body) if found else None

    def there(self, entry: LedgerEntry | None) -> Sequence[str]:
        """The ids of the orders in eAccounting with the marker of one of ours; each has just its rows."""
        if entry is None:
            return []
        orders = self.host.control("GET", "/records/orders")
        found = [order for order in orders if entry.marker in (order["OurReference"] or "")]
        lines = self._orders[entry.order_id].lines
        for order in found:
            assert [_billed(row) for row in order["Rows"]] == [
                (line.eaccounting_article, line.text, line.quantity, line.unit_price) for line in lines
            ]
        return [order["Id"] for order in found]

    def made(self, entry: LedgerEntry) -> int:
        """How often it was made, whatever became of it."""
        happened = self.host.control("GET", "/orders/history")["entries"]
        made = [each["order"] for each in happened if each["event"] == "created" and each["by"] == "api"]
        return len([each for each in made if entry.marker in (each["OurReference"] or "")])

    # What is done

    def push(self, order: Order) -> Answer:
        return self.other.does("push", order=order_to_json(order))

    def settled(self, order: Order) -> LedgerEntry | None:
        """Let time pass and the other process recover, and a person look where it asks for one."""
        entry = self.entry(order)
        for _ in range(3):
            self.host.pass_time(GIVEN_UP_SECONDS)
            assert self.other.does("recover").ended == "done"
            entry = self.entry(order)
            if entry is None or entry.state not in UNSETTLED_STATES:
                break
        if entry is not None and entry.state is State.NEEDS_ATTENTION:
            there = self.there(entry)
            decision: dict[str, Any] = {"found": there[0]} if there else {"send_again": True}
            assert self.other.does("resolve", order_id=order.id, **decision).ended == "done"
        return self.entry(order)


def _billed(row: Mapping[str, Any]) -> tuple[str, str, Decimal, Decimal]:
    """What a row of an order in eAccounting bills."""
    return row["ArticleId"], row["Text"], Decimal(str(row["Quantity"])), Decimal(str(row["UnitPrice"]))


@pytest.fixture
def desk(host: Host) -> Desk:
    (other,) = host.hire(1)
    host.log_in(other)
    assert other.does("sync").ended == "done"
    return Desk(host, other)


def killed_everywhere(
    desk: Desk, do: Callable[[Order], dict[str, Any]], before: Callable[[Order], None]
) -> Iterator[Order]:
    """Have a process killed at each point of what it does with an order; yield the order afterwards."""
    rehearsed = desk.order()
    before(rehearsed)
    answer = desk.other.does(**do(rehearsed))
    assert answer.ended == "done", answer
    for point in dict.fromkeys(answer.passed):
        order = desk.order()
        before(order)
        (victim,) = desk.host.hire(1)
        assert victim.does(die=point, **do(order)) == Answer("killed"), point
        try:
            yield order
        except AssertionError as error:
            error.add_note(f"killed {point}")
            raise


def nothing(_: Order) -> None:
    """Nothing happened before."""


def test_a_push_that_is_killed_anywhere_is_there_once(desk: Desk) -> None:
    kills = 0
    for order in killed_everywhere(
        desk, lambda order: {"do": "push", "order": order_to_json(order)}, nothing
    ):
        kills += 1
        entry = desk.settled(order)
        if entry is None or entry.state is State.RESERVED:
            assert desk.there(entry) == []
        answer = desk.push(order)
        assert answer.ended == "done", answer
        entry = desk.entry(order)
        assert entry is not None
        assert (entry.state, desk.there(entry)) == (State.TRANSFERRED, [entry.eaccounting_id])
        assert desk.made(entry) == 1
    assert kills > 30


def test_a_recovery_that_is_killed_anywhere_finds_it_once(desk: Desk) -> None:
    """The process that sent it was killed too, when it had the answer and nobody else knew."""

    def died(order: Order) -> None:
        (victim,) = desk.host.hire(1)
        killed = victim.does("push", die="after POST /orders", order=order_to_json(order))
        assert killed == Answer("killed")
        desk.host.pass_time(GIVEN_UP_SECONDS)

    kills = 0
    for order in killed_everywhere(desk, lambda _: {"do": "recover"}, died):
        kills += 1
        entry = desk.settled(order)
        assert entry is not None
        assert (entry.state, desk.there(entry)) == (State.TRANSFERRED, [entry.eaccounting_id])
        assert desk.made(entry) == 1
    assert kills > 15


def test_a_withdrawal_that_is_killed_anywhere_frees_what_is_gone(desk: Desk) -> None:
    def pushed(order: Order) -> None:
        assert desk.push(order).ended == "done"

    kills = 0
    for order in killed_everywhere(desk, lambda order: {"do": "withdraw", "order_id": order.id}, pushed):
        kills += 1
        entry = desk.settled(order)
        assert entry is not None
        assert entry.state in {State.TRANSFERRED, State.WITHDRAWN}
        assert len(desk.there(entry)) == (entry.state is State.TRANSFERRED)
        with SqlStateStore.open(desk.host.database) as store:
            claims = holders({found.key: found.document.body for found in store.scan(CLAIM_PREFIX, TENANT)})
        assert (order.id in claims.values()) == (entry.state is State.TRANSFERRED)
        assert desk.made(entry) == 1
    assert kills > 25
