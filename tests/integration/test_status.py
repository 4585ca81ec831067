"""The status page: where the connection stands, when was last fetched, what is due, what to press (R27)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync import errors
from visma_busy_sync.eaccounting.errors import EAccountingError, ReconnectNeeded
from visma_busy_sync.integration import Choices, ConnectionState, Status
from visma_busy_sync.integration._turns import spread
from visma_busy_sync.sync import Kind

from .given import synced
from .office import ACME, SESSION, Office

NOW = datetime(2026, 3, 31, 9, tzinfo=UTC)
HALF_HOUR = timedelta(minutes=30)
KEY = Fernet.generate_key()


def test_a_status_is_told_without_asking_visma(office: Office) -> None:
    acme = synced(office)
    asked, before = len(office.journal()), office.snapshot()
    acme.status()
    assert (len(office.journal()), office.snapshot()) == (asked, before)


def test_the_story_of_a_connection_is_told_with_what_to_press(office: Office) -> None:
    acme = office.tenant()
    seen = [acme.status()]
    url = acme.connect(project_sync=True, session=SESSION)
    seen.append(acme.status())
    acme.complete_login(office.press(url), session=SESSION)
    seen.append(acme.status())
    office.control("POST", "/password-change")
    with pytest.raises(ReconnectNeeded):
        acme.sync()
    seen.append(acme.status())
    office.log_in(acme)
    acme.disconnect()
    seen.append(acme.status())
    assert [status.state for status in seen] == [
        ConnectionState.DISCONNECTED,
        ConnectionState.LOGIN_PENDING,
        ConnectionState.CONNECTED,
        ConnectionState.RECONNECT_NEEDED,
        ConnectionState.DISCONNECTED,
    ]
    for status in seen:
        works = status.state is ConnectionState.CONNECTED
        assert ("Koble til" in status.press.nb, "ress connect" in status.press.en) == (not works, not works)
        assert (status.next_due is not None) is works
    assert "Ingenting i Busy går tapt" in seen[3].press.nb


def test_a_login_beside_a_connection_is_told(office: Office) -> None:
    acme = office.connected()
    assert not acme.status().login_pending
    acme.connect(project_sync=True, session=SESSION)
    status = acme.status()
    assert (status.state, status.login_pending) == (ConnectionState.CONNECTED, True)
    office.clock.advance(3600)
    assert not acme.status().login_pending


def test_the_next_import_is_due_some_time_after_the_last_one(office: Office) -> None:
    acme = office.connected(choices=Choices(sync_every=HALF_HOUR), encryption_keys=[KEY])
    assert acme.status().next_due == office.clock.now()  # at once: nothing was fetched yet
    office.clock.advance(60)
    acme.sync()
    began = office.clock.now()
    office.clock.advance(60)
    turn = began + HALF_HOUR + spread(ACME, HALF_HOUR)
    assert acme.status().next_due == turn
    visma = office.visma(choices=Choices(sync_every=HALF_HOUR), encryption_keys=[KEY])
    assert not visma.sync_due(turn - timedelta(seconds=1))
    assert [each.tenant for each in visma.sync_due(turn)] == [ACME]


def test_a_sync_that_failed_is_told_as_tried_not_as_fetched(office: Office) -> None:
    """Else a host that follows `next_due` would try again without end."""
    acme = synced(office)
    fetched = office.clock.now()
    office.clock.advance(3600)
    office.fault("GET", "/customers", "garbage")
    with pytest.raises(EAccountingError):
        acme.sync()
    status = acme.status()
    assert status.attempted == dict.fromkeys(Kind, office.clock.now())
    assert status.fetched == status.read == dict.fromkeys(Kind, fetched)
    hour = timedelta(hours=1)
    assert (status.last_fetched, status.next_due) == (fetched, office.clock.now() + hour + spread(ACME, hour))
    assert str(status).endswith(
        "last fetched 1 hour ago; the last sync failed: an answer of eAccounting could not be read"
    )


def test_a_new_login_to_the_same_company_keeps_what_is_known(office: Office) -> None:
    acme = synced(office)
    before = acme.status()
    office.log_in(acme)
    assert acme.status() == before


def test_only_what_is_synchronised_is_shown(office: Office) -> None:
    acme = synced(office, project_sync=False)
    assert set(acme.status().fetched) == {Kind.CUSTOMER, Kind.PRODUCT}
    alone = office.connected(project_sync=False, choices=Choices(registers_without_projects=False))
    assert (dict(alone.status().fetched), alone.status().next_due) == ({}, None)


@pytest.mark.parametrize(
    "name",
    [name for name in errors.__all__ if not getattr(errors, name).__subclasses__()] + ["ValueError", "Newer"],
)
def test_why_the_last_sync_failed_is_told_without_the_name_of_a_class(name: str) -> None:
    """A user of Busy cannot read one; a program finds it in `failed`."""
    status = Status(state=ConnectionState.CONNECTED, company_name="Acme", failed=name, now=NOW)
    assert ("the last sync failed: " in status.text("en"), name in status.text("en")) == (True, False)
    assert ("siste henting mislyktes: " in status.text("nb"), name in status.text("nb")) == (True, False)
