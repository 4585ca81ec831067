"""The work behind an order, as Busy has it now."""

from __future__ import annotations

from visma_busy_sync.busy import Period, Work
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import ProjectUnknown


async def work_on(site: Site, tenant: str, project: str, period: Period) -> Work:
    """Read the work on a project in a period.

    Raises:
        ProjectUnknown: If the host says that there is no such project.
    """
    try:
        return await site.work.work(tenant, project, period)
    except (KeyError, IndexError):
        raise  # of a mistake in the host: a project that is there must not be called unknown for it
    except LookupError as error:
        raise ProjectUnknown(project) from error
