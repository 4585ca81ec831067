"""`python -m django visma_due`: fetch, send and read back whatever is due. Call it every minute.

Any number of these may run at once: a workspace is synced by one of them, and an order is sent once.
"""

from __future__ import annotations

from django.core.management import BaseCommand

from django_host.models import Workspace
from django_host.ordering import free_what_is_over
from django_host.visma import visma


class Command(BaseCommand):
    """The command."""

    help = "Sync, send orders and read them back, for all workspaces that are due."

    def handle(self, **_: object) -> None:
        """Do it, and tell counts and names of errors: nothing that is a workspace's own."""
        for synced in visma().sync_due():
            self._tell(synced.tenant, "synced" if synced.report else "not synced", synced.error)
        for pushed in visma().push_due():
            sent = sum(each.transfer is not None for each in pushed.pushed)
            self._tell(pushed.tenant, f"{sent} of {len(pushed.pushed)} orders sent", pushed.error)
        for read in visma().read_back_due():
            self._tell(read.tenant, f"{len(read.read)} orders read back", read.error)
        for id in Workspace.objects.values_list("id", flat=True):
            free_what_is_over(visma().tenant(id))

    def _tell(self, tenant: str, what: str, error: Exception | None) -> None:
        self.stdout.write(f"{tenant}: {what}" + (f" ({type(error).__name__})" if error else ""))
