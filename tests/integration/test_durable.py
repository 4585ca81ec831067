"""Connections in a database: a new process goes on where the last one ended; no token is readable."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, cast

import attrs
import pytest
from cryptography.fernet import Fernet

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.eaccounting.http import Request
from visma_busy_sync.integration import Choices, ConnectionState, LoginOutcome, SyncRunning
from visma_busy_sync.integration._alone import SYNC_LEASE
from visma_busy_sync.ports import Found, Write
from visma_busy_sync.state import LEASE_SCHEMA, TOKENS_SCHEMA, DocumentUnreadable, EncryptionKeyMissing, Lease
from visma_busy_sync.stores.sql import AsyncSqlStateStore, SqlStateStore
from visma_busy_sync.sync import Kind

from .given import ONGOING, first, idle
from .office import ACME, SESSION, Office, waiting

KEY = Fernet.generate_key().decode()
PKCE = Choices(pkce=True)
SECRETS = re.compile(r"sbx-(?:access|refresh|secret|code)-[\w-]+")


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """A new database of each sort, with the store's table."""
    url = cast("str", request.getfixturevalue(f"{request.param}_url"))
    with SqlStateStore.open(url) as store:
        store.create_table()
    return url


@contextlib.contextmanager
def process(office: Office, url: str, tenant: str = ACME, **options: Any) -> Iterator[Tenant]:
    """A process that begins: a store and an SDK object of its own, closed at the end."""
    settings = {"choices": PKCE, "encryption_keys": [KEY], **options}
    if office.shell.run is None:
        with SqlStateStore.open(url) as store:
            yield office.tenant(tenant, state=store, **settings)
        return
    awaited = AsyncSqlStateStore.open(url.replace("sqlite:", "sqlite+aiosqlite:"))
    try:
        yield office.tenant(tenant, state=awaited, **settings)
    finally:
        office.shell.run(awaited.close())


def documents(url: str, prefix: str = "", tenant: str | None = None) -> list[Found]:
    with SqlStateStore.open(url) as store:
        return sorted(store.scan(prefix, tenant), key=lambda found: (found.tenant, found.key))


def overwrite(url: str, found: Found, body: str) -> None:
    """Edit a row behind the SDK's back."""
    with SqlStateStore.open(url) as store:
        assert store.commit(found.tenant, [Write(found.key, found.document.version, body)])


def log_in(office: Office, url: str, tenant: str = ACME, **options: Any) -> None:
    """Begin a login in one process, and complete it in the next."""
    with process(office, url, tenant, **options) as acme:
        address = acme.connect(project_sync=True, session=SESSION)
    with process(office, url, tenant, **options) as acme:
        assert acme.complete_login(office.press(address), session=SESSION).outcome is LoginOutcome.CONNECTED


def an_hour_later(office: Office) -> None:
    office.clock.advance(3600)
    office.control("POST", "/clock", {"advance_seconds": 3600})


def test_the_whole_story_with_a_restart_between_all_steps(office: Office, url: str) -> None:
    """Login with PKCE, sync, renewed tokens, password change, reconnect: nobody logs in more than needed."""
    office.profile(pkce="required", reuse="fatal")
    log_in(office, url)
    with process(office, url) as acme:
        assert acme.status().state is ConnectionState.CONNECTED
        acme.sync()
    for refreshes in (1, 2):  # each with the refresh token that another process was given
        an_hour_later(office)
        with process(office, url) as acme:
            assert idle(acme.sync())
        assert office.counted("refreshes") == refreshes
    office.control("POST", "/password-change")
    office.edit_upstream(Kind.PROJECT, first(office, Kind.PROJECT, Status=ONGOING)["Id"], Name="Renamed")
    with process(office, url) as acme, pytest.raises(ReconnectNeeded):
        acme.sync()
    asked = len(office.journal())
    with process(office, url) as acme:
        assert acme.status().state is ConnectionState.RECONNECT_NEEDED
        with pytest.raises(ReconnectNeeded, match="found dead before"):
            acme.sync()
    assert len(office.journal()) == asked  # a dead login is asked for no more, by no process
    log_in(office, url)
    with process(office, url) as acme:
        assert str(acme.sync()) == "applied: 1 updated"
    with process(office, url) as acme:
        acme.disconnect()
    assert office.counted("alive_logins") == 0
    assert documents(url, "tokens/") == []


