"""Use cases of a connection that is there: where it stands, whether eAccounting is ready, disconnect."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import attrs

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.eaccounting import TokenSet, _login
from visma_busy_sync.eaccounting._tokens import STORED_LOGIN, Generation
from visma_busy_sync.eaccounting.errors import ApiError, ReconnectNeeded
from visma_busy_sync.eaccounting.models import CompanySettings
from visma_busy_sync.integration._company import is_company
from visma_busy_sync.integration._readiness import Lane, Readiness, readiness_of, readiness_of_refusal
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import ConnectionState, Status
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._turns import next_turn, rights_to_sync
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import (
    NotConnected,
    NotReady,
    NotRevoked,
    NotSentReason,
    WrongCompany,
)
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    ORDER_NOTES,
    ORDER_NOTES_SCHEMA,
    RUNS,
    RUNS_SCHEMA,
    Connection,
    DocumentUnreadable,
    EncryptionKeyMissing,
    Kept,
    LoginStage,
    PendingLogin,
    read,
    tokens_key,
    until_written,
)
from visma_busy_sync.sync import Kind

_WAITING: Final = frozenset({LoginStage.OPEN, LoginStage.TAKEN})


async def connection_of(site: Site, tenant: str) -> Connection:
    """Return the tenant's connection.

    Raises:
        NotConnected: If there is none.
        ReconnectNeeded: If it is known to be dead.
        EncryptionKeyMissing: If its tokens cannot be opened with the keys that are given.
    """
    connection, held = await _standing(site, tenant)
    if connection is None or not connection.connected:
        raise NotConnected(tenant)
    if isinstance(held, ReconnectNeeded):
        site.teller.dead(tenant, connection.login_id)
        raise held
    return connection


async def _standing(site: Site, tenant: str) -> tuple[Connection | None, Generation | ReconnectNeeded]:
    """Return the connection, and its tokens or why there are none that work.

    A login that is replaced while this looks is not taken for a dead one: it looks again.
    """
    looked: str | None = None
    while True:
        kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        dead = ReconnectNeeded("it was found dead before", operation=STORED_LOGIN)
        if kept is None or not kept.value.connected:
            return kept.value if kept else None, dead
        try:
            held = await site.tokens(tenant, kept.value.login_id).load()
        except ReconnectNeeded as error:
            return kept.value, error.with_traceback(None)
        if held is not None:
            return kept.value, held if _works(held, site.clock.now()) else dead
        if looked == kept.value.login_id:
            return kept.value, dead
        looked = kept.value.login_id


def check_company(connection: Connection, company: CompanySettings) -> None:
    """Require that what was read is of the connected company.

    Raises:
        WrongCompany: If it is another one.
    """
    if not is_company(company, connection.company_id):
        raise WrongCompany


async def ready_company(upstream: Upstream, connection: Connection, *lanes: Lane) -> CompanySettings:
    """Read the company, and require that nothing in eAccounting blocks what is asked for.

    Raises:
        NotReady: If something does, be it in the settings or because they may not even be read.
        WrongCompany: If it is another company.
    """
    try:
        company = await upstream.company_settings()
    except ApiError as error:
        refused = readiness_of_refusal(error)
        if refused is None:
            raise
        raise NotReady(refused) from error
    check_company(connection, company)
    report = readiness_of(company, project_sync=Lane.PROJECTS in lanes)
    if any(report.blocks(lane) for lane in lanes):
        raise NotReady(report)
    return company


def _works(held: Generation, now: datetime) -> bool:
    """Whether tokens are believed to work: not refused, and not ended for good."""
    return not held.refused and (held.tokens.refresh_token is not None or now < held.tokens.expires_at)


@telling
async def readiness(site: Site, tenant: str) -> Readiness:
    """Return what eAccounting still needs, as it is now; nothing is changed."""
    connection = await connection_of(site, tenant)
    return await readiness_by(site, tenant, connection, site.upstream(tenant, connection.login_id))


async def readiness_by(site: Site, tenant: str, connection: Connection, upstream: Upstream) -> Readiness:
    """Return what eAccounting still needs, as a connection reaches it."""
    try:
        company = await ready_company(upstream, connection)
    except NotReady as error:
        return error.readiness
    return readiness_of(
        company,
        project_sync=connection.project_sync,
        also_connected=await also_connected(site, tenant, connection.company_id),
    )


async def also_connected(site: Site, tenant: str, company_id: str) -> tuple[str, ...]:
    """Return the other tenants that are connected to a company, in their order."""
    found = await site.state.scan(CONNECTION)
    others: list[str] = []
    for each in found:
        if each.key != CONNECTION or each.tenant == tenant:
            continue
        with contextlib.suppress(DocumentUnreadable):  # of another tenant: it stops nobody but that one
            connection = CONNECTION_SCHEMA.load(each.key, each.document.body)
            if connection.connected and connection.company_id.lower() == company_id.lower():
                others.append(each.tenant)
    return tuple(sorted(others))


async def login_of(site: Site, tenant: str) -> Kept[PendingLogin] | None:
    """Return the login that was begun last; one that cannot be read is none: the next replaces it."""
    try:
        return await read(site.state, tenant, LOGIN, LOGIN_SCHEMA)
    except DocumentUnreadable:
        return None


async def disconnect(site: Site, tenant: str) -> None:
    """End the connection and revoke its tokens; all of Busy's data stays, links included (R30).

    Logins that were begun and not completed are void.
    """
    failures: list[VismaBusySyncError] = []
    for tokens in await until_written(CONNECTION, lambda: _ended(site, tenant)):
        try:
            await revoke(site, tokens)
        except VismaBusySyncError as error:
            failures.append(error)
    if failures:
        raise NotRevoked(failures[0].message) from failures[0]


async def _ended(site: Site, tenant: str) -> list[TokenSet] | None:
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    if kept is None or not kept.value.connected:
        raise NotConnected(tenant)
    login_ids = [kept.value.login_id, *([kept.value.other.login_id] if kept.value.other else [])]
    after = attrs.evolve(kept.value, connected=False, other=None)
    writes = [
        CONNECTION_SCHEMA.write(CONNECTION, kept, after),
        *await forgetting(site, tenant, login_ids),
    ]
    # Looked at later than what is deleted: if they are renewed in between, the commit fails and this begins
    # anew. Else the ones before would be revoked, and the new ones live on.
    held = await held_by(site, tenant, login_ids)
    login = await login_of(site, tenant)
    if login is not None and login.value.stage in _WAITING:
        writes.append(_void(login))
    return held if await site.state.commit(tenant, writes) else None


def _void(login: Kept[PendingLogin]) -> Write:
    return LOGIN_SCHEMA.write(LOGIN, login, attrs.evolve(login.value, stage=LoginStage.ENDED, verifier=None))


async def forgetting(site: Site, tenant: str, login_ids: Sequence[str]) -> list[Write]:
    """Return the writes that delete the tokens of logins; an empty id is none."""
    found = await site.state.read(tenant, [tokens_key(id) for id in login_ids if id])
    return [Write(key, document.version, None) for key, document in found.items()]


async def held_by(site: Site, tenant: str, login_ids: Sequence[str]) -> list[TokenSet]:
    """Return the tokens of logins, as far as they can be opened.

    Raises:
        EncryptionKeyMissing: If some cannot be opened with the keys that are given.
    """
    tokens: list[TokenSet] = []
    for id in login_ids:
        with contextlib.suppress(ReconnectNeeded):  # what cannot be opened any more cannot be revoked
            held = await site.tokens(tenant, id).load()
            tokens += [held.tokens] if held is not None else []
    return tokens


async def revoke(site: Site, tokens: TokenSet) -> None:
    """End tokens at Visma.

    Raises:
        EAccountingError: If Visma did not confirm.
    """
    timeout = site.options.timeout
    await _login.revoke(site.application, tokens, transport=site.transport, timeout=timeout)


async def status(site: Site, tenant: str) -> Status:
    """Return where the connection stands."""
    try:
        connection, held = await _standing(site, tenant)
        works = isinstance(held, Generation)
        standing = ConnectionState.CONNECTED if works else ConnectionState.RECONNECT_NEEDED
    except EncryptionKeyMissing:
        kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        connection, standing = kept.value if kept else None, ConnectionState.LOCKED
    login = await login_of(site, tenant)
    last = None
    with contextlib.suppress(DocumentUnreadable):  # what it did is no part of how the connection stands
        last = await read(site.state, tenant, RUNS, RUNS_SCHEMA)
    reason = await _not_sent(site, tenant)
    now, kinds, due = site.clock.now(), tuple[Kind, ...](), None
    if connection is not None:
        kinds = site.choices.sync_settings(project_sync=connection.project_sync).kinds
        right = (await rights_to_sync(site, tenant)).get(tenant)
        due = next_turn(site, tenant, connection, right, now=now)
    return Status.of(
        connection,
        standing=standing,
        login_pending=login is not None
        and login.value.stage is LoginStage.OPEN
        and login.value.expires_at > now,
        kinds=kinds,
        next_due=due,
        failed=last.value.runs[0].error if last and last.value.runs else None,
        orders_not_sent=reason,
        now=now,
    )


async def _not_sent(site: Site, tenant: str) -> NotSentReason | None:
    """Return why no order is sent, as it was seen last; a word of a newer version is none."""
    with contextlib.suppress(DocumentUnreadable, ValueError):
        kept = await read(site.state, tenant, ORDER_NOTES, ORDER_NOTES_SCHEMA)
        return NotSentReason(kept.value.not_sent) if kept and kept.value.not_sent else None
    return None
