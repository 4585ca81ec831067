"""What the command line tells programs, where the package has no JSON of its own for it; see docs/cli.md.

A member that is not there is null; none is left out. Money is text, moments are ISO 8601 in UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from visma_busy_sync import (
    LoginResult,
    ReadBack,
    Readiness,
    Recovered,
    Status,
    SyncReport,
    Transfer,
    VismaBusySyncError,
)
from visma_busy_sync.integration import Parked, Resealed, Texts
from visma_busy_sync.orders import LedgerEntry, OrderProgress, order_to_json
from visma_busy_sync.sync import Kind, plan_to_json

Shape = dict[str, object]


def moment(at: datetime | None) -> str | None:
    """Return a moment as text."""
    return None if at is None else at.isoformat()


def texts(said: Texts) -> Shape:
    """Return a sentence in both languages."""
    return {"nb": said.nb, "en": said.en}


def _moments(known: Mapping[Kind, datetime | None]) -> Shape:
    return {str(kind): moment(at) for kind, at in known.items()}


def status(found: Status) -> Shape:
    """Return how a connection stands."""
    other = found.other_company
    return {
        "state": found.state,
        "company_id": found.company_id,
        "company_name": found.company_name or None,
        "project_sync": found.project_sync,
        "login_pending": found.login_pending,
        "other_company": None
        if other is None
        else {"company_id": other.company_id, "company_name": other.company_name},
        "fetched": _moments(found.fetched),
        "read": _moments(found.read),
        "attempted": _moments(found.attempted),
        "failed": found.failed,
        "orders_not_sent": found.orders_not_sent,
        "next_due": moment(found.next_due),
        "text": {"nb": found.text("nb"), "en": found.text("en")},
    }


def readiness(found: Readiness) -> Shape:
    """Return what eAccounting still needs."""
    return {
        "ready": found.ready,
        "findings": [
            {
                "code": each.code,
                "blocks": sorted(each.blocks),
                "what": texts(each.what),
                "cure": texts(each.cure),
            }
            for each in found.findings
        ],
    }


def login(result: LoginResult) -> Shape:
    """Return what became of a login."""
    return {
        "outcome": result.outcome,
        "connected": result.connected,
        "error": result.error or None,
        "readiness": None if result.readiness is None else readiness(result.readiness),
        "status": status(result.status),
        "text": {"nb": result.text("nb"), "en": result.text("en")},
    }


def sync(report: SyncReport) -> Shape:
    """Return what a sync did."""
    return {
        "applied": {str(action): count for action, count in report.applied.items()},
        "moved": [_parked(each) for each in report.moved],
        "refused": [_parked(each) for each in report.refused],
        "withheld": len(report.plan.archiving.withheld),
        "digest": report.plan.archiving.digest if report.plan.archiving.waits else None,
        "started": moment(report.started),
        "ended": moment(report.ended),
        "plan": json.loads(plan_to_json(report.plan)),
        "text": {"nb": report.text("nb"), "en": report.text("en")},
    }


def _parked(each: Parked) -> Shape:
    return {
        "action": each.planned.action,
        "kind": each.planned.kind,
        "busy_id": each.planned.busy_id,
        "eaccounting_id": each.planned.eaccounting_id,
        "label": each.planned.label,
        "reason": each.reason,
    }


def transfer(done: Transfer) -> Shape:
    """Return what became of a push."""
    return {
        "order_id": done.order_id,
        "state": done.state,
        "eaccounting_id": done.eaccounting_id,
        "number": done.number,
        "repeated": done.repeated,
        "differences": [
            {
                "code": each.code,
                "line": each.line,
                "ours": str(each.ours),
                "theirs": None if each.theirs is None else str(each.theirs),
            }
            for each in done.differences
        ],
        "changed_entries": [
            {"kind": each.kind, "id": each.id, "changed": list(each.changed)} for each in done.changed_entries
        ],
    }


def entry(known: LedgerEntry) -> Shape:
    """Return what the ledger knows of an order, in short."""
    order = known.order
    return {
        "order_id": known.order_id,
        "revision": known.revision,
        "state": known.state,
        "project": order.project,
        "customer": order.customer,
        "company_id": known.company_id,
        "order_date": order.order_date.isoformat(),
        "total": str(order.total),
        "currency": order.currency,
        "marker": known.marker,
        "eaccounting_id": known.eaccounting_id,
        "number": known.number,
        "problem": known.problem,
        "reserved_at": moment(known.reserved_at),
        "progress": None if known.progress is None else _progress(known.progress),
    }


def _progress(known: OrderProgress) -> Shape:
    return {
        "stage": known.stage,
        "number": known.number,
        "read_at": moment(known.read_at),
        "changes": [
            {"row": each.row, "member": each.member, "sent": each.sent, "now": each.now}
            for each in known.changes
        ],
    }


def whole_entry(known: LedgerEntry) -> Shape:
    """Return all that the ledger knows of an order."""
    steps = [
        {
            "event": step.event,
            "at": moment(step.at),
            "state": step.state,
            "revision": step.revision,
            "problem": step.problem,
        }
        for step in known.history
    ]
    return {**entry(known), "history": steps, "order": json.loads(order_to_json(known.order))}


def looked_at(results: Sequence[Recovered | ReadBack]) -> Shape:
    """Return what a look at several orders found."""
    return {
        "orders": [
            {
                "order_id": each.order_id,
                "entry": None if each.entry is None else entry(each.entry),
                "error": None if each.error is None else error(each.error),
            }
            for each in results
        ]
    }


def error(found: Exception) -> Shape:
    """Return an error that ended one of several things; of one that is not ours only its name."""
    known = found if isinstance(found, VismaBusySyncError) else None
    return {
        "type": type(found).__name__,
        "message": known.message if known else None,
        "advice": known.advice if known else None,
    }


def resealed(done: Resealed) -> Shape:
    """Return what became of what is sealed."""
    return {
        "resealed": done.resealed,
        "unchanged": done.unchanged,
        "old_keys_unused": done.old_keys_unused,
        "failures": [
            {
                "tenant": each.tenant,
                "key": each.key,
                "reason": each.reason,
                "fingerprint": each.fingerprint or None,
            }
            for each in done.failures
        ],
    }
