"""A small host that keeps records and applies changes atomically, as the port demands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from attrs import evolve

from visma_busy_sync.sync import (
    FIELDS,
    Applied,
    Change,
    Gone,
    Kind,
    Link,
    Moved,
    Noted,
    Outcome,
    Plan,
    PlannedChange,
    Read,
    Record,
    Refused,
    SyncSettings,
    Upstream,
    Value,
    linked_ids,
    make_plan,
    noted_in,
    resolve,
    settle,
)

COMPANY = "0c0c0c0c-0000-0000-0000-000000000001"
OTHER_COMPANY = "0c0c0c0c-0000-0000-0000-000000000002"
ON = SyncSettings(project_sync=True)
TODAY = date(2026, 11, 25)


def project(id: str, number: str | None = "1", name: str = "Hus", **values: Value) -> Upstream:
    return _upstream(Kind.PROJECT, id, number, name, values)


def customer(id: str, number: str | None = "1", name: str = "Acme", **values: Value) -> Upstream:
    return _upstream(Kind.CUSTOMER, id, number, name, values)


def product(id: str, number: str | None = "1", name: str = "Time", **values: Value) -> Upstream:
    return _upstream(Kind.PRODUCT, id, number, name, values)


def _upstream(kind: Kind, id: str, number: str | None, name: str, values: Mapping[str, Value]) -> Upstream:
    assert values.keys() <= set(FIELDS[kind])
    return Upstream(kind, id, {**_empty(kind), "number": number, "name": name, **values})


def _empty(kind: Kind) -> dict[str, Value]:
    return {name: False if name == "archived" else None for name in FIELDS[kind]}


class Host:
    """Busy's records. `lacks` names fields that this host does not have, `cut` cuts its texts.

    It refuses a number in `refuses`, as a host does whose numbers are unique.
    """

    def __init__(
        self,
        *,
        lacks: Mapping[Kind, Iterable[str]] | None = None,
        cut: int | None = None,
        refuses: Iterable[str] = (),
    ) -> None:
        self._lacks = {kind: set((lacks or {}).get(kind, ())) for kind in Kind}
        self.cuts = cut is not None
        self._cut = cut
        self._refuses = set(refuses)
        self._records: dict[str, Record] = {}
        self.applied: list[Change] = []

    def add(self, kind: Kind, link: Link | None = None, /, **values: Value) -> str:
        """A person makes a record."""
        id = f"{len(self._records) + 1:04}"
        self._records[id] = Record(kind, id, self._held(kind, {**_empty(kind), **values}), link)
        return id

    def edit(self, id: str, **values: Value) -> None:
        """A person changes a record."""
        record = self[id]
        held = self._held(record.kind, {**record.values, **values})
        self._records[id] = Record(record.kind, id, held, record.link)

    def relink(self, id: str, link: Link | None) -> None:
        """Something changes a link behind the engine's back."""
        record = self[id]
        self._records[id] = Record(record.kind, id, record.values, link)

    def __getitem__(self, id: str) -> Record:
        return self._records[id]

    def all(self, kind: Kind) -> list[Record]:
        return [record for record in self._records.values() if record.kind is kind]

    @property
    def records(self) -> dict[Kind, list[Record]]:
        return {kind: self.all(kind) for kind in Kind}

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(self._records)

    def one(self, kind: Kind = Kind.PROJECT) -> Record:
        (record,) = self.all(kind)
        return record

    def linked(self, eaccounting_id: str, company: str = COMPANY) -> Record:
        """The record that is linked to `eaccounting_id`."""
        (found,) = [
            record for record in self._records.values() if self.link_of(record, company) == eaccounting_id
        ]
        return found

    @staticmethod
    def link_of(record: Record, company: str = COMPANY) -> str | None:
        noted = noted_in(record.link, company, kind=record.kind, id=record.id)
        return None if noted is None else noted.eaccounting_id

    def noted(self, id: str, company: str = COMPANY) -> Noted:
        noted = noted_in(self[id].link, company, kind=self[id].kind, id=id)
        assert noted is not None
        return noted

    def apply(self, change: Change) -> Outcome:
        assert change.values.keys() <= set(FIELDS[change.kind])
        assert change.id is None or change.expected.keys() == change.values.keys()
        if change.values.get("number") in self._refuses:
            return Refused("The number is taken.")
        if change.id is None:
            assert not change.expected
            id = self.add(change.kind, change.link, **change.values)
            self.applied.append(change)
            return Applied(id, self[id].values)
        record = self._records.get(change.id)
        if record is None or record.link != change.expected_link:
            return Moved()
        if any(record.values[name] != value for name, value in change.expected.items()):
            return Moved()
        values = self._held(change.kind, {**record.values, **change.values})
        self._records[change.id] = Record(change.kind, change.id, values, change.link)
        self.applied.append(change)
        return Applied(change.id, values)

    def _held(self, kind: Kind, values: Mapping[str, Value]) -> dict[str, Value]:
        return {
            name: value[: self._cut] if isinstance(value, str) and name != "customer" else value
            for name, value in values.items()
            if name not in self._lacks[kind]
        }


