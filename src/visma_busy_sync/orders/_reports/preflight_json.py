"""The preflight as a JSON text, for a page of the host; it is not read back."""

from __future__ import annotations

from typing import Final

from visma_busy_sync.busy._canonical import Plain, canonical_json, plain
from visma_busy_sync.orders._problems_json import plain_problem
from visma_busy_sync.orders._reports.preflight import Preflight, PreflightRow
from visma_busy_sync.orders._reports.report_texts import told_error

PREFLIGHT_SCHEMA: Final = 2
"""The schema version of the text: a member that is new, gone or means another thing has a new version."""


def preflight_to_json(preflight: Preflight) -> str:
    """Return a preflight as one JSON text: amounts as texts, ids and no names."""
    totals = preflight.totals
    return canonical_json(
        {
            "document": "preflight",
            "schema": PREFLIGHT_SCHEMA,
            "period": plain(preflight.period),
            "rows": [_row(row) for row in preflight.rows],
            "totals": {
                "ready": totals.ready,
                "blocked": totals.blocked,
                "hours": totals.hours,
                "minutes": totals.minutes,
                "costs": totals.costs,
                "amounts": [
                    {"currency": currency, "amount": plain(amount)}
                    for currency, amount in totals.amounts.items()
                ],
            },
            "to_mend": [
                {
                    "mended_by": who.value,
                    "problems": [
                        {"problem": plain_problem(one.problem), "projects": plain(one.projects)}
                        for one in found
                    ],
                }
                for who, found in preflight.by_mender().items()
            ],
        }
    )


def _row(row: PreflightRow) -> dict[str, Plain]:
    return {
        "project": row.project,
        "number": row.number,
        "customer": row.customer,
        "order": row.order,
        "hours": row.hours,
        "minutes": row.minutes,
        "costs": row.costs,
        "fixed_prices": row.fixed_prices,
        "amount": plain(row.amount),
        "currency": row.currency,
        "unpriced": row.unpriced,
        "last_order": plain(row.last_order),
        "ready": row.ready,
        "waiting": [{"reason": reason.value, "count": count} for reason, count in row.waiting.items()],
        "problems": [plain_problem(found) for found in row.problems],
        "error": (
            {"type": type(row.error).__name__, "message": told_error(row.error)}
            if row.error is not None
            else None
        ),
    }
