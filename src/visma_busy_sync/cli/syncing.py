"""Commands of the import: plan and sync."""

from __future__ import annotations

from typing import Final

from visma_busy_sync import SyncReport, Tenant
from visma_busy_sync.cli import shapes
from visma_busy_sync.cli.connect import Hidden
from visma_busy_sync.cli.context import Context, can_ask
from visma_busy_sync.cli.exits import Exit
from visma_busy_sync.sync import plan_to_json

SIGN_OF_ARCHIVE: Final = "-"
"""How the line of a record that is archived begins."""


def plan(*, detailed_exitcode: bool = False, context: Hidden) -> int:
    """Show what a sync would do now. Nothing is changed.

    Args:
        detailed_exitcode: End with 2 where changes are pending, with 0 where there are none.
    """
    tenant = context.tenant()
    with context.working("Reading eAccounting and Busy"):
        found = tenant.plan()
    if context.out.as_json:
        context.out.raw(plan_to_json(found))
    else:
        context.out.lines(found.lines(context.out.language))
    pending = not found.is_empty or found.archiving.waits
    if pending:
        context.out.say(f"Next: {context.hint('sync')}", style="dim")
    return Exit.CHANGES if pending and detailed_exitcode else Exit.DONE


def sync(
    *,
    whole: bool = False,
    allow_archiving: str | None = None,
    yes: bool = False,
    context: Hidden,
) -> int:
    """Bring Busy up to date with eAccounting. If the reading fails, nothing was changed anywhere.

    On a terminal the first sync shows what it would archive, and asks. Where many projects are missing in
    eAccounting at once they wait until a person allows exactly them; it then ends with 3.

    Args:
        whole: Read all of eAccounting, not only what changed lately.
        allow_archiving: The digest that a sync named: archive exactly the projects that it stands for.
        yes: Do not ask.
    """
    tenant = context.tenant()
    if not yes and can_ask() and tenant.status().last_read is None:
        _show_first(context, tenant)
    with context.working("Reading eAccounting and bringing Busy up to date"):
        report = tenant.sync(allow_archiving=allow_archiving, whole=whole)
    if context.out.as_json:
        context.out.document("sync", shapes.sync(report))
    else:
        _told(context, report)
    if report.plan.archiving.waits:
        how = "sync --whole" if whole else "sync"
        again = context.hint(f"{how} --allow-archiving {report.plan.archiving.digest}")
        context.out.say(f"If they are to be archived: {again}", style="dim")
        return Exit.BLOCKED
    return Exit.DONE


def _show_first(context: Context, tenant: Tenant) -> None:
    with context.working("Reading eAccounting and Busy"):
        found = tenant.plan()
    archived = [line for line in found.lines(context.out.language) if line.startswith(SIGN_OF_ARCHIVE)]
    if not archived:
        return
    for line in archived:
        context.out.say(line, style="red")
    context.out.say(found.text(context.out.language))
    context.confirm(f"Archive these {len(archived)} in Busy, and do the rest?", yes=False)


def _told(context: Context, report: SyncReport) -> None:
    language = context.out.language
    context.out.data(report.text(language))
    for each in (*report.moved, *report.refused):
        context.out.data(f"  {each.text(language)}")
    for waiting in report.plan.archiving.withheld:
        context.out.data(f"  ! {waiting.label}")
