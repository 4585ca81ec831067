"""Reads that fail, and hosts that refuse, change or break what they are asked (over a sandbox)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import pytest

from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    EAccountingError,
    NotSent,
    ServerFault,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.http import NotSentError, Request
from visma_busy_sync.integration import ConnectionState, PortContractBroken, SyncReport, WrongCompany
from visma_busy_sync.stores import MemoryCatalogue
from visma_busy_sync.sync import Action, Applied, Change, Kind, Moved, Outcome, Refused

from .given import ONGOING, archived, first, idle, linked, own_projects, synced
from .office import ACME, Office


def requests_of_a_sync(office: Office) -> int:
    # The settings, and for each of three kinds whether there are any that are not in use, a page, the empty
    # one after it, and the page again.
    return 13


def test_a_sync_has_as_many_requests_as_the_tests_below_break(office: Office) -> None:
    acme = office.connected()
    office.control("DELETE", "/journal")
    acme.sync()
    assert len(office.journal()) == requests_of_a_sync(office)


BROKEN: dict[str, tuple[dict[str, Any], type[EAccountingError]]] = {
    "html": ({"kind": "status", "status": 200, "body": "html"}, UnreadableAnswer),
    "html-502": ({"kind": "status", "status": 502, "body": "html"}, UnreadableAnswer),
    "500": ({"kind": "status", "status": 500}, ServerFault),
    "truncated": ({"kind": "truncate"}, AnswerLost),
    "reset": ({"kind": "drop_after"}, AnswerLost),
    "garbage": ({"kind": "garbage"}, UnreadableAnswer),
    "empty": ({"kind": "status", "status": 200, "body": "empty"}, UnreadableAnswer),
}


@pytest.mark.parametrize(("fault", "error"), BROKEN.values(), ids=BROKEN)
def test_a_failed_read_changes_nothing_but_when_was_last_tried(
    office: Office, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    """At each of the requests of a sync."""
    own_projects(office)
    acme = office.connected()
    before = office.imported()
    for place in range(requests_of_a_sync(office)):
        for call in (acme.sync, acme.plan) if place == 0 else (acme.sync,):
            office.fault("GET", "*", skip=place, **fault)
            with pytest.raises(error) as raised:
                call()
            assert raised.value.advice or isinstance(raised.value, ServerFault)
            assert office.imported() == before
            assert office.control("GET", "/faults")["faults"] == []
    acme.sync()
    assert office.imported() != before


def test_an_unreachable_server_changes_nothing_but_when_was_last_tried(office: Office) -> None:
    acme = office.connected()
    before = office.imported()
    for place in range(requests_of_a_sync(office)):
        office.shell.wire.before = failing_at(place)
        with pytest.raises(NotSent) as raised:
            acme.sync()
        assert "try again" in raised.value.advice
        assert office.imported() == before


def failing_at(place: int) -> Callable[[Request], None]:
    seen: list[Request] = []

    def before(request: Request) -> None:
        seen.append(request)
        if len(seen) == place + 1:
            raise NotSentError("ConnectError")

    return before


def test_a_passing_fault_is_repeated(office: Office) -> None:
    acme = office.connected(max_retries=3)
    office.fault("GET", "/projects", "drop_after")
    office.fault("GET", "/customers", "status", status=429, message="try again in 0 seconds")
    acme.sync()
    assert len(office.records()) == len(office.upstream(Kind.PROJECT))


def test_a_connection_whose_company_changed_is_not_synced(office: Office) -> None:
    acme = office.connected()
    before = office.imported()
    office.control("PATCH", "/records/companysettings", {"CompanyIdentifier": "other", "Name": "Other AS"})
    office.control("PATCH", "/records/companysettings", {"CorporateIdentityNumber": None})
    for call in (acme.plan, acme.sync):
        with pytest.raises(WrongCompany):
            call()
    assert office.imported() == before
    assert acme.status().state is ConnectionState.CONNECTED


# The host's side


def documents(office: Office) -> object:
    """Our documents, without when was last tried."""
    return cast("tuple[object, object]", office.imported())[1]


class Cranky:
    """A catalogue that spoils what it answers; the changes are made."""

    def __init__(self, busy: MemoryCatalogue, spoil: Callable[[list[Any]], Any]) -> None:
        self.load = busy.load
        self._busy = busy
        self._spoil = spoil

    def apply(self, tenant: str, changes: Sequence[Change]) -> Any:
        return self._spoil(list(self._busy.apply(tenant, changes)))


class AsyncCranky:
    def __init__(self, cranky: Cranky) -> None:
        self._cranky = cranky

    async def load(self, tenant: str, kind: Kind) -> Any:
        return self._cranky.load(tenant, kind)

    async def apply(self, tenant: str, changes: Sequence[Change]) -> Any:
        return self._cranky.apply(tenant, changes)


def cranky(office: Office, spoil: Callable[[list[Any]], Any]) -> Any:
    broken = Cranky(office.busy, spoil)
    return broken if office.shell.run is None else AsyncCranky(broken)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda outcomes: outcomes[:-1], r"64 changes have 63 outcomes"),
        (lambda outcomes: [*outcomes, Moved()], r"64 changes have 65 outcomes"),
        (lambda outcomes: [None] * len(outcomes), r"\[0\] is None, expected: Applied, Moved or Refused"),
        (lambda outcomes: None, "its answer is None, expected: a sequence"),
        (lambda outcomes: [Applied("", o.values) for o in outcomes], r"\[0\]\.id is a blank str"),
    ],
    ids=["too-few", "too-many", "no-outcomes", "nothing", "no-id"],
)
def test_a_catalogue_that_breaks_its_contract_is_told_and_nothing_is_noted(
    office: Office, spoil: Callable[[list[Any]], Any], told: str
) -> None:
    own = own_projects(office)
    acme = office.connected(catalogue=cranky(office, spoil))
    before = documents(office)
    with pytest.raises(PortContractBroken, match=told) as raised:
        acme.sync()
    assert raised.value.port == "Catalogue.apply"
    assert raised.value.advice
    assert documents(office) == before
    assert acme.status().last_fetched is None
    # What the host made is linked, so nothing comes twice once the host is mended.
    office.connected().sync()
    assert len(office.records(Kind.CUSTOMER)) == len(office.upstream(Kind.CUSTOMER))
    assert archived(office, own) == [True, True]


def test_an_edit_between_reading_and_writing_is_not_overwritten(office: Office) -> None:
    acme = synced(office)
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed")
    catalogue = office.busy

    class Late(Cranky):
        def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            catalogue.edit(ACME, Kind.PROJECT, id, name="Edited at that moment")
            return catalogue.apply(tenant, changes)

    late = Late(office.busy, list)
    disturbed = office.connected(catalogue=late if office.shell.run is None else AsyncCranky(late))
    report = disturbed.sync()
    assert str(report) == "applied: nothing, 1 moved meanwhile"
    assert report.text("nb") == "utført: ingenting, 1 endret i mellomtiden"
    (parked,) = report.moved
    assert parked.planned.busy_id == id
    number = row["Number"]
    assert parked.text("en") == f"update project {number} Renamed: the record changed in Busy meanwhile"
    assert parked.text("nb") == f"oppdateres: prosjekt {number} Renamed: endret i Busy i mellomtiden"
    assert office.records()[id]["name"] == "Edited at that moment"
    office.log_in(acme)
    acme.sync()
    assert idle(acme.sync())
    assert office.records()[id]["name"] == "Edited at that moment"


def test_what_the_host_refuses_is_parked_and_the_rest_goes_on(office: Office) -> None:
    office.busy = MemoryCatalogue(longest_name=30)
    acme = office.connected()
    report = acme.sync()
    too_long = [
        (kind, row["Name"]) for kind in Kind for row in office.upstream(kind) if len(row["Name"]) > 30
    ]
    assert sorted((p.planned.kind, p.reason) for p in report.refused) == sorted(
        (kind, "the name has more than 30 characters") for kind, _ in too_long
    )
    assert f"{len(too_long)} refused by Busy" in str(report)
    created = report.applied[Action.CREATE]
    assert report.text("nb") == f"utført: {created} opprettet, {len(too_long)} avvist av Busy"
    for parked in report.refused:
        name = parked.planned.label
        assert parked.text("en").endswith(f"{name}: refused by Busy: the name has more than 30 characters")
        assert parked.text("nb").endswith(f"{name}: avvist av Busy: the name has more than 30 characters")
    assert sum(len(office.records(kind)) for kind in Kind) == report.applied[Action.CREATE]
    for kind, name in too_long:
        row = first(office, kind, Name=name)
        office.edit_upstream(kind, row["Id"], Name=name[:30])
    acme.sync()
    assert acme.plan().is_empty


def test_a_host_that_cuts_a_text_sees_no_change_come_back(office: Office) -> None:
    """What the host stored is noted; the next sync has nothing to do."""

    class Cutting(Cranky):
        def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            outcomes: list[Outcome] = []
            for change, outcome in zip(changes, office.busy.apply(tenant, changes), strict=True):
                name = change.values.get("name")
                if isinstance(outcome, Applied) and isinstance(name, str):
                    office.busy.edit(tenant, change.kind, outcome.id, name=name[:10])
                    record = office.busy.get(tenant, change.kind, outcome.id)
                    outcome = Applied(outcome.id, record.values)  # noqa: PLW2901 - what the host stored
                outcomes.append(outcome)
            return outcomes

    cutting = Cutting(office.busy, list)
    acme = office.connected(catalogue=cutting if office.shell.run is None else AsyncCranky(cutting))
    acme.sync()
    assert all(len(str(values["name"])) <= 10 for values in office.records().values())
    assert idle(acme.sync())
    # The cut text is not taken for a person's edit: a later change in eAccounting comes through.
    row = first(office, Kind.PROJECT, Status=ONGOING)
    id = linked(office, Kind.PROJECT, row)
    office.edit_upstream(Kind.PROJECT, row["Id"], Name="Renamed, and longer than ten")
    assert not acme.plan().conflicts
    assert str(acme.sync()) == "applied: 1 updated"
    assert office.records()[id]["name"] == "Renamed, a"


def test_a_report_tells_in_one_line_what_was_done(office: Office) -> None:
    own_projects(office)
    report = office.connected().sync()
    count = sum(len(office.upstream(kind)) for kind in Kind)
    assert str(report) == f"applied: {count} created, 2 archived"
    assert isinstance(report, SyncReport)
    assert "Own" not in repr(report)


def test_archiving_that_the_host_refused_is_tried_again(office: Office) -> None:
    """Archiving what eAccounting lacks happens once, but it counts as done only when all of it was done."""
    own = own_projects(office)
    refusing = [True]

    class Refusing(Cranky):
        def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            outcomes: list[Outcome] = []
            for change in changes:
                if refusing[0] and change.id == own[0]:
                    outcomes.append(Refused("an invoice is open"))
                else:
                    outcomes += office.busy.apply(tenant, [change])
            return outcomes

    host = Refusing(office.busy, list)
    acme = office.connected(catalogue=host if office.shell.run is None else AsyncCranky(host))
    report = acme.sync()
    assert [parked.reason for parked in report.refused] == ["an invoice is open"]
    assert archived(office, own) == [False, True]
    refusing[0] = False
    assert str(acme.sync()) == "applied: 1 archived"
    assert archived(office, own) == [True, True]
    # Now it is done: what comes later in Busy is left alone.
    later = [office.busy.add(ACME, Kind.PROJECT, name="Made in Busy")]
    assert idle(acme.sync())
    assert archived(office, later) == [False]


@pytest.mark.parametrize("place", [0, 1, 2], ids=["customers", "products", "projects"])
def test_a_catalogue_that_fails_midway_is_taken_up_again(office: Office, place: int) -> None:
    """The host's own error comes through; what was made stays, nothing was noted, the next sync goes on."""
    calls: list[int] = []

    class Failing(Cranky):
        def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
            calls.append(len(changes))
            half = office.busy.apply(tenant, changes[: len(changes) // 2])
            if len(calls) == place + 1:
                raise OSError("the database is gone")
            return [*half, *office.busy.apply(tenant, changes[len(changes) // 2 :])]

    own = own_projects(office)
    host = Failing(office.busy, list)
    acme = office.connected(catalogue=host if office.shell.run is None else AsyncCranky(host))
    before = documents(office)
    with pytest.raises(OSError, match="database is gone"):
        acme.sync()
    assert documents(office) == before
    acme.sync()
    for kind in (Kind.CUSTOMER, Kind.PRODUCT):
        assert len(office.records(kind)) == len(office.upstream(kind))
    assert len(office.records()) == len(office.upstream(Kind.PROJECT)) + len(own)
    assert archived(office, own) == [True, True]
    assert idle(acme.sync())


def test_a_catalogue_that_cannot_be_read_changes_nothing(office: Office) -> None:
    class Unreadable(Cranky):
        def __init__(self) -> None:
            super().__init__(office.busy, list)
            self.load = self._fail

        def _fail(self, tenant: str, kind: Kind) -> Any:
            raise OSError("the database is gone")

    office.connected()
    host: Any = Unreadable()
    broken = office.tenant(catalogue=host if office.shell.run is None else AsyncCranky(host))
    office.log_in(broken)
    before = office.imported()
    for call in (broken.plan, broken.sync):
        with pytest.raises(OSError, match="database is gone"):
            call()
    assert office.imported() == before
