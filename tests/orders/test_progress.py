"""How far an order has come in eAccounting, and what was changed there since it was sent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
import pytest

from visma_busy_sync.busy import Order
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET, OrderStatus
from visma_busy_sync.orders import (
    DifferenceCode,
    DraftChange,
    IllegalTransition,
    OrderProgress,
    Stage,
    State,
    agrees,
    changes_of,
    compare,
    entry_from_json,
    entry_to_json,
    has_lost_marker,
    progress_of,
    snapshot,
    to_new_order,
)
from visma_busy_sync.orders._ledger.ledger import with_progress

from .given import MARKER, NOON, answer, built, cost, entry_in, hours, work

evolve: Any = attrs.evolve  # the models are attrs classes, which mypy does not see

ORDER = built(work(hours(), hours("e2", work_type="6"), cost()), invoice_text="November")


def echoed(order: Order = ORDER, **changes: Any) -> models.Order:
    """The order as eAccounting answers it when it keeps what was sent."""
    sent = to_new_order(order, marker=MARKER)
    rows = tuple(
        models.OrderRow(
            line_number=row.line_number,
            is_text_row=row.is_text_row,
            article_id=row.article_id,
            text=row.text,
            quantity=row.quantity if row.quantity is not UNSET else Decimal(0),
            unit_price=row.unit_price if row.unit_price is not UNSET else Decimal(0),
            discount_percentage=Decimal(0),
            project_id=None if row.project_id is UNSET else row.project_id,
        )
        for row in sent.rows
    )
    known: dict[str, Any] = {
        "status": OrderStatus.DRAFT,
        "currency_code": sent.currency_code,
        "order_date": sent.order_date,
        "our_reference": sent.our_reference,
        "your_reference": None,
        "buyers_order_reference": None,
        "rows": rows,
    }
    return models.Order(id=models.OrderId("draft"), customer_id=sent.customer_id, **(known | changes))


def with_row(place: int, **changes: Any) -> models.Order:
    """The order with one row changed."""
    rows = list(echoed().rows or ())
    rows[place] = evolve(rows[place], **changes)
    return echoed(rows=tuple(rows))


@pytest.mark.parametrize(
    ("status", "stage"),
    [
        (OrderStatus.DRAFT, Stage.DRAFT),
        (OrderStatus.ONGOING, Stage.ORDER),
        (OrderStatus.SHIPPED, Stage.SHIPPED),
        (OrderStatus.INVOICED, Stage.INVOICED),
        (OrderStatus(9), Stage.UNKNOWN),
    ],
    ids=str,
)
def test_how_far_it_has_come(status: OrderStatus, stage: Stage) -> None:
    answer = echoed(status=status, number=None if stage is Stage.DRAFT else 17)
    found = progress_of(ORDER, MARKER, answer, known=None, at=NOON)
    number = None if stage is Stage.DRAFT else 17
    differences = compare(ORDER, answer)
    assert found == OrderProgress(stage=stage, number=number, differences=differences, read_at=NOON)


def test_amounts_that_are_not_ours_are_told_at_each_reading() -> None:
    """As they were after the push: a draft may be found, edited, or computed late."""
    assert progress_of(ORDER, MARKER, answer(ORDER), known=None, at=NOON).differences == ()
    (told,) = progress_of(ORDER, MARKER, answer(ORDER, amount=Decimal(0)), known=None, at=NOON).differences
    assert (told.code, told.ours, told.theirs) == (DifferenceCode.AMOUNTS_ZERO, ORDER.total, Decimal(0))


def test_an_edit_of_what_was_not_sent_is_told_without_its_value() -> None:
    """What eAccounting filled in by itself is not known, so only that it is another one."""
    before = snapshot(echoed(delivery_address1="Gate 1"))

    def changes(known: str | None = before, **members: Any) -> tuple[DraftChange, ...]:
        answer = echoed(**{"delivery_address1": "Gate 2"} | members)
        return progress_of(ORDER, MARKER, answer, known=known, at=NOON).changes

    assert changes() == (DraftChange(None, "Other", None, None),)
    assert changes(delivery_address1="Gate 1") == ()
    assert changes(None) == ()  # nobody knows how it was
    assert changes(your_reference="Kari") == (DraftChange(None, "YourReference", None, "Kari"),)
    assert changes(status=OrderStatus.SHIPPED) == ()  # what was delivered is filled in then


def test_what_was_kept_as_sent_is_not_changed() -> None:
    """Whatever the order of its rows, and where texts lost blanks at their end."""
    assert changes_of(ORDER, MARKER, echoed()) == ()
    rows = echoed().rows or ()
    assert changes_of(ORDER, MARKER, echoed(rows=tuple(reversed(rows)))) == ()
    assert changes_of(ORDER, MARKER, with_row(0, text=" November \r\n")) == ()


def test_what_eaccounting_does_not_answer_is_not_compared() -> None:
    bare = models.Order(
        id=models.OrderId("draft"),
        customer_id=models.CustomerId(ORDER.eaccounting_customer),
        status=OrderStatus.DRAFT,
    )
    assert changes_of(ORDER, MARKER, bare) == ()
    assert changes_of(ORDER, MARKER, evolve(bare, rows=None)) == ()
    rows = tuple(models.OrderRow(line_number=n) for n in range(4))
    assert changes_of(ORDER, MARKER, evolve(bare, rows=rows)) == ()


def test_each_member_that_a_person_changed_is_told_with_both_values() -> None:
    changed = evolve(
        with_row(1, quantity=Decimal("2.50"), discount_percentage=Decimal("0.1"), text="Other"),
        your_reference="Kari",
        our_reference=None,
    )
    found = changes_of(ORDER, MARKER, changed)
    line = ORDER.lines[0]
    assert found == (
        DraftChange(None, "Marker", MARKER, None),
        DraftChange(None, "YourReference", None, "Kari"),
        DraftChange(2, "Text", line.text, "Other"),
        DraftChange(2, "Quantity", "1", "2.5"),
        DraftChange(2, "DiscountPercentage", None, "0.1"),
    )
    assert "Kari" not in repr(found)


@pytest.mark.parametrize(
    ("references", "told"),
    [
        pytest.param({"our_reference": f"Kari {MARKER}", "your_reference": "Ola"}, [], id="where it was"),
        pytest.param({"our_reference": "Kari", "your_reference": f"Ola {MARKER}"}, [], id="another setting"),
        pytest.param(
            {"our_reference": "Kari", "your_reference": "Ola"}, [("Marker", MARKER, None)], id="taken away"
        ),
        pytest.param(
            {"our_reference": "Per", "your_reference": f"Ola {MARKER}"},
            [("OurReference", "Kari", "Per")],
            id="the other one was edited",
        ),
        pytest.param(
            {"our_reference": f"Per {MARKER}", "your_reference": "Ola"},
            [("OurReference", f"Kari {MARKER}", f"Per {MARKER}")],
            id="it was edited",
        ),
        pytest.param(
            {"our_reference": "Kari", "your_reference": UNSET}, [], id="it may be where nothing is told"
        ),
    ],
)
def test_in_which_reference_the_marker_stands_makes_no_difference(
    references: dict[str, Any], told: list[tuple[str, str, str | None]]
) -> None:
    order = built(work(hours()), our_reference="Kari", your_reference="Ola")
    found = changes_of(order, MARKER, echoed(order, **references))
    assert found == tuple(DraftChange(None, *each) for each in told)


def test_rows_that_were_added_or_removed_are_told_as_such() -> None:
    """And the rows around them are not told as changed."""
    first, second, third, fourth = echoed().rows or ()
    new = evolve(third, text="By hand", line_number=UNSET)
    removed = changes_of(ORDER, MARKER, echoed(rows=(first, third, fourth)))
    assert removed == (DraftChange(2, "Row", ORDER.lines[0].text, None),)
    added = changes_of(ORDER, MARKER, echoed(rows=(new, first, second, third, fourth)))
    assert added == (DraftChange(1, "Row", None, "By hand"),)


def test_a_text_row_in_place_of_a_line_is_told() -> None:
    found = changes_of(ORDER, MARKER, with_row(1, is_text_row=True, article_id=None))
    assert DraftChange(2, "IsTextRow", "False", "True") in found


@pytest.mark.parametrize(
    ("answer", "agreed"),
    [
        pytest.param(echoed(our_reference=None, your_reference="Kari"), True, id="references were edited"),
        pytest.param(echoed(rows=()), False, id="no rows"),
        pytest.param(echoed(rows=UNSET), False, id="rows are not told"),
        pytest.param(with_row(1, quantity=Decimal(9)), False, id="another row"),
        pytest.param(evolve(echoed(), customer_id="another"), False, id="another customer"),
    ],
)
def test_customer_and_rows_tell_whether_it_is_the_same_order(answer: models.Order, agreed: bool) -> None:
    assert agrees(ORDER, MARKER, answer) is agreed


def test_progress_is_kept_with_the_order_and_comes_back_exactly() -> None:
    entry = entry_in(State.TRANSFERRED, ORDER)
    answer = evolve(with_row(1, quantity=Decimal(2)), number=17, status=OrderStatus.ONGOING)
    noted = with_progress(entry, progress_of(ORDER, MARKER, answer, known=None, at=NOON))
    assert (noted.number, noted.state, noted.history) == (17, State.TRANSFERRED, ())
    assert entry_from_json(entry_to_json(noted)) == noted
    without = with_progress(noted, progress_of(ORDER, MARKER, echoed(), known=None, at=NOON))
    assert without.number == 17  # a number that is known is not lost


def test_progress_is_kept_of_transferred_orders_only() -> None:
    with pytest.raises(IllegalTransition, match="reading it back"):
        with_progress(
            entry_in(State.SENDING, ORDER), progress_of(ORDER, MARKER, echoed(), known=None, at=NOON)
        )


def test_an_order_without_marker_is_told_as_such() -> None:
    lost = progress_of(ORDER, MARKER, echoed(our_reference="Kari"), known=None, at=NOON)
    assert has_lost_marker(lost)
    assert not has_lost_marker(progress_of(ORDER, MARKER, echoed(), known=None, at=NOON))
    assert not has_lost_marker(None)
