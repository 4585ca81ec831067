"""What a plan was made from: kept with it, so that it can account for every record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import final

from attrs import field, frozen

from visma_busy_sync.sync._decisions import Decision
from visma_busy_sync.sync._mapping import Read, Upstream
from visma_busy_sync.sync._records import Kind, Record
from visma_busy_sync.sync._settings import SyncSettings


@final
@frozen(kw_only=True)
class Seen:
    """What both sides had when a plan was made, and the choices that it was made with.

    Attributes:
        upstream: What was read in eAccounting, by kind.
        records: What the host had, by kind.
        settings: The tenant's choices.
        decisions: What a person decided.
    """

    upstream: Mapping[Kind, Read] = field(repr=False)
    records: Mapping[Kind, Sequence[Record]] = field(repr=False)
    settings: SyncSettings
    decisions: Sequence[Decision] = ()

    def decision(self, kind: Kind, busy_id: str | None) -> Decision | None:
        """Return what a person decided about a record; None if nothing."""
        found = (each for each in self.decisions if (each.kind, each.busy_id) == (kind, busy_id))
        return next(found, None)

    def imports(self, kind: Kind) -> bool:
        """Whether records of a kind were compared: the settings import it, and it was read."""
        return kind in self.settings.kinds and kind in self.upstream

    @cached_property
    def rows(self) -> Mapping[Kind, Mapping[str, Upstream]]:
        """EAccounting's records by id; the last one of an id counts."""
        return {kind: {row.id: row for row in read.rows} for kind, read in self.upstream.items()}

    @cached_property
    def held(self) -> Mapping[Kind, Mapping[str, Record]]:
        """Busy's records by id."""
        return {kind: {record.id: record for record in records} for kind, records in self.records.items()}
