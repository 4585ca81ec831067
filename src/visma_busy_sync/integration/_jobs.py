"""What is due as jobs that a queue can carry: one for each tenant and lane, with the tenant as serial key.

No rule is here. `sync_due`, `push_due` and `read_back_due` go through the same tenants by the same functions.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from typing import final

from attrs import field, frozen

from visma_busy_sync.integration._arguments import require, require_id
from visma_busy_sync.integration._due import DueSync, due_moment, sync_one_due, syncs_due
from visma_busy_sync.integration._orders_due import (
    PUSH,
    READ_BACK,
    DuePush,
    DueReadBack,
    one_due,
    orders_due,
)
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.sync._members import member_of


class JobLane(enum.StrEnum):
    """What a job does for its tenant, the most urgent first."""

    PUSH = "push"
    """Send the orders that are due, after finding out what became of earlier ones."""

    SYNC = "sync"
    """Bring Busy up to date with eAccounting."""

    READ_BACK = "read_back"
    """Read transferred orders again."""


def _lane(value: str) -> JobLane:
    return member_of(JobLane, "lane", value)


@final
@frozen
class Job:
    """Something that is due for a tenant. `str(job)` is a key for a queue, such as `push:acme`.

    Attributes:
        tenant: The tenant.
        lane: What is to be done; a text such as `"push"` will do, so that a job can be made again of the two
            texts that went through a queue.

    Raises:
        ConfigurationError: If the tenant is no text or blank, or there is no such lane.
    """

    tenant: str
    lane: JobLane = field(converter=_lane)

    def __attrs_post_init__(self) -> None:
        require_id("the tenant's id", self.tenant)

    def __str__(self) -> str:
        return f"{self.lane}:{self.tenant}"


async def jobs_due(site: Site, now: datetime | None = None) -> Sequence[Job]:
    """Return what is due for all tenants; eAccounting is not asked, and nothing is changed."""
    moment = due_moment(site, now, None)
    orders = await orders_due(site, moment)
    syncs = await syncs_due(site, moment)
    return [
        *(Job(tenant, JobLane.PUSH) for tenant in orders.push),
        *(Job(tenant, JobLane.SYNC) for tenant in (*syncs.tenants, *syncs.unreadable)),
        *(Job(tenant, JobLane.READ_BACK) for tenant in orders.read_back),
    ]


@telling
async def run_job(
    site: Site, job: Job, now: datetime | None = None
) -> DuePush | DueSync | DueReadBack | None:
    """Do a job if it is still due, and no other worker is at it; else return None."""
    require("job", job, Job, advice="Pass one of jobs_due(), or Job(tenant, lane).")
    moment = due_moment(site, now, None)
    match job.lane:
        case JobLane.PUSH:
            return await one_due(PUSH, site, job.tenant, moment)
        case JobLane.SYNC:
            return await sync_one_due(site, job.tenant, moment)
        case JobLane.READ_BACK:
            return await one_due(READ_BACK, site, job.tenant, moment)
