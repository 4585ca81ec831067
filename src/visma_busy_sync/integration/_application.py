"""The carrying out of a plan, and what it left for the next time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from attrs import define, evolve, field

from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._situation import Situation
from visma_busy_sync.integration._sync_report import Parked
from visma_busy_sync.state import ListNotes
from visma_busy_sync.sync import (
    Action,
    Applied,
    Change,
    ConflictCode,
    Kind,
    Moved,
    Outcome,
    Plan,
    PlannedChange,
    Reason,
    Refused,
    WarningCode,
    linked_ids,
    resolve,
    settle,
)
from visma_busy_sync.sync._texts import WAS_MOVED

_UNDECIDED: Final = frozenset(
    {
        ConflictCode.AMBIGUOUS,
        ConflictCode.LINK_UNREADABLE,
        ConflictCode.LINKED_TWICE,
        ConflictCode.ORGANISATION_DIFFERS,
        WarningCode.CUSTOMER_UNKNOWN,
    }
)
"""What may be settled on Busy's side, so that eAccounting's record does not change when it is."""

_MISSING: Final = frozenset({Reason.MISSING, Reason.MISSING_AT_CONNECTION})


@define
class Application:
    """The carrying out of a plan, batch by batch.

    Attributes:
        site: What it works with.
        tenant: Whose sync it is.
        situation: What is carried out.
        made: How many changes were made, by kind and action.
        moved: Changes left out because the record changed meanwhile.
        refused: Changes that the host cannot hold.
    """

    site: Site
    tenant: str
    situation: Situation
    made: Counter[tuple[Kind, Action]] = field(factory=Counter[tuple[Kind, Action]])
    moved: list[Parked] = field(factory=list[Parked])
    refused: list[Parked] = field(factory=list[Parked])
    _customers: dict[str, str] = field(init=False)
    _done: dict[int, PlannedChange] = field(factory=dict[int, PlannedChange])
    _without_customer: list[PlannedChange] = field(factory=list[PlannedChange])

    def __attrs_post_init__(self) -> None:
        company = self.situation.connection.company_id
        # Whom each customer of eAccounting is linked to; those whose link is to change only when it has.
        customers = [each for each in self.situation.plan.changes if each.kind is Kind.CUSTOMER]
        coming = {each.eaccounting_id for each in customers if each.action is Action.CREATE}
        becomes = {each.busy_id: each.eaccounting_id for each in customers}
        linked = linked_ids(company, self.situation.records[Kind.CUSTOMER])
        self._customers = {
            id: busy_id
            for id, busy_id in linked.items()
            if id not in coming and becomes.get(busy_id, id) == id
        }

    async def apply(self, kind: Kind, planned: Sequence[PlannedChange]) -> None:
        """Have the host make changes of one kind, and note what it stored."""
        complete = [resolve(each, self._customers) for each in planned]
        changes = [each.change for each in complete]
        self._without_customer += [each for each in planned if self._lacks_customer(each)]
        outcomes = await self._applied(changes)
        follow_ups: list[Change] = []
        for each, made, change, outcome in zip(planned, complete, changes, outcomes, strict=True):
            match outcome:
                case Applied():
                    self.made[kind, each.action] += 1
                    self._done[id(each)] = evolve(made, busy_id=outcome.id)
                    if kind is Kind.CUSTOMER and each.eaccounting_id is not None:
                        self._customers[each.eaccounting_id] = outcome.id
                    follow_up = settle(self.situation.connection.company_id, change, outcome)
                    follow_ups += [follow_up] if follow_up else []
                case Moved():
                    self.moved.append(Parked(each, WAS_MOVED.en))
                case Refused(reason):
                    self.refused.append(Parked(each, reason, refused=True))
        if follow_ups:
            # A follow-up only corrects the notes. If it does not take, what was stored counts as a person's:
            # it stands, and what eAccounting changes there is told as a divergence.
            await self._applied(follow_ups)

    def carried_out(self) -> Plan:
        """Return the plan as it was carried out: with Busy's ids of what was created, and their customers."""
        plan = self.situation.plan
        changes = tuple(self._done.get(id(each), each) for each in plan.changes)
        return evolve(plan, changes=changes, carried_out=True)

    @property
    def applied(self) -> Mapping[Action, int]:
        """How many changes were made, by action."""
        counts: dict[Action, int] = {}
        for (_, action), count in self.made.items():
            counts[action] = counts.get(action, 0) + count
        return counts

    def _lacks_customer(self, planned: PlannedChange) -> bool:
        """Whether a project's customer was to come with this sync, and did not."""
        return planned.pending is not None and planned.pending.eaccounting_id not in self._customers

    async def _applied(self, changes: Sequence[Change]) -> Sequence[Outcome]:
        return await self.site.catalogue.apply(self.tenant, changes)

    def still_to_archive(self) -> frozenset[str] | None:
        """Return the projects whose archiving was put off; None if there was no sure reading (D12).

        Archiving what eAccounting lacks happens once. Only what was planned then and did not take, or waits
        for a person's permission, is left for the next time, not what a person decides later (D13).
        """
        projects = self.situation.read.get(Kind.PROJECT)
        if projects is None or not projects.sure or not projects.whole or not projects.rows:
            return None
        left = [*(p.planned for p in (*self.moved, *self.refused)), *self.situation.plan.archiving.withheld]
        return frozenset(p.busy_id for p in left if p.reason is Reason.MISSING_AT_CONNECTION and p.busy_id)

    def undecided(self) -> list[tuple[Kind, str | None]]:
        """Return kind and Busy's id of the records about which a decision could not be carried out."""
        warnings = self.situation.plan.warnings
        return [
            *((each.planned.kind, each.planned.busy_id) for each in (*self.moved, *self.refused)),
            *((each.kind, each.busy_id) for each in warnings if each.code is WarningCode.DECISION_VOID),
        ]

    def notes(self) -> dict[str, ListNotes]:
        """Return what is known of the lists for the next reading, with what waits to be tried again.

        Where records that are missing could not be archived yet, only a whole reading shows them again.
        """
        parked = [parked.planned for parked in (*self.moved, *self.refused)]
        plan = self.situation.plan
        waits = [
            *((planned.kind, planned.eaccounting_id) for planned in (*parked, *self._without_customer)),
            *((found.kind, found.eaccounting_id) for found in plan.conflicts if found.code in _UNDECIDED),
            *((found.kind, found.eaccounting_id) for found in plan.warnings if found.code in _UNDECIDED),
        ]
        missing = {each.kind for each in (*parked, *plan.archiving.withheld) if each.reason in _MISSING}
        return {
            str(kind): evolve(
                notes,
                open=sorted({id for of, id in waits if of is kind and id is not None}),
                whole_at=None if kind in missing else notes.whole_at,
            )
            for kind, notes in self.situation.notes.items()
        }
