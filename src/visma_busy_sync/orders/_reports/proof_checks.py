"""What breaks the proof: the ledger against itself, and against what Busy has now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from attrs import frozen

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.busy import LinePart, Period, Work
from visma_busy_sync.busy._canonical import decimal_text
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._ledger.billed import fixed_parts_of
from visma_busy_sync.orders._ledger.books import Books
from visma_busy_sync.orders._ledger.ledger import CLAIMING_STATES, LedgerEntry
from visma_busy_sync.orders._reports.breaks import CHANGED, Break, BreakCode, break_of
from visma_busy_sync.orders._reports.changes import GONE, EntryChange, changed_since
from visma_busy_sync.orders._reports.report_texts import told_error
from visma_busy_sync.orders._reports.things import Thing

_NOTHING: Final = Decimal(0)


@frozen(kw_only=True)
class Picture:
    """Both sides, brought together.

    Attributes:
        works: The work on each project, by Busy's id.
        things: What is booked there, by project.
        books: The ledger.
        period: The days that are looked at.
        company_id: The connected company; None: not looked at.
        unread: Why the work on a project could not be read.
    """

    works: Mapping[str, Work]
    things: Mapping[str, Sequence[Thing]]
    books: Books
    period: Period
    company_id: str | None
    unread: Mapping[str, Exception]

    def billing(self) -> Mapping[str, Sequence[LedgerEntry]]:
        """Return the orders that bill an entry, by its claim key: those in states that hold claims."""
        found: defaultdict[str, list[LedgerEntry]] = defaultdict(list)
        for entry in self.books.entries:
            for claim in entry.claims:
                found[claim].append(entry)
        return found


def checks_of(picture: Picture) -> Iterator[Break]:
    """Return all breaks, in the order of their codes."""
    billing = picture.billing()
    yield from _unreadable(picture)
    yield from _two_orders(picture, billing)
    yield from _claims(picture, billing)
    yield from _other_companies(picture)
    yield from sorted(_changed(picture), key=_place)
    yield from _noted_parts(picture)
    yield from _fixed_prices(picture)


def _place(found: Break) -> tuple[int, str, str]:
    return list(BreakCode).index(found.code), found.orders[0], found.claim or ""


def _unreadable(picture: Picture) -> Iterator[Break]:
    for order in sorted(picture.books.unreadable_orders):
        yield break_of(BreakCode.ORDER_UNREADABLE, orders=(order,))
    for claim in sorted(picture.books.unreadable_claims):
        yield break_of(BreakCode.CLAIM_UNREADABLE, claim=claim)
    for project, work_type in sorted(picture.books.unreadable_fixed_prices):
        yield break_of(BreakCode.FIXED_PRICE_UNREADABLE, project=project, work_type=work_type)
    for project, error in sorted(picture.unread.items()):
        yield break_of(BreakCode.WORK_UNREADABLE, project=project, error=told_error(error))


def _two_orders(picture: Picture, billing: Mapping[str, Sequence[LedgerEntry]]) -> Iterator[Break]:
    """Return what several orders of the ledger bill, or one does and Busy has it on another one.

    Whether Busy's draft and its finalised order share an id is not known. So an id of Busy counts as another
    order only where the ledger knows it as one, and that one holds what it bills.
    """
    holding = {entry.order_id for entry in picture.books.entries if entry.holds}
    busys = {
        thing.claim: thing.order
        for things in picture.things.values()
        for thing in things
        if thing.order in holding
    }
    for claim, entries in sorted(billing.items()):
        ids = {entry.order_id for entry in entries} | {busys.get(claim, entries[0].order_id)}
        if len(ids) > 1:
            yield break_of(
                BreakCode.ON_TWO_ORDERS,
                project=entries[0].order.project,
                orders=tuple(sorted(ids)),
                claim=claim,
            )


def _claims(picture: Picture, billing: Mapping[str, Sequence[LedgerEntry]]) -> Iterator[Break]:
    """Return where orders and claims do not say the same."""
    books = picture.books
    for claim, entries in sorted(billing.items()):
        # Of several orders only one can hold it; that is told already.
        if claim not in books.unreadable_claims and not _held_by(entries, books.claims.get(claim)):
            yield break_of(
                BreakCode.CLAIM_MISSING,
                project=entries[0].order.project,
                orders=(entries[0].order_id,),
                claim=claim,
            )
    for claim, holder in sorted(books.claims.items()):
        if is_without_order(books, billing.get(claim, ()), holder):
            yield break_of(BreakCode.CLAIM_WITHOUT_ORDER, orders=(holder,), claim=claim)


def is_without_order(books: Books, billing: Sequence[LedgerEntry], holder: str) -> bool:
    """Tell whether an order holds an entry that it does not bill; of one that cannot be read nobody knows."""
    return not _held_by(billing, holder) and not _is_only_named(books, holder)


def _is_only_named(books: Books, order: str) -> bool:
    """Tell whether the ledger knows no more of an order than that it may bill something."""
    return order in books.unreadable_orders or books.purged.get(order) in CLAIMING_STATES


def _held_by(billing: Sequence[LedgerEntry], holder: str | None) -> bool:
    return any(entry.order_id == holder for entry in billing)


def _other_companies(picture: Picture) -> Iterator[Break]:
    for entry in picture.books.entries:
        if (
            picture.company_id is not None
            and entry.company_id != picture.company_id
            and entry.claims
            and any(part.day in picture.period for part in parts_of(entry))
        ):
            yield break_of(BreakCode.OTHER_COMPANY, project=entry.order.project, orders=(entry.order_id,))


def _changed(picture: Picture) -> Iterator[Break]:
    """Return where what is billed of the period is no longer what Busy has."""
    home = {thing.claim: project for project, things in picture.things.items() for thing in things}
    inside = {
        thing.claim for things in picture.things.values() for thing in things if thing.day in picture.period
    }
    for entry in picture.books.entries:
        if not entry.claims or entry.order.project in picture.unread:
            continue
        parts = {
            part.claim: part for part in parts_of(entry) if part.day in picture.period or part.claim in inside
        }
        if parts:
            for change in _changes(entry, picture.works.get(entry.order.project)):
                if change.claim in parts:
                    yield from _told(picture, entry, parts[change.claim], change, home.get(change.claim))


def _changes(entry: LedgerEntry, work: Work | None) -> Sequence[EntryChange]:
    if work is not None:
        return changed_since(entry.order, work)
    return [EntryChange(part.kind, part.id, GONE) for part in parts_of(entry)]


def _told(
    picture: Picture, entry: LedgerEntry, part: LinePart, change: EntryChange, home: str | None
) -> Iterator[Break]:
    project, orders, claim = entry.order.project, (entry.order_id,), part.claim
    changed = [name for name in change.changed if name != "minutes"]
    if change.changed == GONE:
        if home is None:
            yield break_of(BreakCode.ENTRY_GONE, project=project, orders=orders, claim=claim)
            return
        changed = ["project"]
    if "minutes" in change.changed:
        booked = next(thing for thing in picture.things[project] if thing.claim == claim).much.minutes
        yield break_of(
            BreakCode.MINUTES_DIFFER,
            project=project,
            orders=orders,
            claim=claim,
            billed=str(part.minutes),
            booked=str(booked),
        )
    if changed:
        yield break_of(
            BreakCode.ENTRY_CHANGED,
            project=project,
            orders=orders,
            claim=claim,
            changed=Texts(
                nb=", ".join(CHANGED[name].nb for name in changed),
                en=", ".join(CHANGED[name].en for name in changed),
            ),
        )


def _noted_parts(picture: Picture) -> Iterator[Break]:
    """Return where an order bills another part of a fixed price than is noted."""
    books, by_orders = picture.books, fixed_parts_of(picture.books.entries)
    for of in sorted(by_orders.keys() | books.fixed_prices.keys()):
        billed, noted = by_orders.get(of, {}), books.fixed_prices.get(of, {})
        for order in sorted(billed.keys() | noted.keys()):
            ours, theirs = billed.get(order, _NOTHING), noted.get(order, _NOTHING)
            unknown = of in books.unreadable_fixed_prices or _is_only_named(books, order)
            if ours != theirs and not unknown:
                project, work_type = of
                yield break_of(
                    BreakCode.FIXED_PRICE_DIFFERS,
                    project=project,
                    orders=(order,),
                    work_type=work_type,
                    billed=decimal_text(ours),
                    noted=decimal_text(theirs),
                )


def _fixed_prices(picture: Picture) -> Iterator[Break]:
    books = picture.books
    for project, work in sorted(picture.works.items()):
        billed = books.fixed_billed(project)
        for fixed in work.prices.fixed_prices:
            ours = billed.get(fixed.work_type, _NOTHING)
            total = _rounding.added(ours, fixed.billed_elsewhere)
            if ours and total > fixed.amount:
                yield break_of(
                    BreakCode.FIXED_PRICE_EXCEEDED,
                    project=project,
                    orders=tuple(sorted(books.fixed_prices[project, fixed.work_type])),
                    work_type=fixed.work_type,
                    billed=decimal_text(total),
                    amount=decimal_text(fixed.amount),
                )


def parts_of(entry: LedgerEntry) -> Iterator[LinePart]:
    """Return everything that an order bills."""
    return (part for line in entry.order.lines for part in line.parts)
