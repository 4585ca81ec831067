"""The proof that in a period everything approved is on one order, excluded, covered, or told as open.

What it is made from is read elsewhere: the work on all projects as Busy has it now, and the ledger. What
became of each entry of Busy is asked of the ledger first, and then of the rules by which the builder bills.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.busy import FixedPrice, Period, Work
from visma_busy_sync.busy import _checks as check
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._building.eligibility import allowed_customers
from visma_busy_sync.orders._building.fixed_prices import open_amount
from visma_busy_sync.orders._ledger.books import Books
from visma_busy_sync.orders._reports import proof_texts as texts
from visma_busy_sync.orders._reports.balance import (
    NOTHING,
    Balance,
    Fate,
    Freed,
    OnOrder,
    OpenReason,
    Tally,
    in_all,
    together,
)
from visma_busy_sync.orders._reports.breaks import Break, BreakCode, break_of
from visma_busy_sync.orders._reports.changes import GONE, changed_since
from visma_busy_sync.orders._reports.proof_checks import Picture, checks_of, is_without_order, parts_of
from visma_busy_sync.orders._reports.things import Thing, things_of

_ZERO: Final = Decimal(0)
_NOTHING: Final = Balance()


@final
@frozen(kw_only=True)
class ProjectProof:
    """What became of the hours and costs of one project in the period.

    Attributes:
        project: Busy's id of the project.
        number: Its number; None if it has none.
        currency: The currency of its prices; None: the company's.
        approved: What of the approved ones became of them.
        unapproved: The same of those that are not approved: they may be on orders where a setting lets
            them in, or where the approval was taken back.
    """

    project: str
    number: str | None
    currency: str | None
    approved: Balance = field(repr=False)
    unapproved: Balance = field(repr=False)


@final
@frozen(kw_only=True)
class BillingProof:
    """What became of all hours and costs in a period; `text("nb")` and `str` are a report for people.

    Attributes:
        period: The days whose hours and costs were looked at, by the workspace's local date.
        projects: The projects with hours or costs in it, in the order of their ids.
        breaks: All that keeps the proof from holding.
    """

    period: Period
    projects: tuple[ProjectProof, ...] = field(repr=check.counted)
    breaks: tuple[Break, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether everything is on exactly one order, excluded, covered, or told as open."""
        return not self.breaks

    def approved(self) -> Mapping[str | None, Balance]:
        """Return what became of all that is approved, by currency of the prices; None: the company's."""
        return _by_currency((one.currency, one.approved) for one in self.projects)

    def unapproved(self) -> Mapping[str | None, Balance]:
        """Return what became of all that is not approved, likewise."""
        return _by_currency((one.currency, one.unapproved) for one in self.projects)

    def text(self, language: Language) -> str:
        """Say it in a language: whether it holds, the sums, what is open and why, and every break.

        Raises:
            ConfigurationError: If the language is neither `nb` nor `en`.
        """
        return texts.told(self, language)

    def __str__(self) -> str:
        return self.text("en")


def _by_currency(found: Iterable[tuple[str | None, Balance]]) -> Mapping[str | None, Balance]:
    apart: dict[str | None, list[Balance]] = {}
    for currency, balance in found:
        apart.setdefault(currency, []).append(balance)
    return {currency: in_all(apart[currency]) for currency in sorted(apart, key=str)}


def billing_proof(
    works: Mapping[str, Work],
    books: Books,
    period: Period,
    *,
    company_id: str | None = None,
    unread: Mapping[str, Exception] | None = None,
) -> BillingProof:
    """Return the proof, or what breaks it.

    Args:
        works: By Busy's id, the work on every project, at least that of the period; a project of which
            nothing is here has no work.
        books: The ledger.
        period: The days to look at. Claims, and what fixed prices are billed, have no day: all are looked at.
        company_id: The connected company; None: whose orders they are is not looked at.
        unread: Why the work on a project could not be read, by its id.
    """
    things = {project: tuple(things_of(work)) for project, work in works.items()}
    picture = Picture(
        works=works,
        things=things,
        books=books,
        period=period,
        company_id=company_id,
        unread=unread or {},
    )
    fates = _Fates(picture)
    projects = [_project(work, things[id], fates, period) for id, work in sorted(works.items())]
    told = tuple(one for one in projects if one.approved != _NOTHING or one.unapproved != _NOTHING)
    differing = [one for one in told if not (one.approved.adds_up and one.unapproved.adds_up)]
    breaks = (
        *checks_of(picture),
        *(break_of(BreakCode.SUMS_DIFFER, project=one.project) for one in differing),
    )
    return BillingProof(period=period, projects=told, breaks=breaks)


