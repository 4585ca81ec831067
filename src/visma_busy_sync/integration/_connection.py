"""Use cases of the connection: connect, complete the login, disconnect, know where it stands."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final, TypeVar, cast

import attrs

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import TokenSet, _login
from visma_busy_sync.eaccounting._oauth import read_callback
from visma_busy_sync.eaccounting.errors import EAccountingError, ReconnectNeeded, StateMismatch
from visma_busy_sync.eaccounting.models import CompanySettings
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._company import company_id, is_company
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import Status
from visma_busy_sync.integration._vault import STORED_LOGIN
from visma_busy_sync.integration.errors import NotConnected, ScopeMissing, WrongCompany
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    ArchiveMissingFact,
    Connection,
    ConnectionState,
    PendingLogin,
    StoreBusy,
    archive_missing_key,
    read,
    update,
)
from visma_busy_sync.sync import Kind

T = TypeVar("T")

# Long enough to find a password and a phone; the code itself lives for 5 minutes after the login.
LOGIN_LIFETIME: Final = timedelta(hours=1)

_MOST_TRIES: Final = 20


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


async def connect(site: Site, tenant: str, *, project_sync: bool, session: str) -> str:
    """Begin a login and return the address to send the user to; an earlier pending login is void."""
    given = cast("object", session)
    if not isinstance(given, str) or not given.strip():
        raise ConfigurationError(
            "The login must be bound to a browser session: session must be a str that is not blank.",
            advice="Pass an unguessable text that only this browser has, such as its session id.",
        )
    site.choices.sync_settings(project_sync=project_sync)  # a text such as "off" must not switch it on
    begun = _login.begin(site.application, site.runtime, pkce=site.choices.pkce)
    state_hash = _hash(begun.state.reveal())
    pending = PendingLogin(
        state_hash=state_hash,
        session_hash=_hash(session),
        project_sync=project_sync,
        pkce=begun.verifier is not None,
        expires_at=site.clock.now() + LOGIN_LIFETIME,
    )
    await update(site.state, tenant, LOGIN, LOGIN_SCHEMA, lambda _: pending)
    site.vault.keep_verifier(tenant, state_hash, begun.verifier)
    return begun.url


async def complete_login(site: Site, tenant: str, callback_url: str, *, session: str) -> Status:
    """Complete the login with the address that Visma sent the user back to.

    Nothing is imported or archived yet. With project sync chosen for the first time for this company, the
    projects that Busy has now are written down: they alone may be archived as missing (R8, R23).
    """
    require("callback_url", callback_url, str, advice="Pass the whole address as a text: str(request.url).")
    require("session", session, str, advice="Pass the text that connect() was given.")
    callback = read_callback(callback_url)
    pending = await _take(site, tenant, callback.state, session)
    verifier = site.vault.take_verifier(tenant, pending.state_hash)
    if pending.pkce and verifier is None:
        raise StateMismatch("it was begun by a process that has ended")
    tokens = await _login.redeem(
        site.application,
        callback.code,
        verifier=verifier,
        transport=site.transport,
        clock=site.clock,
        timeout=site.options.timeout,
    )
    try:
        _check_scopes(site, tokens)
        company = await site.upstream_with(tokens.access_token).company_settings()
    except Exception:  # also what the host's ports raise: tokens that nobody will use should not live on
        await _end(site, tokens)
        raise
    await _keep(site, tenant, pending, company, tokens)
    return await status(site, tenant)


async def _keep(
    site: Site, tenant: str, pending: PendingLogin, company: CompanySettings, tokens: TokenSet
) -> None:
    """Keep the tokens and write the connection down, in this order.

    Whoever reads the connection finds its tokens, so that no sync in between takes a good login for a
    dead one.
    """
    login_id = site.runtime.token()
    site.vault.put(tenant, login_id, tokens)
    try:
        await _store(site, tenant, pending, company, login_id)
    except Exception:  # as above
        site.vault.drop(tenant, frozenset({login_id}))
        await _end(site, tokens)
        raise
    finally:
        settled = site.vault.settle(tenant, login_id)
    # Ours replaces older ones; but another login, or a disconnection, may have come in between.
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    connected = kept is not None and kept.value.state is not ConnectionState.DISCONNECTED
    current = {kept.value.login_id} if kept is not None and connected else frozenset[str]()
    for useless in site.vault.drop(tenant, settled - current):
        await _end(site, useless)


async def _end(site: Site, tokens: TokenSet) -> None:
    with contextlib.suppress(EAccountingError):  # they end by themselves; what matters was done, or is raised
        await _revoke(site, tokens)


async def _revoke(site: Site, tokens: TokenSet) -> None:
    timeout = site.options.timeout
    await _login.revoke(site.application, tokens, transport=site.transport, timeout=timeout)


async def _take(site: Site, tenant: str, state: Secret, session: str) -> PendingLogin:
    """Use up the pending login before anything is asked of Visma, so that it is used once."""
    kept = await read(site.state, tenant, LOGIN, LOGIN_SCHEMA)
    if kept is None or kept.value.state_hash != _hash(state.reveal()):
        raise StateMismatch
    pending = kept.value
    if pending.taken:
        raise StateMismatch("it was used before")
    if pending.session_hash != _hash(session):
        raise StateMismatch("it comes from another browser session")
    if pending.expires_at <= site.clock.now():
        raise StateMismatch("it took longer than an hour")
    taken = attrs.evolve(pending, taken=True)
    if not await site.state.commit(tenant, [LOGIN_SCHEMA.write(LOGIN, kept, taken)]):
        raise StateMismatch("it was used before, or another one was begun since")
    return pending


def _check_scopes(site: Site, tokens: TokenSet) -> None:
    if tokens.scopes is None:
        return  # RFC 6749, section 5.1: silence means all that was asked for
    missing = tuple(scope for scope in site.application.scopes if scope not in tokens.scopes)
    if missing:
        raise ScopeMissing(missing)


async def _store(
    site: Site, tenant: str, pending: PendingLogin, company: CompanySettings, login_id: str
) -> None:
    """Write the connection down, together with what may be archived because of it.

    A sync that ends meanwhile writes to the same document; the login is not lost for that.
    """
    for _ in range(_MOST_TRIES):
        known = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        before = known.value if known else None
        connection = _connected(site, pending, company, before, login_id)
        writes = [CONNECTION_SCHEMA.write(CONNECTION, known, connection)]
        key = archive_missing_key(connection.company_id)
        fact = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
        if connection.project_sync and fact is None:
            projects = await site.catalogue.load(tenant, Kind.PROJECT)
            candidates = ArchiveMissingFact(candidates=sorted(project.id for project in projects))
            writes.append(ARCHIVE_MISSING_SCHEMA.write(key, None, candidates))
        if await site.state.commit(tenant, writes):
            return
    raise StoreBusy(CONNECTION)


def _connected(
    site: Site, pending: PendingLogin, company: CompanySettings, known: Connection | None, login_id: str
) -> Connection:
    id = company_id(company, known.company_id if known else None)
    same = known is not None and known.company_id == id
    if known is not None and not same and known.state is not ConnectionState.DISCONNECTED:
        raise WrongCompany
    return Connection(
        state=ConnectionState.CONNECTED,
        company_id=id,
        company_name=company.name,
        project_sync=pending.project_sync,
        connected_at=site.clock.now(),
        login_id=login_id,
        fetched=known.fetched if known is not None and same else {},
        read=known.read if known is not None and same else {},
    )


async def connection_of(site: Site, tenant: str) -> Connection:
    """Return the tenant's connection.

    Raises:
        NotConnected: If there is none.
        ReconnectNeeded: If it is known to be dead.
    """
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    if kept is None or kept.value.state is ConnectionState.DISCONNECTED:
        raise NotConnected(tenant)
    if kept.value.state is ConnectionState.RECONNECT_NEEDED:
        raise ReconnectNeeded("it was found dead before", operation=STORED_LOGIN)
    return kept.value


def check_company(connection: Connection, company: CompanySettings) -> None:
    """Require that what was read is of the connected company.

    Raises:
        WrongCompany: If it is another one.
    """
    if not is_company(company, connection.company_id):
        raise WrongCompany


async def noting_death(
    site: Site, tenant: str, connection: Connection, work: Callable[[], Awaitable[T]]
) -> T:
    """Run `work`; if it finds the login of `connection` dead, write that down for the status.

    A login that was made meanwhile is not dead for that, nor one whose tokens another process may hold.
    """
    try:
        return await work()
    except ReconnectNeeded:
        if site.vault.tokens(tenant, connection.login_id) is None:
            raise

        def dead(now: Connection | None) -> Connection | None:
            if now is None or now.login_id != connection.login_id:
                return None
            if now.state is not ConnectionState.CONNECTED:
                return None
            return attrs.evolve(now, state=ConnectionState.RECONNECT_NEEDED)

        await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, dead)
        raise


async def disconnect(site: Site, tenant: str) -> None:
    """End the connection and revoke its tokens; all of Busy's data stays, links included (R30).

    Raises:
        NotConnected: If there is no connection.
        EAccountingError: If Visma did not confirm a revocation; the tenant is disconnected all the same,
            and all its tokens were tried.
    """
    # A login that is written down after this one ends keeps its tokens.
    ended = set(site.vault.settled(tenant))

    def end(connection: Connection | None) -> Connection:
        if connection is None or connection.state is ConnectionState.DISCONNECTED:
            raise NotConnected(tenant)
        ended.add(connection.login_id)
        return attrs.evolve(connection, state=ConnectionState.DISCONNECTED)

    await update(site.state, tenant, CONNECTION, CONNECTION_SCHEMA, end)
    failures: list[Exception] = []
    for tokens in site.vault.drop(tenant, frozenset(ended)):
        try:
            await _revoke(site, tokens)
        except Exception as error:  # noqa: BLE001 - raised below, once the others were tried as well
            failures.append(error)
    if failures:
        raise failures[0]


async def status(site: Site, tenant: str) -> Status:
    """Return where the connection stands."""
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    connection = kept.value if kept else None
    kinds: tuple[Kind, ...] = ()
    if connection is not None:
        kinds = site.choices.sync_settings(project_sync=connection.project_sync).kinds
        if (
            connection.state is ConnectionState.CONNECTED
            and site.vault.tokens(tenant, connection.login_id) is None
        ):
            # The process that held the tokens has ended: the next call would find this out.
            connection = attrs.evolve(connection, state=ConnectionState.RECONNECT_NEEDED)
    return Status.of(connection, kinds=kinds, now=site.clock.now())
