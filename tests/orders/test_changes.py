"""An entry that is changed in Busy after finalising is reported; the order stays as it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from visma_busy_sync.busy import EntryKind, Exclusion, PriceMode, Prices
from visma_busy_sync.orders import EntryChange, changed_since

from .given import built, cost, hours, money, shared, work

WHAT = work(hours("e1"), hours("e2", rate=Decimal(900)), cost("x1"), cost("x2", entry="e1", product=None))
ORDER = built(WHAT)
TENTH = datetime(2026, 11, 11, 12, tzinfo=UTC)


def changes(**replaced: Any) -> dict[str, tuple[str, ...]]:
    """Return what changed when the entries by these names are replaced (None: gone)."""
    known: dict[str, Any] = {
        "e1": hours("e1"),
        "e2": hours("e2", rate=Decimal(900)),
        "x1": cost("x1"),
        "x2": cost("x2", entry="e1", product=None),
    }
    left = [one for one in (known | replaced).values() if one is not None]
    return {change.id: change.changed for change in changed_since(ORDER, work(*left))}


def test_nothing_is_reported_where_nothing_changed() -> None:
    """Also when the project has other prices by now: the order was priced when it was finalised."""
    dearer = work(
        *WHAT.entries, *WHAT.expenses, prices=Prices(mode=PriceMode.PROJECT, project_rate=Decimal(5000))
    )

    assert changed_since(ORDER, WHAT) == ()
    assert changed_since(ORDER, dearer) == ()


def test_the_billed_rate_on_the_hours_is_no_change() -> None:
    """Busy stamps it on them when they are invoiced."""
    assert changes(e1=hours("e1", rate=money("1000.00"))) == {}


@pytest.mark.parametrize(
    ("replaced", "reported"),
    [
        pytest.param({"e2": hours("e2", 30, rate=Decimal(900))}, {"e2": ("minutes",)}, id="minutes"),
        pytest.param({"e2": hours("e2", rate=Decimal(800))}, {"e2": ("price",)}, id="rate"),
        pytest.param({"e2": hours("e2")}, {"e2": ("price",)}, id="rate taken away"),
        pytest.param(
            {"e2": hours("e2", work_type="6", rate=Decimal(900))}, {"e2": ("work_type",)}, id="work type"
        ),
        pytest.param({"e2": None}, {"e2": ("gone",)}, id="hours gone"),
        pytest.param({"x1": None}, {"x1": ("gone",)}, id="cost gone"),
        pytest.param({"x1": cost("x1", "251", "2")}, {"x1": ("quantity", "price")}, id="cost"),
        pytest.param({"x1": cost("x1", date=date(2026, 11, 11))}, {"x1": ("day",)}, id="day of a cost"),
        pytest.param(
            {"e1": hours("e1", start=TENTH)}, {"e1": ("day",), "x2": ("day",)}, id="hours with cost"
        ),
        pytest.param(
            {"e1": hours("e1", customer="11", excluded=Exclusion.OTHER)},
            {"e1": ("customer", "excluded"), "x2": ("customer", "excluded")},
            id="customer and exclusion of both",
        ),
    ],
)
def test_a_change_is_reported_with_what_is_different(
    replaced: dict[str, Any], reported: dict[str, tuple[str, ...]]
) -> None:
    """A cost on hours changes with them."""
    if "x2" in reported:
        replaced = replaced | {"x2": cost("x2", entry="e1", product=None)}

    assert changes(**replaced) == reported


def test_on_a_shared_project_a_customer_taken_away_is_a_change() -> None:
    """There no customer is not the project's."""
    order = built(shared(hours(customer="10")), customer="10")

    assert changed_since(order, shared(hours())) == (EntryChange(EntryKind.ENTRY, "e1", ("customer",)),)