def test_no_token_code_or_verifier_is_in_the_database(office: Office, url: str) -> None:
    with process(office, url) as acme:
        address = acme.connect(project_sync=True, session=SESSION)
    bodies = [found.document.body for found in documents(url)]
    callback = office.press(address)
    with process(office, url) as acme:
        acme.complete_login(callback, session=SESSION)
        bodies += [found.document.body for found in documents(url)]
        an_hour_later(office)
        acme.sync()
    bodies += [found.document.body for found in documents(url)]
    travelled = " ".join(
        [callback, *(str(request.body) + str(dict(request.headers)) for request in office.shell.wire.sent)]
        + [answer.body.decode() for answer in office.shell.wire.answers]
    )
    secrets = set(SECRETS.findall(travelled)) | set(re.findall(r"code_verifier=([\w.~-]+)", travelled))
    secrets |= {callback.partition("state=")[2].partition("&")[0], SESSION, KEY}
    assert (
        len(secrets) >= 8
    )  # two access and refresh tokens, client secret, code, verifier, state, session, key
    assert len(bodies) > 5
    assert [secret[:10] for secret in secrets if any(secret in body for body in bodies)] == []


def test_a_missing_key_is_told_and_adding_it_back_cures(office: Office, url: str) -> None:
    """Nothing is lost meanwhile: the rows stay as they are, and Visma is not asked."""
    log_in(office, url)
    with process(office, url) as acme:
        acme.sync()
    before, asked = documents(url, "tokens/"), len(office.journal())
    other = Fernet.generate_key()
    with process(office, url, encryption_keys=[other]) as acme:
        status = acme.status()
        assert status.state is ConnectionState.LOCKED
        assert "krypteringsnøkkelen" in status.text("nb")
        for call in (acme.plan, acme.sync, acme.readiness, acme.disconnect):
            with pytest.raises(EncryptionKeyMissing) as raised:
                call()
            assert "Add the old key back" in raised.value.advice
            assert KEY not in f"{raised.value} {raised.value!r}"
    assert (documents(url, "tokens/"), len(office.journal())) == (before, asked)
    with process(office, url, encryption_keys=[other, KEY]) as acme:
        assert acme.status().state is ConnectionState.CONNECTED
        assert idle(acme.sync())


def test_a_tenant_that_leaves_needs_no_key(office: Office, url: str) -> None:
    """What is thrown away need not be opened; Visma cannot be told then."""
    log_in(office, url)
    with process(office, url, encryption_keys=[Fernet.generate_key()]) as acme:
        assert not acme.purge().revoked
        assert acme.status().state is ConnectionState.DISCONNECTED
    assert documents(url, "tokens/") == []
    assert office.counted("revocations") == 0


def test_after_a_lost_key_a_new_login_cures(office: Office, url: str) -> None:
    log_in(office, url)
    other = Fernet.generate_key()
    log_in(office, url, encryption_keys=[other])
    with process(office, url, encryption_keys=[other]) as acme:
        acme.sync()
    assert len(documents(url, "tokens/")) == 1


