"""Commands that look over all projects: preflight and billing proof."""

from __future__ import annotations

from visma_busy_sync.cli.connect import Hidden
from visma_busy_sync.cli.exits import Exit
from visma_busy_sync.cli.periods import Days, today
from visma_busy_sync.orders import preflight_to_json, proof_to_json


def preflight(*, days: Days = Days(), context: Hidden) -> int:  # noqa: B008 - it is a frozen value
    """Show over all projects what can be billed, what is in its way, and who can mend it."""
    period = days.period(today())
    tenant = context.tenant()
    with context.working("Reading eAccounting and all projects"):
        found = tenant.preflight(period)
    if context.out.as_json:
        context.out.raw(preflight_to_json(found))
    else:
        context.out.data(found.text(context.out.language).rstrip())
    return Exit.DONE


def billing_proof(*, days: Days = Days(), context: Hidden) -> int:  # noqa: B008 - it is a frozen value
    """Prove that everything approved is billed once, excluded, covered or told as open; else end with 3."""
    period = days.period(today())
    tenant = context.tenant()
    with context.working("Comparing hours with orders"):
        found = tenant.billing_proof(period)
    if context.out.as_json:
        context.out.raw(proof_to_json(found))
    else:
        context.out.data(found.text(context.out.language).rstrip())
    return Exit.DONE if found.holds else Exit.BLOCKED
