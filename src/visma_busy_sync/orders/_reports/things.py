"""Hours and costs in one form: what is asked of each when it is told what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from zoneinfo import ZoneInfo

from attrs import frozen

from visma_busy_sync.busy import Approval, EntryKind, Exclusion, Work, claim_key
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._reports.balance import Sum


@frozen(kw_only=True)
class Thing:
    """Hours, or a cost; one on hours follows these in day, customer, approval and exclusion (D22).

    Attributes:
        claim: The key under which it is claimed.
        day: The local date that it counts for.
        much: How much it is, as Busy has it now; nothing where nothing of it is billed.
        approved: Whether it is approved.
        admitted: Whether it may come on an order as far as approval goes.
        customer: Busy's id of its customer.
        order: The order that Busy has it on.
        excluded: Why it is excluded from billing.
        work_type: Of hours, Busy's id of the work type.
        hours_missing: Whether it is a cost on hours that are not known.
    """

    claim: str
    day: date
    much: Sum
    approved: bool
    admitted: bool
    customer: str | None
    order: str | None
    excluded: Exclusion | None
    work_type: str | None = None
    hours_missing: bool = False


def things_of(work: Work) -> Iterator[Thing]:
    """Return the hours and costs of a project."""
    settings = work.settings
    zone = ZoneInfo(settings.time_zone)
    own = None if work.project.allows_several_customers else work.project.customer
    hours: dict[str, Thing] = {}
    for entry in work.entries:
        approved = entry.approval is Approval.APPROVED
        minutes = entry.billable_minutes
        hours[entry.id] = Thing(
            claim=claim_key(EntryKind.ENTRY, entry.id),
            day=entry.start.astimezone(zone).date(),
            much=Sum(hours=1, minutes=minutes) if minutes else Sum(),
            approved=approved,
            admitted=approved or settings.include_unapproved_hours,
            customer=entry.customer or own,
            order=entry.order,
            excluded=entry.excluded,
            work_type=entry.work_type,
        )
    yield from hours.values()
    for expense in work.expenses:
        followed = hours.get(expense.entry or "")
        approved = followed.approved if followed is not None else expense.approval is Approval.APPROVED
        quantity = expense.quantity
        yield Thing(
            claim=claim_key(EntryKind.EXPENSE, expense.id),
            day=followed.day if followed is not None else expense.date,
            much=(
                Sum(costs=1, amount=_rounding.worth_of_cost(quantity, expense.out_price).over)
                if quantity
                else Sum()
            ),
            approved=approved,
            admitted=followed.admitted
            if followed is not None
            else approved or settings.include_unapproved_costs,
            customer=followed.customer if followed is not None else expense.customer or own,
            order=expense.order,
            excluded=followed.excluded if followed is not None else None,
            hours_missing=expense.entry is not None and followed is None,
        )