def projects_to_search(works: Mapping[str, Work], books: Books, period: Period) -> frozenset[str]:
    """Return the projects with orders that bill something of the period which is not among the work.

    It may have been moved to another day: then the work of all days tells.
    """
    found: set[str] = set()
    for entry in books.entries:
        work = works.get(entry.order.project)
        if work is None or not entry.claims:
            continue
        billed = {part.claim for part in parts_of(entry) if part.day in period}
        changes = changed_since(entry.order, work) if billed else ()
        if any(change.changed == GONE and change.claim in billed for change in changes):
            found.add(entry.order.project)
    return frozenset(found)


def _project(work: Work, things: Iterable[Thing], fates: _Fates, period: Period) -> ProjectProof:
    looked_at = [thing for thing in things if thing.day in period]
    tallies = {True: Tally(), False: Tally()}
    fate_of = fates.on(work)
    for thing in looked_at:
        if thing.much != NOTHING:
            tallies[thing.approved].take(fate_of(thing), thing.much)
    balances = {
        # Summed by itself, so that it can differ.
        approved: tally.balance(together(thing.much for thing in looked_at if thing.approved is approved))
        for approved, tally in tallies.items()
    }
    return ProjectProof(
        project=work.project.id,
        number=work.project.number,
        currency=work.prices.currency,
        approved=balances[True],
        unapproved=balances[False],
    )


class _Fates:
    """Answers what became of things."""

    def __init__(self, picture: Picture) -> None:
        self._books = picture.books
        self._billing = picture.billing()
        self._freed = picture.books.freed
        self._states = {entry.order_id: entry.state for entry in picture.books.entries}
        self._states |= picture.books.purged

    def on(self, work: Work) -> Callable[[Thing], Fate]:
        """Return what tells what became of things of a project."""
        billed = self._books.fixed_billed(work.project.id)
        covering = {
            fixed.work_type
            for fixed in work.prices.fixed_prices
            if _covers(fixed, billed.get(fixed.work_type, _ZERO), free=work.settings.allow_free_lines)
        }
        why_open = _why_open(work, self._freed)

        def fate(thing: Thing) -> Fate:
            held = self._order(thing)
            if held is not None:
                return held
            if thing.excluded is not None:
                return thing.excluded
            if thing.work_type in covering:
                return None
            reason = why_open(thing)
            if reason is OpenReason.FREED and thing.order is not None:
                return Freed(self._on(thing.order))
            return reason

        return fate

    def _order(self, thing: Thing) -> OnOrder | OpenReason | None:
        """Return the order that something is on; None if it is on none."""
        books = self._books
        holder = books.claims.get(thing.claim)
        billing = self._billing.get(thing.claim, ())
        if billing:
            ids = [entry.order_id for entry in billing]
            return self._on(holder if holder is not None and holder in ids else ids[0])
        if thing.claim in books.unreadable_claims:
            return OpenReason.CLAIM_WITHOUT_ORDER
        if holder is not None:
            without = is_without_order(books, billing, holder)
            return OpenReason.CLAIM_WITHOUT_ORDER if without else self._on(holder)
        if thing.order is None or thing.order in self._freed:
            return None
        return self._on(thing.order)

    def _on(self, order_id: str) -> OnOrder:
        return OnOrder(order_id, self._states.get(order_id))


def _covers(fixed: FixedPrice, billed: Decimal, *, free: bool) -> bool:
    """Tell whether nothing of a fixed price is left to bill its hours with.

    One of 0 that is not meant is a price to be set; what rounds to nothing is never billed.
    """
    left = _rounding.unit_price(open_amount(fixed, billed), _rounding.DOMESTIC_DECIMALS)
    return not left and bool(fixed.amount or free)


def _why_open(work: Work, freed: Collection[str]) -> Callable[[Thing], OpenReason]:
    starts = work.settings.order_start_date
    allowed = allowed_customers(work)

    def why(thing: Thing) -> OpenReason:
        reasons = {
            OpenReason.HOURS_MISSING: thing.hours_missing,
            OpenReason.BEFORE_START_DATE: starts is not None and thing.day < starts,
            OpenReason.CUSTOMER_MISSING: thing.customer is None,
            OpenReason.CUSTOMER_NOT_ALLOWED: thing.customer not in allowed,
            OpenReason.PROJECT_NOT_BILLABLE: not work.project.is_billable,
            OpenReason.NOT_APPROVED: not thing.admitted,
            OpenReason.FREED: thing.order in freed,
            OpenReason.UNBILLED: True,
        }
        return next(reason for reason, applies in reasons.items() if applies)

    return why
