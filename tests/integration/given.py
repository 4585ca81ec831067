"""What the tests of the import start from and look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from visma_busy_sync._facade import Tenant
from visma_busy_sync.integration import SyncReport
from visma_busy_sync.sync import Kind

from .office import ACME, Office

FINISHED, ONGOING = 2, 1


def first(office: Office, kind: Kind, **members: Any) -> dict[str, Any]:
    return next(
        row for row in office.upstream(kind) if all(row[name] == value for name, value in members.items())
    )


def linked(office: Office, kind: Kind, row: dict[str, Any]) -> str:
    """Busy's id of the record with the number of an eAccounting row."""
    number = row["CustomerNumber" if kind is Kind.CUSTOMER else "Number"]
    (found,) = [record.id for record in office.busy.load(ACME, kind) if record.values["number"] == number]
    return found


def synced(office: Office, **options: Any) -> Tenant:
    acme = office.connected(**options)
    acme.sync()
    return acme


def idle(report: SyncReport) -> bool:
    """Whether a sync, be it of changes only, found nothing to do, and nothing that waits."""
    return report.plan.is_empty and not report.plan.archiving.waits


def own_projects(office: Office) -> list[str]:
    return [office.busy.add(ACME, Kind.PROJECT, number=str(n), name=f"Own {n}") for n in (9001, 9002)]


def archived(office: Office, ids: Sequence[str]) -> list[object]:
    return [office.records()[id]["archived"] for id in ids]
