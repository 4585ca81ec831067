"""Finalising an order in Busy: its hours and costs are marked with it, so that no other order takes them."""

from __future__ import annotations

from attrs import evolve
from django.db import transaction
from django.utils import timezone

from django_host.models import Expense, Order, TimeEntry
from visma_busy_sync import Tenant, busy
from visma_busy_sync.orders import State, order_from_json, order_to_json

_OVER = frozenset({State.OPEN, State.WITHDRAWN, State.RELEASED})
"""Where the ledger has freed what an order bills."""


class EntriesTaken(Exception):
    """Hours or costs of the order came on another one, or are gone; nothing was stored."""


def keep_order(workspace: str, order: busy.Order) -> None:
    """Store an order in place of the one with its id, as the one that was finalised last."""
    with transaction.atomic():
        Order.objects.filter(workspace_id=workspace, order_id=order.id).delete()
        Order.objects.create(
            workspace_id=workspace, order_id=order.id, project=order.project, document=order_to_json(order)
        )


def finalise(workspace: str, order: busy.Order) -> busy.Order:
    """Store an order as finalised now, and mark its hours and costs; all or nothing.

    Raises:
        EntriesTaken: If some of them are on another order.
    """
    finalised = evolve(order, finalised_at=timezone.now())
    parts = [part for line in order.lines for part in line.parts]
    with transaction.atomic():
        for model, kind in ((TimeEntry, busy.EntryKind.ENTRY), (Expense, busy.EntryKind.EXPENSE)):
            ids = {int(part.id) for part in parts if part.kind is kind}
            free = model.objects.filter(project__workspace_id=workspace, pk__in=ids, order=None)
            if free.update(order=order.id) != len(ids):
                raise EntriesTaken
        keep_order(workspace, finalised)
    return finalised


def free_what_is_over(tenant: Tenant) -> None:
    """Take the mark off the hours and costs of orders that the ledger has freed, whoever freed them."""
    booked = [model.objects.filter(project__workspace_id=tenant.id) for model in (TimeEntry, Expense)]
    marked = {id for rows in booked for id in rows.exclude(order=None).values_list("order", flat=True)}
    if not marked:
        return
    over = {entry.order_id for entry in tenant.orders() if entry.state in _OVER} & marked
    if not over:
        return
    with transaction.atomic():
        for rows in booked:
            rows.filter(order__in=over).update(order=None)


def finalised_order(workspace: str, order_id: str) -> busy.Order | None:
    """Return an order as it was finalised; None if there is none."""
    row = Order.objects.filter(workspace_id=workspace, order_id=order_id).first()
    return None if row is None else order_from_json(row.document)
