"""`python -m django visma_due`: fetch, send and read back whatever is due. Call it every minute.

Any number of these may run at once: each tenant is synced by one of them, and an order is sent once.
"""

from __future__ import annotations

from django.core.management import BaseCommand

from django_host.ordering import free_if_over
from django_host.visma import visma


class Command(BaseCommand):
    """The command."""

    help = "Sync, send orders and read them back, for all workspaces that are due."

    def handle(self, **_: object) -> None:
        """Do it, and tell counts and names of errors: nothing that is a tenant's own."""
        for done in visma().sync_due():
            self._tell(done.tenant, "synced" if done.report else "sync failed", done.error)
        for pushed in visma().push_due():
            sent = sum(each.transfer is not None for each in pushed.pushed)
            self._tell(pushed.tenant, f"{sent} of {len(pushed.pushed)} orders sent", pushed.error)
            for each in pushed.recovered:
                free_if_over(pushed.tenant, each.entry)
        for read in visma().read_back_due():
            self._tell(read.tenant, f"{len(read.read)} orders read back", read.error)

    def _tell(self, tenant: str, what: str, error: Exception | None) -> None:
        self.stdout.write(f"{tenant}: {what}" + (f" ({type(error).__name__})" if error else ""))
