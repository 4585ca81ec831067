"""The values of the use cases, on literals."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from visma_busy_sync import AsyncTenant, BusySync, integration
from visma_busy_sync._core.errors import ConfigurationError, VismaBusySyncError
from visma_busy_sync.eaccounting.models import UNSET, CompanySettings
from visma_busy_sync.integration import (
    Choices,
    CompanyUnidentified,
    ConnectionState,
    ConnectionStateError,
    DraftChanged,
    DraftChangedReason,
    DraftStillThere,
    DuePush,
    DueReadBack,
    DueSync,
    NotConnected,
    NothingToConfirm,
    NotReady,
    NotSentReason,
    NotThisDraft,
    NotThisDraftReason,
    OrderClosed,
    OrderNotTransferred,
    OrdersNotSent,
    OrderUnknown,
    Parked,
    PortContractBroken,
    ProjectUnknown,
    PurgeRefused,
    Pushed,
    ReadBack,
    Readiness,
    Recovered,
    SearchIncomplete,
    Status,
    SyncReport,
    SyncRunning,
    UndoReport,
    WrongCompany,
)
from visma_busy_sync.integration._company import company_id, is_company
from visma_busy_sync.integration._status import ago
from visma_busy_sync.orders import MarkerPlace, OrderError, State
from visma_busy_sync.state import Connection, WaitingCompany
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Action, Archiving, Kind, Noted, Plan, PlannedChange, Reason, Verdict

from .fake import order

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def connection(**changes: Any) -> Connection:
    known: dict[str, Any] = {
        "connected": True,
        "company_id": "1",
        "company_name": "Acme AS",
        "project_sync": True,
        "connected_at": NOON,
        "login_id": "x",
    }
    return Connection(**(known | changes))


def company(**members: Any) -> CompanySettings:
    return CompanySettings(**({"name": "Acme AS", "currency_code": "NOK", "country_code": "NO"} | members))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-5, "just now"),
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86_399, "23 hours ago"),
        (86_400, "1 day ago"),
        (86_400 * 400, "400 days ago"),
    ],
)
def test_how_long_ago_in_words(seconds: int, words: str) -> None:
    assert ago(NOON, NOON + timedelta(seconds=seconds)) == words


def status(known: Connection | None, **more: Any) -> Status:
    given: dict[str, Any] = {
        "standing": ConnectionState.CONNECTED,
        "login_pending": False,
        "kinds": Kind,
        "next_due": NOON,
        "now": NOON,
    }
    return Status.of(known, **(given | more))


def test_last_fetched_is_the_oldest_of_what_is_synchronised() -> None:
    fetched = {"customer": NOON, "project": NOON - HOUR, "product": NOON}
    assert status(connection(fetched=fetched)).last_fetched == NOON - HOUR
    without = status(connection(fetched=fetched), kinds=(Kind.CUSTOMER, Kind.PRODUCT))
    assert without.last_fetched == NOON
    assert set(without.fetched) == {Kind.CUSTOMER, Kind.PRODUCT}


def test_last_fetched_is_none_until_all_was_fetched() -> None:
    assert status(connection()).last_fetched is None
    part = connection(fetched={"customer": NOON})
    assert status(part).last_fetched is None
    assert status(part, kinds=()).last_fetched is None
    assert status(None).last_fetched is None


@pytest.mark.parametrize(
    ("known", "more"),
    [
        (None, {}),
        (connection(connected=False), {"standing": ConnectionState.RECONNECT_NEEDED}),
        (connection(), {"standing": ConnectionState.RECONNECT_NEEDED}),
    ],
    ids=["never-connected", "disconnected", "reconnect-needed"],
)
def test_nothing_is_due_where_nothing_can_be_imported(known: Connection | None, more: dict[str, Any]) -> None:
    assert status(known, **more).next_due is None


OTHER = WaitingCompany(
    company_id="2", company_name="Secret AS", project_sync=True, login_id="y", found_at=NOON
)
STATUSES: dict[str, tuple[Status, ConnectionState, str]] = {
    "connected": (
        status(connection()),
        ConnectionState.CONNECTED,
        "connected to Acme AS, never fetched",
    ),
    "login-beside-a-connection": (
        status(connection(), login_pending=True),
        ConnectionState.CONNECTED,
        "connected to Acme AS, never fetched; a login is pending",
    ),
    "another-company-waits": (
        status(connection(other=OTHER)),
        ConnectionState.CONNECTED,
        (
            "connected to Acme AS, never fetched. Another company waits: see what would be archived, then "
            "confirm or cancel."
        ),
    ),
    "reconnect-needed": (
        status(connection(), standing=ConnectionState.RECONNECT_NEEDED),
        ConnectionState.RECONNECT_NEEDED,
        (
            "reconnect needed: the connection to Acme AS is dead (never fetched). "
            "Press connect and log in again at Visma; nothing in Busy is lost."
        ),
    ),
    "login-pending": (
        status(None, login_pending=True),
        ConnectionState.LOGIN_PENDING,
        "not connected, a login is pending. Complete the login at Visma, or press connect to begin again.",
    ),
    "login-pending-again": (
        status(connection(connected=False), standing=ConnectionState.RECONNECT_NEEDED, login_pending=True),
        ConnectionState.LOGIN_PENDING,
        "not connected, a login is pending. Complete the login at Visma, or press connect to begin again.",
    ),
    "disconnected": (
        status(connection(connected=False), standing=ConnectionState.RECONNECT_NEEDED),
        ConnectionState.DISCONNECTED,
        "not connected. Press connect and log in at Visma.",
    ),
    "never-connected": (
        status(None),
        ConnectionState.DISCONNECTED,
        "not connected. Press connect and log in at Visma.",
    ),
}


@pytest.mark.parametrize(("shown", "state", "words"), STATUSES.values(), ids=STATUSES)
def test_a_status_says_where_the_connection_stands_and_what_to_press(
    shown: Status, state: ConnectionState, words: str
) -> None:
    assert (shown.state, str(shown)) == (state, words)
    assert bool(shown.press.nb) == bool(shown.press.en) == (". " in words)
    assert shown.press.nb != shown.press.en or not shown.press.nb
    assert "Acme" not in repr(shown)
    assert "Secret" not in repr(shown)


@pytest.mark.parametrize("every", [timedelta(0), timedelta(seconds=-1), 3600, None], ids=repr)
def test_how_often_an_import_is_due_is_a_time_above_0(every: Any) -> None:
    for name in ("sync_every", "whole_every", "read_back_every", "search_back", "settle_after"):
        with pytest.raises(ConfigurationError, match=name):
            Choices(**{name: every})


@pytest.mark.parametrize(
    ("members", "id"),
    [
        ({"company_identifier": "guid", "corporate_identity_number": "999"}, "guid"),
        ({"company_identifier": None, "corporate_identity_number": " 999 "}, "999"),
        ({"company_identifier": " ", "corporate_identity_number": UNSET}, "acme as"),
        ({"company_identifier": UNSET, "corporate_identity_number": ""}, "acme as"),
        ({"company_identifier": "C509F287", "corporate_identity_number": None}, "c509f287"),
    ],
)
def test_a_company_is_known_by_the_first_id_that_it_has(members: dict[str, Any], id: str) -> None:
    assert company_id(company(**members)) == id
    assert is_company(company(**members), id)
    assert not is_company(company(**members), "another")


def test_a_company_keeps_the_id_that_it_was_known_by() -> None:
    later = company(company_identifier="guid", corporate_identity_number="999")
    for known in ("999", "Acme AS", "guid"):
        assert company_id(later, known) == known
    assert company_id(later, "another") == "guid"


def test_a_company_whose_id_is_written_in_other_letters_is_the_same() -> None:
    upper, lower = company(company_identifier="C509F287-AB"), company(company_identifier="c509f287-ab")
    assert company_id(upper) == company_id(lower) == "c509f287-ab"
    for known in ("c509f287-ab", "C509F287-AB"):  # the latter was kept before ids had one form
        for now in (upper, lower):
            assert is_company(now, known)
            assert company_id(now, known) == known


def test_a_company_with_an_id_is_not_recognised_by_its_name() -> None:
    other = company(company_identifier="other")
    assert not is_company(other, "c509f287-ab")
    assert company_id(other, "c509f287-ab") == "other"


def test_a_company_without_id_and_name_is_unidentified() -> None:
    nobody = company(name=" ", company_identifier=None, corporate_identity_number=None)
    with pytest.raises(CompanyUnidentified):
        company_id(nobody)
    assert not is_company(nobody, "")


@pytest.mark.parametrize(
    "wrong",
    [
        {"match": "x"},
        {"archive_missing": "x"},
        {"registers_without_projects": 1},
        {"resend_unknown": 1},
        {"send_amounts": "no"},
        {"pkce": None},
        {"marker_place": "buyers_order_reference"},
    ],
)
def test_a_choice_that_is_none_is_refused_when_it_is_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        Choices(**wrong)


def test_choices_are_taken_as_texts_too() -> None:
    taken: Any = {"match": "never", "archive_missing": "never", "marker_place": "your_reference"}
    choices = Choices(**taken)
    settings = choices.sync_settings(project_sync=True)
    assert choices.marker_place is MarkerPlace.YOUR_REFERENCE
    assert (settings.match, settings.archive_missing, settings.project_sync) == ("never", "never", True)


ERRORS: list[VismaBusySyncError] = [
    NotConnected("acme"),
    WrongCompany(),
    CompanyUnidentified(),
    NothingToConfirm("acme"),
    NotReady(Readiness(())),
    PurgeRefused(("o1", "o2")),
    PurgeRefused(tuple(f"o{n}" for n in range(9))),
    ProjectUnknown("j1"),
    OrderUnknown("o1"),
    OrderNotTransferred("o1", state=State.SENDING),
    OrderClosed("o1", state=State.REJECTED, problem="it was refused."),
    OrderClosed("o1", state=State.OPEN, problem=None),
    OrderClosed("o1", state=State.RELEASED, problem=None),
    *(OrderClosed("o1", state=state, problem=None) for state in (State.WITHDRAWING, State.GONE_UPSTREAM)),
    *(OrdersNotSent("o1", reason) for reason in NotSentReason),
    SearchIncomplete("o1", marker="BY-X.1"),
    *(DraftChanged("o1", reason) for reason in DraftChangedReason),
    DraftStillThere("o1", eaccounting_id="id"),
    *(NotThisDraft("o1", eaccounting_id="id", reason=reason) for reason in NotThisDraftReason),
    SyncRunning("acme"),
    PortContractBroken("Catalogue.apply", "it is wrong"),
    PortContractBroken("Catalogue.load", "[0].id is int", field="[0].id", given="int", expected="a str"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_every_error_says_what_to_do_and_survives_copying(error: VismaBusySyncError) -> None:
    assert error.advice
    assert error.advice in str(error)
    for twin in (copy.copy(error), pickle.loads(pickle.dumps(error))):
        assert type(twin) is type(error)
        assert (str(twin), twin.__dict__) == (str(error), error.__dict__)


def test_errors_stand_where_their_tree_says() -> None:
    assert issubclass(NotConnected, ConnectionStateError)
    for kind in (ProjectUnknown, OrderUnknown, OrderNotTransferred, OrderClosed):
        assert issubclass(kind, OrderError)


def test_a_base_is_not_raised_itself() -> None:
    with pytest.raises(TypeError, match="base"):
        ConnectionStateError("x")


def test_all_is_sorted_and_there() -> None:
    assert list(integration.__all__) == sorted(integration.__all__)
    assert all(hasattr(integration, name) for name in integration.__all__)


def test_a_report_counts_in_the_order_of_the_plan() -> None:
    planned = PlannedChange(
        action=Action.NOTE,
        kind=Kind.PROJECT,
        busy_id="1",
        eaccounting_id="2",
        label="",
        reason=Reason.NOTED,
        company="c",
        noted=Noted("2"),
    )
    plan = Plan(company="c", changes=(planned,))
    applied = {Action.NOTE: 4, Action.RESTORE: 3, Action.ADOPT: 2, Action.CREATE: 1, Action.UPDATE: 0}
    report = SyncReport(plan=plan, applied=applied, started=NOON, ended=NOON)
    assert str(report) == "applied: 1 created, 2 adopted, 3 restored, 4 noted"


def a_plan(waits: int = 0) -> Plan:
    missing = PlannedChange(
        action=Action.ARCHIVE,
        kind=Kind.PROJECT,
        busy_id="1",
        eaccounting_id="2",
        label="Kari's",
        reason=Reason.MISSING,
        company="c",
        noted=Noted("2"),
    )
    held = Archiving(verdict=Verdict.BLOCKED, withheld=(missing,) * waits) if waits else Archiving()
    return Plan(company="c", archiving=held)


@pytest.mark.parametrize(
    ("read", "en", "nb"),
    [
        ({}, "nothing", "ingenting"),
        ({Kind.CUSTOMER: 0, Kind.PROJECT: 1}, "1 project", "1 prosjekt"),
        ({Kind.CUSTOMER: 2, Kind.PRODUCT: 1}, "2 customers, 1 product", "2 kunder, 1 produkt"),
    ],
)
def test_a_sync_of_changes_that_did_nothing_says_what_it_read(
    read: dict[Kind, int], en: str, nb: str
) -> None:
    """A plan reads all, and may just have shown what a reading of changes does not."""
    report = SyncReport(plan=a_plan(), applied={}, read=read, whole=False, started=NOON, ended=NOON)
    assert str(report) == f"nothing to do; only what changed lately was read: {en}"
    assert report.text("nb") == f"ingenting å gjøre; bare det som nylig er endret, ble lest: {nb}"
    assert str(attrs.evolve(report, whole=True)) == "nothing to do"


def test_one_of_a_thing_is_not_told_as_several() -> None:
    def waiting(count: int) -> SyncReport:
        return SyncReport(plan=a_plan(count), applied={}, started=NOON, ended=NOON)

    assert str(waiting(1)) == "nothing to do; 1 project to archive if you allow it"
    assert str(waiting(2)) == "nothing to do; 2 projects to archive if you allow it"
    (left,) = a_plan(1).archiving.withheld
    one = UndoReport(left_out=(Parked(left, "changed"),))
    assert (str(one), one.text("nb")) == ("undone: 0; 1 left as it is", "angret: 0; 1 står som den er")
    two = UndoReport(left_out=one.left_out * 2)
    assert (str(two), two.text("nb")) == ("undone: 0; 2 left as they are", "angret: 0; 2 står som de er")
    assert "what became of 1 order (o1)." in str(PurgeRefused(("o1",)))
    assert "what became of 2 orders (o1, o2)." in str(PurgeRefused(("o1", "o2")))


def test_what_is_printed_first_shows_what_it_is_about_and_names_nobody() -> None:
    """Ids, how many there are, and the type of an error; a host's own error may say anything."""
    error = ValueError("Kari has no mail")
    assert repr(DueSync("acme", error=error)) == "DueSync(tenant='acme', report=None, error=ValueError)"
    assert repr(DueSync("acme")) == "DueSync(tenant='acme', report=None, error=None)"
    pushed = Pushed(order=order("o1", "h1"), error=error)
    assert repr(pushed) == "Pushed(order='o1', transfer=None, error=ValueError)"
    shown = [
        DuePush(tenant="acme", error=error),
        DueReadBack(tenant="acme", error=error),
        ReadBack(order_id="o1", error=error),
        Recovered(order_id="o1", error=error),
    ]
    assert all(repr(each).endswith("error=ValueError)") for each in shown)
    (left,) = a_plan(1).archiving.withheld
    report = UndoReport(undone=(left,), left_out=(Parked(left, "changed"),) * 2)
    assert repr(report) == "UndoReport(undone=<1>, left_out=<2>)"
    assert "moved=<0>, refused=<1>" in repr(
        SyncReport(plan=a_plan(), applied={}, refused=(Parked(left, "x"),), started=NOON, ended=NOON)
    )


def test_a_workspace_says_which_one_it_is() -> None:
    catalogue = MemoryCatalogue()
    with BusySync(
        catalogue=catalogue,
        work=MemoryWorkLog(catalogue),
        state=MemoryStateStore(),
        client_id="id",
        client_secret="secret",
        redirect_uri="http://127.0.0.1:9/callback",
    ) as visma:
        assert repr(visma.tenant("acme")) == "Tenant('acme')"
        assert repr(AsyncTenant(visma._site, "acme")) == "AsyncTenant('acme')"
