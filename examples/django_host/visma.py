"""The library, once in each process and made when it is first asked for, so after a server has forked."""

from __future__ import annotations

import functools

from attrs import evolve
from django.conf import settings

from django_host.catalogue import DjangoCatalogue
from django_host.state_store import DjangoStateStore
from django_host.work_log import DjangoWorkLog
from visma_busy_sync import BusySync, Choices, Endpoints


def endpoints() -> Endpoints:
    """Return Visma's addresses, or those of a sandbox that the settings name."""
    return evolve(Endpoints(), **settings.VISMA_ENDPOINTS)


@functools.cache
def visma() -> BusySync:
    """Return the integration over Django's tables."""
    return BusySync(
        catalogue=DjangoCatalogue(),
        work=DjangoWorkLog(),
        state=DjangoStateStore(),
        client_id=settings.VISMA["client_id"],
        client_secret=settings.VISMA["client_secret"],
        redirect_uri=f"{settings.ADDRESS}/integrations/visma/callback",
        endpoints=endpoints(),
        encryption_keys=settings.ENCRYPTION_KEYS,
        # A person sees first what the first import archives.
        choices=Choices(first_sync_waits=True),
    )