DAMAGES = {
    "changed": lambda sealed, _: sealed[:-10] + ("A" if sealed[-10] != "A" else "B") + sealed[-9:],
    "cut": lambda sealed, _: sealed[:-20],
    "emptied": lambda *_: "",
    "of-another-tenant": lambda _, others: others,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_damaged_tokens_are_that_tenants_trouble_alone(office: Office, url: str, damage: Any) -> None:
    for tenant in (ACME, "second"):
        log_in(office, url, tenant)
    (mine,), (others,) = documents(url, "tokens/", ACME), documents(url, "tokens/", "second")
    loaded = [TOKENS_SCHEMA.load(found.key, found.document.body) for found in (mine, others)]
    sealed = damage(loaded[0].sealed, loaded[1].sealed)
    overwrite(url, mine, TOKENS_SCHEMA.dump(attrs.evolve(loaded[0], sealed=sealed)))
    asked = len(office.journal())
    with process(office, url) as acme:
        assert acme.status().state is ConnectionState.RECONNECT_NEEDED
        with pytest.raises(ReconnectNeeded, match="cannot be opened"):
            acme.sync()
    assert len(office.journal()) == asked
    with process(office, url, "second") as second:
        assert second.status().state is ConnectionState.CONNECTED
        second.sync()
    log_in(office, url)
    with process(office, url) as acme:
        acme.sync()
    assert len(documents(url, "tokens/", ACME)) == 1


@pytest.mark.parametrize("leave", ["disconnect", "purge", "log_in"])
def test_a_row_that_is_no_document_any_more_holds_nobody_up(office: Office, url: str, leave: str) -> None:
    """It asks to connect again; disconnecting and leaving work too."""
    log_in(office, url)
    (found,) = documents(url, "tokens/")
    overwrite(url, found, found.document.body[:-3])
    with process(office, url) as acme:
        assert acme.status().state is ConnectionState.RECONNECT_NEEDED
        with pytest.raises(ReconnectNeeded, match="it is damaged"):
            acme.sync()
    if leave == "log_in":
        log_in(office, url)
        with process(office, url) as acme:
            acme.sync()
        return
    with process(office, url) as acme:
        getattr(acme, leave)()
        assert acme.status().state is ConnectionState.DISCONNECTED
    assert documents(url, "tokens/") == []


def test_tokens_of_a_newer_version_are_left_alone(office: Office, url: str) -> None:
    """An old process beside a new one, during an update, does not ask anybody to log in again."""
    log_in(office, url)
    (found,) = documents(url, "tokens/")
    overwrite(url, found, found.document.body.replace('"schema": 1', '"schema": 2'))
    before = documents(url, "tokens/")
    with process(office, url) as acme:
        for call in (acme.status, acme.sync, acme.disconnect):
            with pytest.raises(DocumentUnreadable, match="its schema is 2"):
                call()
    assert documents(url, "tokens/") == before != [found]


def test_a_store_that_lasts_is_refused_without_keys(office: Office, url: str) -> None:
    with (
        pytest.raises(ConfigurationError, match="encryption_keys") as raised,
        process(office, url, encryption_keys=None),
    ):
        pass
    assert "Fernet.generate_key()" in raised.value.advice


@pytest.mark.parametrize("keys", [[], ["too short"], [KEY, KEY], KEY], ids=["none", "short", "twice", "text"])
def test_keys_that_are_none_are_refused_and_not_shown(office: Office, url: str, keys: Any) -> None:
    with pytest.raises(ConfigurationError) as raised, process(office, url, encryption_keys=keys):
        pass
    assert KEY not in f"{raised.value} {raised.value!r} {raised.value.__dict__}"


def test_another_company_waits_over_restarts(office: Office, url: str) -> None:
    log_in(office, url)
    office.add_company("other", "Other AS")
    with process(office, url) as acme:
        address = acme.connect(project_sync=True, session=SESSION)
    with process(office, url) as acme:
        result = acme.complete_login(office.press(address, company="other"), session=SESSION)
        assert result.outcome is LoginOutcome.CONFIRM_COMPANY
    with process(office, url) as acme:
        assert acme.preview_company().changes
        acme.sync()
    with process(office, url) as acme:
        assert acme.confirm_company(waiting(acme)).company_name == "Other AS"
    with process(office, url) as acme:
        acme.sync()


def test_a_sync_in_another_process_waits_for_its_turn(office: Office, url: str) -> None:
    """Two at once would each create what is new. The second is told so, and did nothing."""
    log_in(office, url)
    elsewhere = office.elsewhere()
    told: list[SyncRunning] = []

    def second(request: Request) -> None:
        if not told and "/articles" in request.url:
            with process(elsewhere, url) as acme, pytest.raises(SyncRunning) as raised:
                acme.sync()
            told.append(raised.value)

    office.shell.wire.before = second
    with process(office, url) as acme:
        acme.sync()
    assert [error.tenant for error in told] == [ACME]
    assert told[0].advice
    for kind in Kind:
        assert len(office.records(kind)) == len(office.upstream(kind))
    with process(elsewhere, url) as acme:
        assert idle(acme.sync())  # the turn was given back


def test_the_turn_of_a_sync_that_died_is_over_after_five_minutes(office: Office, url: str) -> None:
    """The process is gone before it can give its turn back."""
    log_in(office, url)
    with process(office, url) as acme:
        acme.sync()
    (lease,) = documents(url, SYNC_LEASE)
    held = LEASE_SCHEMA.load(lease.key, lease.document.body)
    overwrite(url, lease, LEASE_SCHEMA.dump(Lease(holder="gone", until=held.until)))
    with process(office, url) as acme:
        with pytest.raises(SyncRunning):
            acme.sync()
        office.clock.advance(300)
        assert idle(acme.sync())
