"""Projects. Source: the vendor's OpenAPI description, `ProjectApi`."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    CustomerId,
    JsonObject,
    Model,
    OpenIntEnum,
    ProjectId,
    Unset,
    model,
    no_members,
)


class ProjectStatus(OpenIntEnum):
    """Whether a project may still be used."""

    ONGOING = 1
    FINISHED = 2


@model
class Project(Model):
    """A project. `number` is text of at most 9 characters and keeps its leading zeros."""

    id: ProjectId
    number: str
    name: str
    status: ProjectStatus
    start_date: date | Unset | None = UNSET
    end_date: date | Unset | None = UNSET
    customer_id: CustomerId | Unset | None = UNSET
    customer_name: str | Unset | None = UNSET
    notes: str | Unset | None = UNSET
    modified_utc: datetime | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
    """Members that are unknown or not as described, as they came; sent back with a PUT."""

    relied_on: ClassVar[frozenset[str] | None] = frozenset(
        {
            "start_date",
            "end_date",
            "customer_id",
            "notes",
            "modified_utc",
        }
    )