def reads(rows: Iterable[Upstream], *, sure: bool = True) -> dict[Kind, Read]:
    rows = list(rows)
    return {kind: Read([row for row in rows if row.kind is kind], sure) for kind in Kind}


def plan_for(
    host: Host,
    rows: Iterable[Upstream],
    *,
    settings: SyncSettings = ON,
    sure: bool = True,
    candidates: frozenset[str] = frozenset(),
    company: str = COMPANY,
    gone: Gone | None = None,
    allowed: str | None = None,
) -> Plan:
    return make_plan(
        company,
        reads(rows, sure=sure),
        host.records,
        settings=settings,
        archive_candidates=candidates,
        gone=gone,
        allowed=allowed,
    )


def asked(
    host: Host,
    rows: Iterable[Upstream],
    *,
    settings: SyncSettings = ON,
    hidden: Iterable[Upstream] = (),
    candidates: frozenset[str] = frozenset(),
    allowed: str | None = None,
    on: date = TODAY,
) -> Plan:
    """Plan as a sync does: what the list lacks is asked for by id. `hidden` is there, but not listed."""
    rows, there = list(rows), {row.id: row for row in hidden}
    plan = plan_for(host, rows, settings=settings, candidates=candidates, allowed=allowed)
    if not plan.unconfirmed:
        return plan
    gone: dict[Kind, frozenset[str]] = {kind: frozenset() for kind in Kind}
    for kind, id in plan.unconfirmed:
        if id in there:
            rows.append(there[id])
        else:
            gone[kind] |= {id}
    return plan_for(
        host, rows, settings=settings, candidates=candidates, gone=Gone(on, gone), allowed=allowed
    )


def asked_and_applied(host: Host, rows: Iterable[Upstream], **given: Any) -> Plan:
    """Plan with `asked`, apply everything, see that nothing is left to do, and return the plan."""
    rows = list(rows)
    plan = asked(host, rows, **given)
    apply(host, plan)
    assert asked(host, rows, **given).is_empty
    return plan


def sync(
    host: Host,
    rows: Iterable[Upstream],
    *,
    settings: SyncSettings = ON,
    sure: bool = True,
    candidates: frozenset[str] = frozenset(),
    company: str = COMPANY,
) -> Plan:
    """Plan and apply everything; return the plan."""
    plan = plan_for(host, rows, settings=settings, sure=sure, candidates=candidates, company=company)
    apply(host, plan)
    return plan


def apply(host: Host, plan: Plan) -> Plan:
    """Apply a plan as a sync does, and return it as it was carried out."""
    done: list[PlannedChange] = []
    for planned in plan.changes:
        customers = linked_ids(plan.company, host.all(Kind.CUSTOMER))
        complete = resolve(planned, customers)
        change = complete.change
        outcome = host.apply(change)
        if isinstance(outcome, Applied):
            _settle(host, plan, change, outcome)
            done.append(evolve(complete, busy_id=outcome.id))
        else:
            done.append(planned)
    return evolve(plan, changes=tuple(done), carried_out=True)


def _settle(host: Host, plan: Plan, change: Change, outcome: Applied) -> None:
    follow_up = settle(plan.company, change, outcome)
    if follow_up is not None:
        assert isinstance(host.apply(follow_up), Applied)


def codes(plan: Plan) -> list[str]:
    """The codes of all conflicts and warnings."""
    return [*(each.code for each in plan.conflicts), *(each.code for each in plan.warnings)]


def actions(plan: Plan) -> list[str]:
    return [each.action for each in plan.changes]
