"""A fixed price is billed once, whatever orders are built beside each other and withdrawn (D21)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import FixedPrice, GivenLine, Order, PriceMode, Prices
from visma_busy_sync.errors import FixedPriceBilled, OrderNotReady, RateLimited
from visma_busy_sync.orders import BreakCode, State
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    DocumentUnreadable,
    billed_of_fixed_price,
    fixed_price_key,
    named_by_fixed_price_key,
)

from .office import ACME, MARCH, Office, entry, with_work

POST = "POST /v2/orders"


@pytest.fixture
def agreed(office: Office) -> tuple[Tenant, str]:
    """A connected workspace with a project where the travels of 6 hours have the fixed price of 9000."""
    acme = office.connected()
    acme.sync()
    project = with_work(office, [entry("h1", 60), entry("h2", 360, "travel")])
    prices = Prices(
        mode=PriceMode.WORK_TYPE,
        work_type_rates={"consulting": Decimal(1250)},
        fixed_prices=(FixedPrice(work_type="travel", amount=Decimal(9000)),),
    )
    office.hours.set_prices(ACME, project, prices)
    return acme, project


def built(acme: Tenant, project: str, order_id: str, amount: int | None = None, **asked: Any) -> Order:
    if amount is not None:
        asked["lines"] = (GivenLine(fixed_price="travel", unit_price=Decimal(amount)),)
    return acme.build_order(project, MARCH, order_id=order_id, order_date=date(2026, 3, 31), **asked)


def test_what_an_order_billed_is_not_open_for_the_next(agreed: tuple[Tenant, str], office: Office) -> None:
    """Parts of 4000 and 3000, then the rest of 2000, then nothing."""
    acme, project = agreed
    totals = []
    for number, amount in enumerate((4000, 3000, None)):
        order = built(acme, project, f"o{number}", amount)
        acme.push(order)
        totals.append([str(line.total) for line in order.lines if line.is_fixed_price])

    assert totals == [["4000.00"], ["3000.00"], ["2000.00"]]
    with pytest.raises(OrderNotReady) as raised:
        built(acme, project, "o3")
    assert [problem.code for problem in raised.value.problems] == ["nothing_to_bill"]
    sent = sum(
        row["Amount"] for draft in office.drafts() for row in draft["Rows"] if row["Text"] == "Reisetid"
    )
    assert sent == Decimal(9000)


def test_of_two_orders_from_the_same_open_amount_one_is_refused(
    agreed: tuple[Tenant, str], office: Office
) -> None:
    """Neither has an entry of the other, so no claim on hours would stop the second one."""
    acme, project = agreed
    one = built(acme, project, "o1", 9000, only=["entry:h1"])
    other = built(acme, project, "o2", 9000, only=["entry:h2"])
    acme.push(one)

    with pytest.raises(FixedPriceBilled) as raised:
        acme.push(other)

    assert (raised.value.work_type, raised.value.when_built, raised.value.now) == (
        "travel",
        Decimal(0),
        Decimal(9000),
    )
    assert office.requests().count(POST) == 1
    assert acme.ledger_entry("o2") is None


def test_the_refused_order_is_built_again_and_bills_the_rest(agreed: tuple[Tenant, str]) -> None:
    acme, project = agreed
    stale = built(acme, project, "o2", 5000, only=["entry:h2"])
    acme.push(built(acme, project, "o1", 6000, only=["entry:h1"]))
    with pytest.raises(FixedPriceBilled):
        acme.push(stale)
    with pytest.raises(OrderNotReady) as raised:
        built(acme, project, "o2", 5000, only=["entry:h2"])
    assert [problem.code for problem in raised.value.problems] == ["fixed_price_exceeded"]

    fresh = built(acme, project, "o2", 3000, only=["entry:h2"])

    assert acme.push(fresh).state is State.TRANSFERRED


def test_a_withdrawn_order_gives_its_part_back(agreed: tuple[Tenant, str], office: Office) -> None:
    acme, project = agreed
    acme.push(built(acme, project, "o1", 6000))
    acme.withdraw("o1")

    order = built(acme, project, "o2")

    assert [str(line.total) for line in order.lines] == ["9000.00", "1250.00"]
    acme.push(order)
    assert len(office.drafts()) == 1


def test_an_order_that_was_built_before_another_was_withdrawn_is_built_again(
    agreed: tuple[Tenant, str],
) -> None:
    """It bills the rest of what is no longer billed; what is open now is another amount."""
    acme, project = agreed
    acme.push(built(acme, project, "o1", 6000, only=["entry:h1"]))
    rest = built(acme, project, "o2")
    acme.withdraw("o1")

    with pytest.raises(FixedPriceBilled) as raised:
        acme.push(rest)

    assert (raised.value.when_built, raised.value.now) == (Decimal(6000), Decimal(0))


def test_an_order_that_is_pushed_twice_bills_once(agreed: tuple[Tenant, str], office: Office) -> None:
    acme, project = agreed
    order = built(acme, project, "o1")
    acme.push(order)

    assert acme.push(order).repeated
    assert built(acme, project, "o1") == order  # its own part does not count against it
    assert office.requests().count(POST) == 1


def test_a_revision_takes_the_place_of_the_withdrawn_one(agreed: tuple[Tenant, str], office: Office) -> None:
    acme, project = agreed
    acme.push(built(acme, project, "o1", 6000))
    acme.withdraw("o1")

    second = built(acme, project, "o1", 7000)

    assert second.revision == 2
    assert acme.push(second).state is State.TRANSFERRED
    assert [str(line.total) for line in built(acme, project, "o2").lines] == ["2000.00"]
    assert len(office.drafts()) == 1


def test_a_purge_frees_the_parts_of_orders_that_were_never_made(
    agreed: tuple[Tenant, str], office: Office
) -> None:
    """Two of them wait with parts of one fixed price; both parts are free again."""
    acme, project = agreed
    for number, (amount, claim) in enumerate(((2000, "entry:h1"), (3000, "entry:h2"))):
        order = built(acme, project, f"o{number}", amount, only=[claim])
        office.fault("POST", "/v2/orders", "status", status=429, error_code=4010)
        with pytest.raises(RateLimited):
            acme.push(order)
    key = fixed_price_key(project, "travel")
    before = office.state.read(ACME, [key])[key].body
    assert billed_of_fixed_price(key, office.state.read(ACME, [key])[key], without="") == Decimal(5000)

    acme.purge()

    assert before != office.state.read(ACME, [key])[key].body
    assert billed_of_fixed_price(key, office.state.read(ACME, [key])[key], without="") == 0


def test_what_an_order_billed_stays_billed_after_a_purge(agreed: tuple[Tenant, str], office: Office) -> None:
    """For the next order, for the look over all projects and for the proof alike."""
    acme, project = agreed
    acme.push(built(acme, project, "o1"))
    acme.purge()
    office.log_in(acme)
    with pytest.raises(OrderNotReady):
        built(acme, project, "o2")

    assert acme.preflight(MARCH).rows == ()
    proof = acme.billing_proof(MARCH)
    assert proof.holds, str(proof)
    assert proof.projects[0].approved.covered.minutes == 0  # they are on the order


@pytest.mark.parametrize("body", ["{}", '{"schema": 1, "data": {"amounts": {"o1": "NaN"}}}'])
def test_where_it_cannot_be_read_what_is_billed_nothing_is_taken_for_open(
    agreed: tuple[Tenant, str], office: Office, body: str
) -> None:
    acme, project = agreed
    acme.push(built(acme, project, "o1", 4000, only=["entry:h1"]))
    key = fixed_price_key(project, "travel")
    kept = office.state.read(ACME, [key])[key]
    assert office.state.commit(ACME, [Write(key, kept.version, body)])
    with pytest.raises(DocumentUnreadable):
        built(acme, project, "o2")

    (row,) = acme.preflight(MARCH).rows
    assert isinstance(row.error, DocumentUnreadable)
    assert [found.code for found in acme.billing_proof(MARCH).breaks] == [BreakCode.FIXED_PRICE_UNREADABLE]


@pytest.mark.parametrize(("billed", "noted"), [("4000", "1000"), ("4000", None)])
def test_a_part_that_is_not_noted_as_billed_breaks_the_proof(
    agreed: tuple[Tenant, str], office: Office, billed: str, noted: str | None
) -> None:
    """It could be billed again."""
    acme, project = agreed
    acme.push(built(acme, project, "o1", int(billed)))
    assert acme.billing_proof(MARCH).holds
    key = fixed_price_key(project, "travel")
    kept = office.state.read(ACME, [key])[key]
    assert billed in kept.body
    body = None if noted is None else kept.body.replace(billed, noted)
    assert office.state.commit(ACME, [Write(key, kept.version, body)])

    (found,) = acme.billing_proof(MARCH).breaks
    assert (found.code, found.orders, found.project) == (BreakCode.FIXED_PRICE_DIFFERS, ("o1",), project)


def test_parts_on_odd_ids_do_not_mix() -> None:
    """Ids are the host's: one with a slash must not be another project's."""
    ids = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c")]
    keys = [fixed_price_key(*of) for of in ids]
    assert len(set(keys)) == 3
    assert [named_by_fixed_price_key(key) for key in keys] == ids
