"""One page of a list. Source: `CommonPaginationMetadata`."""

from __future__ import annotations

from datetime import datetime

from attrs import field

from visma_busy_sync.eaccounting.models._base import (
    UNSET,
    JsonObject,
    Model,
    Unset,
    model,
    no_members,
)


@model
class PageMeta(Model):
    """What the server says about a page. Any of it may be missing or untrue; paging relies on none of it."""

    current_page: int | Unset = UNSET
    page_size: int | Unset = UNSET
    total_number_of_pages: int | Unset = UNSET
    total_number_of_results: int | Unset = UNSET
    server_time_utc: datetime | Unset = UNSET
    extra: JsonObject = field(factory=no_members)
