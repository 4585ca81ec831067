"""The billing proof as a JSON text, for a page or an archive of the host; it is not read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from visma_busy_sync.busy._canonical import Plain, canonical_json, plain
from visma_busy_sync.orders._problems_json import plain_texts
from visma_busy_sync.orders._reports.balance import Balance, OnOrder, Sum
from visma_busy_sync.orders._reports.breaks import Break
from visma_busy_sync.orders._reports.proof import BillingProof, ProjectProof

PROOF_SCHEMA: Final = 2
"""The schema version of the text: a member that is new, gone or means another thing has a new version."""


def proof_to_json(proof: BillingProof) -> str:
    """Return a billing proof as one JSON text: amounts as texts, ids and no names."""
    unapproved = proof.unapproved()
    return canonical_json(
        {
            "document": "billing_proof",
            "schema": PROOF_SCHEMA,
            "period": plain(proof.period),
            "holds": proof.holds,
            "projects": [_project(one) for one in proof.projects],
            "totals": [
                {
                    "currency": currency,
                    "approved": _balance(approved),
                    "unapproved": _balance(unapproved[currency]),
                }
                for currency, approved in proof.approved().items()
            ],
            "breaks": [_break(found) for found in proof.breaks],
        }
    )


def _project(one: ProjectProof) -> dict[str, Plain]:
    return {
        "project": one.project,
        "number": one.number,
        "currency": one.currency,
        "approved": _balance(one.approved),
        "unapproved": _balance(one.unapproved),
    }


def _balance(balance: Balance) -> dict[str, Plain]:
    return {
        "total": _sum(balance.total),
        "on_orders": _sum(balance.on_orders),
        "orders": _by_order(balance.orders),
        "excluded": _sum(balance.excluded_in_all),
        "exclusions": [
            {"exclusion": reason.value, "sum": _sum(much)} for reason, much in balance.excluded.items()
        ],
        "covered": _sum(balance.covered),
        "open": _sum(balance.open_in_all),
        "reasons": [{"reason": reason.value, "sum": _sum(much)} for reason, much in balance.open.items()],
        "freed": _by_order(balance.freed),
    }


def _by_order(sums: Mapping[OnOrder, Sum]) -> list[Plain]:
    return [
        {
            "order": order.order_id,
            "state": order.state.value if order.state is not None else None,
            "sum": _sum(much),
        }
        for order, much in sums.items()
    ]


def _sum(much: Sum) -> dict[str, Plain]:
    return {
        "hours": much.hours,
        "minutes": much.minutes,
        "costs": much.costs,
        "amount": plain(much.amount),
    }


def _break(found: Break) -> dict[str, Plain]:
    return {
        "code": found.code.value,
        "project": found.project,
        "orders": plain(found.orders),
        "claim": found.claim,
        "message": plain_texts(found.what),
        "cure": plain_texts(found.cure),
    }
