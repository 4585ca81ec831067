"""`python -m django visma_due`: fetch, send and read back whatever is due. Call it every minute.

Any number of these may run at once: a workspace is synced by one of them, and an order is sent once.
"""

from __future__ import annotations

from django.core.management import BaseCommand

from django_host.models import Workspace
from django_host.ordering import free_if_over
from django_host.visma import visma
from visma_busy_sync import Tenant, VismaBusySyncError


class Command(BaseCommand):
    """The command."""

    help = "Sync, send orders and read them back, for all workspaces that are due."

    def handle(self, **_: object) -> None:
        """Do it, and tell counts and names of errors: nothing that is a workspace's own."""
        tenants = [visma().tenant(id) for id in Workspace.objects.values_list("id", flat=True)]
        for tenant in tenants:
            self._sync(tenant)
        for pushed in visma().push_due():
            sent = sum(each.transfer is not None for each in pushed.pushed)
            self._tell(pushed.tenant, f"{sent} of {len(pushed.pushed)} orders sent", pushed.error)
        for read in visma().read_back_due():
            self._tell(read.tenant, f"{len(read.read)} orders read back", read.error)
        for tenant in tenants:
            for entry in tenant.orders():
                free_if_over(tenant.id, entry)

    def _sync(self, tenant: Tenant) -> None:
        """Sync a workspace that is due.

        `visma().sync_due()` does that for all in one call. It makes the first import too, which here waits
        for a person who has seen what will be archived; so each workspace is asked.
        """
        try:
            status = tenant.status()
            if status.last_read is not None and status.next_due is not None and status.next_due <= status.now:
                tenant.sync()
                self._tell(tenant.id, "synced", None)
        except VismaBusySyncError as error:
            self._tell(tenant.id, "not synced", error)

    def _tell(self, tenant: str, what: str, error: Exception | None) -> None:
        self.stdout.write(f"{tenant}: {what}" + (f" ({type(error).__name__})" if error else ""))
