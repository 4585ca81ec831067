"""A Busy that was in use before: what `run.py` puts into an empty database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from busy_pages.formats import ZONE
from django_host.models import Expense, Member, Project, TimeEntry, Workspace, WorkType
from visma_busy_sync.busy import Approval

_WORKED = ((0, 450, 0), (1, 200, 0), (1, 50, 1), (2, 375, 0))
"""Hours: days before today, minutes, and which work type."""


def seed(known: Sequence[tuple[str, str]], today: date) -> bool:
    """Fill the workspace `acme`, unless it is there.

    Args:
        known: Number and name of two projects that eAccounting has too.
        today: Hours are of this day and those before it, within its month.

    Returns:
        Whether it was filled.
    """
    with transaction.atomic():
        acme, is_new = Workspace.objects.get_or_create(id="acme", defaults={"name": "Fjordmesteren"})
        if is_new:
            _fill(acme, known, today)
        return bool(is_new)


def _fill(acme: Any, known: Sequence[tuple[str, str]], today: date) -> None:
    members = [Member.objects.create(workspace=acme, name=name) for name in ("Kari Nordmann", "Ola Nordmann")]
    work_types = [
        WorkType.objects.create(workspace=acme, name=name, rate=rate)
        for name, rate in (("Rådgivning", Decimal(1250)), ("Reisetid", Decimal("640.50")))
    ]
    only_busy = (("9001", "Internt: ferie"), ("9002", "Internt: lagerrydding"))
    projects = [
        Project.objects.create(workspace=acme, number=number, name=name)
        for number, name in (*known, *only_busy)
    ]
    for place, (days, minutes, work_type) in enumerate(_WORKED):
        TimeEntry.objects.create(
            project=projects[0],
            member=members[place % 2],
            work_type=work_types[work_type],
            start=datetime.combine(_day(today, days), time(8), ZONE),
            billable_minutes=minutes,
            approval=Approval.APPROVED.value,
        )
    Expense.objects.create(
        project=projects[0],
        date=_day(today, 1),
        work_type=work_types[1],
        quantity=Decimal(2),
        out_price=Decimal("189.90"),
        approval=Approval.APPROVED.value,
        comment="Bompenger",
    )


def _day(today: date, before: int) -> date:
    return max(today.replace(day=1), today - timedelta(days=before))
