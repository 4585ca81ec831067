"""How far an order has come in eAccounting, and what of it was changed there: for people to see.

Compared is what was sent with what is there now, row by row. Amounts are left to `compare`. Blanks at the end
of a text and between words count as one, since whether eAccounting keeps them is not known; a member that
eAccounting does not answer is not compared. Nor is one that is never sent, such as an address, since
eAccounting fills many of them in by itself; that one of them was edited, the snapshot shows.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from difflib import SequenceMatcher
from types import MappingProxyType
from typing import Final, TypeAlias

from attrs import field, frozen

from visma_busy_sync.busy import Order
from visma_busy_sync.busy._canonical import plain
from visma_busy_sync.eaccounting import models
from visma_busy_sync.eaccounting.models import UNSET
from visma_busy_sync.orders._building.draft import MarkerPlace, to_new_order
from visma_busy_sync.orders._building.marker import contains_marker
from visma_busy_sync.orders._ledger.compare import Difference, compare
from visma_busy_sync.orders._ledger.snapshot import snapshot


class Stage(enum.StrEnum):
    """How far an order has come in eAccounting."""

    DRAFT = "draft"
    ORDER = "order"
    """The draft was made an order; it has a number."""
    SHIPPED = "shipped"
    INVOICED = "invoiced"
    DELETED = "deleted"
    UNKNOWN = "unknown"
    """eAccounting answers a status that this version does not know."""


@frozen
class DraftChange:
    """One member that is no longer what was sent.

    Attributes:
        row: The row as it was sent, from 1, text rows included; of one that was added, the row now. None: the
            head of the order.
        member: The API's name of the member; `Row` where a whole row was added or removed, `Marker` where no
            reference has the order's marker any more, `Other` where all is as it was sent, but something else
            was edited, such as an address.
        sent: What was sent, as text; None if nothing was.
        now: What is there now, as text; None if nothing is.
    """

    row: int | None
    member: str
    sent: str | None = field(repr=False)
    now: str | None = field(repr=False)


@frozen(kw_only=True)
class OrderProgress:
    """What was last read of an order in eAccounting.

    Attributes:
        stage: How far it has come.
        number: Its number; None while it has none.
        changes: What was changed there since it was sent.
        differences: Where eAccounting's amounts differ from ours; those of an edit are among them.
        read_at: When this was read, in UTC.
    """

    stage: Stage
    number: int | None = None
    changes: tuple[DraftChange, ...] = ()
    differences: tuple[Difference, ...] = ()
    read_at: datetime


_STAGES: Final[Mapping[models.OrderStatus, Stage]] = MappingProxyType(
    {
        models.OrderStatus.DRAFT: Stage.DRAFT,
        models.OrderStatus.ONGOING: Stage.ORDER,
        models.OrderStatus.SHIPPED: Stage.SHIPPED,
        models.OrderStatus.INVOICED: Stage.INVOICED,
    }
)

_HEAD: Final = (
    ("CustomerId", "customer_id"),
    ("OrderDate", "order_date"),
    ("CurrencyCode", "currency_code"),
    ("OurReference", "our_reference"),
    ("YourReference", "your_reference"),
    ("BuyersOrderReference", "buyers_order_reference"),
)
_ROW: Final = (
    ("IsTextRow", "is_text_row"),
    ("ArticleId", "article_id"),
    ("Text", "text"),
    ("Quantity", "quantity"),
    ("UnitPrice", "unit_price"),
    ("DiscountPercentage", "discount_percentage"),
    ("ProjectId", "project_id"),
)
_TEXT_ROW: Final = (("IsTextRow", "is_text_row"), ("Text", "text"))

ROW: Final = "Row"
"""The member of a change that is about a whole row."""

MARKER: Final = "Marker"
"""The member of a change by which the draft is no longer recognised."""


OTHER: Final = "Other"
"""The member of a change of which only the snapshot tells."""


def progress_of(
    order: Order, marker: str, answer: models.Order, *, known: str | None, at: datetime
) -> OrderProgress:
    """Return how far an order has come, and what was changed, by what eAccounting answers of it.

    Args:
        order: The order as it was sent.
        marker: The marker that it was sent with.
        answer: What eAccounting answers, read by its id.
        known: The snapshot of the draft before anybody edited it; None if there is none.
        at: When it was read.
    """
    changes = changes_of(order, marker, answer)
    # What becomes an order is filled in further, such as with what was delivered.
    is_draft = answer.status is models.OrderStatus.DRAFT
    if not changes and is_draft and known is not None and snapshot(answer) != known:
        changes = (DraftChange(None, OTHER, None, None),)
    return OrderProgress(
        stage=_STAGES.get(answer.status, Stage.UNKNOWN),
        number=answer.number or None,
        changes=changes,
        differences=compare(order, answer),
        read_at=at,
    )


def changes_of(order: Order, marker: str, answer: models.Order) -> tuple[DraftChange, ...]:
    """Return what in eAccounting is no longer as it was sent: the head first, then the rows.

    In which reference the marker stands makes no difference: a setting says where it is put, and may have
    been another one when the order was sent.
    """
    places = [place for place in MarkerPlace if contains_marker(getattr(answer, place), marker)]
    sent = to_new_order(order, marker=marker, place=places[0] if places else MarkerPlace.OUR_REFERENCE)
    head = _sent(sent, _HEAD)
    lost: tuple[DraftChange, ...] = ()
    if not places:
        head = {**head, "OurReference": _text("OurReference", order.our_reference)}
        if not any(member is UNSET for member in (answer.our_reference, answer.your_reference)):
            lost = (DraftChange(None, MARKER, marker, None),)
    return (*lost, *_differing(None, head, _answered(answer, _HEAD)), *_rows(sent, answer))


def has_lost_marker(progress: OrderProgress | None) -> bool:
    """Tell whether an order had no marker any more when it was last read: no search can find it."""
    return progress is not None and any(change.member == MARKER for change in progress.changes)


def agrees(order: Order, marker: str, answer: models.Order) -> bool:
    """Tell whether customer and rows of an order in eAccounting are those of ours."""
    # The rows are compared only where that can still tell: there may be a thousand orders of others.
    is_candidate = answer.customer_id == order.eaccounting_customer and bool(answer.rows)
    return is_candidate and not is_other(order, marker, answer)


def is_other(order: Order, marker: str, answer: models.Order) -> bool:
    """Tell whether customer or rows of an order in eAccounting are others than ours, as far as it tells."""
    changes = changes_of(order, marker, answer)
    return any(change.row is not None or change.member == "CustomerId" for change in changes)


_Members: TypeAlias = Mapping[str, str | None]


def _rows(sent: models.NewOrder, answer: models.Order) -> Iterator[DraftChange]:
    if answer.rows is UNSET or answer.rows is None:
        return
    rows = sorted(answer.rows, key=lambda row: row.line_number or 0)
    before = [_sent(row, _TEXT_ROW if row.is_text_row else _ROW) for row in sent.rows]
    now = [_answered(row, _TEXT_ROW if row.is_text_row is True else _ROW) for row in rows]
    keys = [tuple(row.items()) for row in before], [tuple(row.items()) for row in now]
    for tag, first, end, first_now, end_now in SequenceMatcher(None, *keys, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        paired = min(end - first, end_now - first_now)
        for place in range(paired):
            yield from _differing(first + place + 1, before[first + place], now[first_now + place])
        for place in range(first + paired, end):
            yield DraftChange(place + 1, ROW, before[place]["Text"], None)
        for place in range(first_now + paired, end_now):
            yield DraftChange(place + 1, ROW, None, now[place].get("Text"))


def _sent(value: models.Model, names: Sequence[tuple[str, str]]) -> _Members:
    return {name: _text(name, getattr(value, attribute)) for name, attribute in names}


def _answered(value: models.Model, names: Sequence[tuple[str, str]]) -> _Members:
    members = {name: getattr(value, attribute) for name, attribute in names}
    return {name: _text(name, member) for name, member in members.items() if member is not UNSET}


def _text(name: str, member: object) -> str | None:
    """Return a member as text; None for what is absent, null or blank, which mean the same here."""
    if member is UNSET or member is None:
        return None
    text = " ".join(str(plain(member)).split())
    # None was sent, and 0 is answered.
    return None if not text or (name == "DiscountPercentage" and text == "0") else text


def _differing(row: int | None, sent: _Members, now: _Members) -> Iterator[DraftChange]:
    for name, text in now.items():
        if sent.get(name) != text:
            yield DraftChange(row, name, sent.get(name), text)
