"""Use cases of a login: begin it, and complete it. What it finds decides what is connected."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import timedelta
from typing import Final, cast

import attrs
from attrs import frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import TokenSet, _login
from visma_busy_sync.eaccounting._oauth import Callback, CallbackRefused, parse_callback
from visma_busy_sync.eaccounting.errors import (
    ApiError,
    CodeRefused,
    EAccountingError,
    StateMismatch,
)
from visma_busy_sync.eaccounting.models import CompanySettings
from visma_busy_sync.integration._arguments import require
from visma_busy_sync.integration._company import company_id, identities, is_company
from visma_busy_sync.integration._connection import also_connected, forgetting, login_of, revoke, status
from visma_busy_sync.integration._login_result import LoginOutcome, LoginResult
from visma_busy_sync.integration._readiness import Readiness, readiness_of, readiness_of_refusal
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._stored_tokens import seal_tokens
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration.errors import CompanyUnidentified
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    ARCHIVE_MISSING_SCHEMA,
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    TOKENS_SCHEMA,
    ArchiveMissingFact,
    Connection,
    Kept,
    LoginStage,
    PendingLogin,
    Tokens,
    Unsealable,
    WaitingCompany,
    archive_missing_key,
    installation_id,
    read,
    since_with,
    tokens_key,
    until_written,
    update,
)
from visma_busy_sync.sync import Kind

# Long enough to find a password and a phone; the code itself lives for 5 minutes after the login.
LOGIN_LIFETIME: Final = timedelta(hours=1)

# A callback at work needs a few calls; one that was at work for longer has died.
_CALLBACK_PATIENCE: Final = timedelta(minutes=5)


_OFFLINE: Final = "offline_access"

_KEPT: Final = frozenset({LoginOutcome.CONNECTED, LoginOutcome.CONFIRM_COMPANY})
"""Ends after which the tokens of the login are kept."""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _secret(name: str, given: Secret | str, advice: str) -> Secret:
    if not isinstance(given, Secret):
        require(name, given, str, advice=advice)
        return Secret(given)
    return given


def _session_hash(session: Secret | str) -> str | None:
    """Return what is kept of a browser session; None if it is no text that says something."""
    text = cast("object", session.reveal() if isinstance(session, Secret) else session)
    return _hash(text) if isinstance(text, str) and text.strip() else None


def verifier_about(tenant: str, state_hash: str) -> str:
    """Return what a sealed PKCE verifier is bound to."""
    return f"verifier/{tenant}/{state_hash}"


async def connect(site: Site, tenant: str, *, project_sync: bool, session: Secret | str) -> str:
    """Begin a login and return the address to send the user to; an earlier pending login is void."""
    session_hash = _session_hash(session)
    del session  # a traceback may be shown with the values of its frames
    if session_hash is None:
        raise ConfigurationError(
            "The login must be bound to a browser session: session must be a str that is not blank.",
            advice="Pass an unguessable text that only this browser has, such as its session id.",
        )
    site.choices.sync_settings(project_sync=project_sync)  # a text such as "off" must not switch it on
    begun = _login.begin(site.application, site.runtime, pkce=site.choices.pkce)
    state_hash = _hash(begun.state.reveal())
    verifier = begun.verifier
    pending = PendingLogin(
        state_hash=state_hash,
        session_hash=session_hash,
        project_sync=project_sync,
        verifier=None
        if verifier is None
        else site.sealer.seal(verifier, about=verifier_about(tenant, state_hash)),
        expires_at=site.clock.now() + LOGIN_LIFETIME,
    )

    async def attempt() -> bool | None:
        # Whatever was there is void, also where it cannot be read.
        before = (await site.state.read(tenant, [LOGIN])).get(LOGIN)
        return await site.state.commit(tenant, [LOGIN_SCHEMA.write(LOGIN, before, pending)]) or None

    await until_written(LOGIN, attempt)
    return begun.url


@telling
async def complete_login(
    site: Site, tenant: str, callback_url: Secret | str, *, session: Secret | str
) -> LoginResult:
    """Complete the login with the address that Visma sent the user back to.

    Nothing is imported or archived yet. With project sync chosen for the first time for this company, the
    projects that Busy has now are written down: they alone may be archived as missing (R8, R23).
    """
    told = _secret("callback_url", callback_url, "Pass the whole address as a text: str(request.url).")
    bound = _hash(_secret("session", session, "Pass the text that connect() was given.").reveal())
    del callback_url, session  # as above
    try:
        callback = parse_callback(told)
    except StateMismatch:
        callback = None
    if callback is None:
        return await _result(site, tenant, LoginOutcome.NOT_THIS_LOGIN)
    if isinstance(callback, CallbackRefused):
        return await _refused(site, tenant, callback, bound)
    good = callback

    async def attempt() -> Kept[PendingLogin] | LoginOutcome | None:
        return await _take(site, tenant, good, bound)

    taken: Kept[PendingLogin] | LoginOutcome = await until_written(LOGIN, attempt)
    if isinstance(taken, LoginOutcome):
        return await _result(site, tenant, taken)
    ended: list[_Ended | Exception] = []

    async def complete() -> None:
        try:
            ended.append(await _completed(site, tenant, taken, good))
        except Exception as error:  # noqa: BLE001 - raised below, unless nobody waits any more
            ended.append(error)
        await site.teller.tell()

    # A user who leaves the page does not take back what was agreed at Visma.
    await site.runtime.to_end(complete)
    return await _told(site, tenant, ended.pop())


@frozen
class _Ended:
    """How a login ended, and what eAccounting still needs."""

    outcome: LoginOutcome
    readiness: Readiness | None = None


async def _told(site: Site, tenant: str, ended: _Ended | Exception) -> LoginResult:
    if isinstance(ended, _Ended):
        return await _result(site, tenant, ended.outcome, readiness=ended.readiness)
    try:
        raise ended
    finally:
        del ended  # else its traceback and this frame would keep each other alive


async def _result(
    site: Site, tenant: str, outcome: LoginOutcome, *, readiness: Readiness | None = None, error: str = ""
) -> LoginResult:
    now = await status(site, tenant)
    return LoginResult(
        outcome=outcome, status=now, readiness=readiness, error=error, other_company=now.other_company
    )


async def _refused(site: Site, tenant: str, callback: CallbackRefused, session_hash: str) -> LoginResult:
    """End the login that the refusal is of; any other address that tells a refusal changes nothing."""
    state_hash = _hash(callback.state.reveal())

    def is_mine(login: PendingLogin | None) -> bool:
        return login is not None and (login.state_hash, login.session_hash) == (state_hash, session_hash)

    def end(login: PendingLogin | None) -> PendingLogin | None:
        if login is None or not is_mine(login) or login.stage is not LoginStage.OPEN:
            return None
        return attrs.evolve(login, stage=LoginStage.ENDED, verifier=None)

    kept = await login_of(site, tenant)
    now = await update(site.state, tenant, LOGIN, LOGIN_SCHEMA, end) if kept else None
    if callback.state and not is_mine(now):  # without a state, as some servers refuse, the word counts
        return await _result(site, tenant, LoginOutcome.NOT_THIS_LOGIN)
    cancelled = callback.error == "access_denied"
    outcome = LoginOutcome.CANCELLED if cancelled else LoginOutcome.REFUSED
    return await _result(site, tenant, outcome, error=callback.error)


async def _take(
    site: Site, tenant: str, callback: Callback, session_hash: str
) -> Kept[PendingLogin] | LoginOutcome | None:
    """Use up the pending login before anything is asked of Visma, so that it is used once.

    Returns:
        The login as it is kept now; or why there is none to use; None: others came in between.
    """
    kept = await login_of(site, tenant)
    if kept is None or kept.value.state_hash != _hash(callback.state.reveal()):
        return LoginOutcome.NOT_THIS_LOGIN
    login, now = kept.value, site.clock.now()
    if login.session_hash != session_hash:
        return LoginOutcome.NOT_THIS_LOGIN
    if login.stage is LoginStage.DONE:
        return await _what_became(site, tenant, login)
    if login.stage is LoginStage.TAKEN and login.taken_at and now < login.taken_at + _CALLBACK_PATIENCE:
        return LoginOutcome.IN_PROGRESS
    if login.stage is not LoginStage.OPEN:
        return LoginOutcome.NOT_THIS_LOGIN
    if login.expires_at <= now:
        return LoginOutcome.EXPIRED
    taken = attrs.evolve(login, stage=LoginStage.TAKEN, taken_at=now)
    if not await site.state.commit(tenant, [LOGIN_SCHEMA.write(LOGIN, kept, taken)]):
        return None
    return Kept(taken, kept.version + 1)


async def _what_became(site: Site, tenant: str, login: PendingLogin) -> LoginOutcome:
    kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    if kept is not None and kept.value.connected and kept.value.login_id == login.login_id:
        return LoginOutcome.ALREADY_CONNECTED
    if kept is not None and kept.value.other and kept.value.other.login_id == login.login_id:
        return LoginOutcome.CONFIRM_COMPANY
    return LoginOutcome.NOT_THIS_LOGIN


async def _completed(site: Site, tenant: str, taken: Kept[PendingLogin], callback: Callback) -> _Ended:
    """Complete a login that was taken; where nothing comes of it, say so in its document."""
    try:
        ended = await _redeemed(site, tenant, taken, callback)
    except BaseException:
        await _end(site, tenant, taken.value)
        raise
    if ended.outcome not in _KEPT:
        await _end(site, tenant, taken.value)
    return ended


async def _redeemed(site: Site, tenant: str, taken: Kept[PendingLogin], callback: Callback) -> _Ended:
    """Turn the code into tokens, look which company they are of, and write the connection down."""
    login = taken.value
    try:
        verifier = (
            None
            if login.verifier is None
            else site.sealer.open(login.verifier, about=verifier_about(tenant, login.state_hash))
        )
        tokens = await _login.redeem(
            site.application,
            callback.code,
            verifier=verifier,
            transport=site.transport,
            clock=site.clock,
            timeout=site.options.timeout,
        )
    except Unsealable:  # it was begun by a process that has ended, whose memory was the store
        return _Ended(LoginOutcome.NOT_THIS_LOGIN)
    except CodeRefused:
        return _Ended(LoginOutcome.CODE_REFUSED)
    login_id = site.runtime.token()
    try:
        ended = await _identified(site, tenant, taken, tokens, login_id)
    except Exception:  # also what the host's ports raise: tokens that nobody will use should not live on
        await forget(site, tenant, tokens, login_id)
        raise
    if ended.outcome not in _KEPT:
        await forget(site, tenant, tokens, login_id)
    return ended


async def _identified(
    site: Site, tenant: str, taken: Kept[PendingLogin], tokens: TokenSet, login_id: str
) -> _Ended:
    missing = _missing_scopes(site, tokens)
    try:
        company = await site.upstream_with(tokens.access_token).company_settings()
    except ApiError as error:
        refused = readiness_of_refusal(error)
        if refused is None:
            raise
        return _Ended(LoginOutcome.SCOPE_MISSING if missing else LoginOutcome.NOT_READY, refused)
    try:
        id = company_id(company)
    except CompanyUnidentified:
        return _Ended(LoginOutcome.COMPANY_UNIDENTIFIED)
    report = readiness_of(
        company,
        project_sync=taken.value.project_sync,
        missing_scopes=missing,
        also_connected=await also_connected(site, tenant, id),
    )
    if missing:
        return _Ended(LoginOutcome.SCOPE_MISSING, report)
    # Before the first order: a database that is restored later must know by which markers to find its drafts.
    await installation_id(site.state, site.runtime.token())
    document = seal_tokens(
        site.sealer, tokens, tenant=tenant, login_id=login_id, generation=site.runtime.token()
    )
    outcome = await until_written(
        CONNECTION, lambda: _write(site, tenant, taken, company, login_id, document)
    )
    if outcome is LoginOutcome.CONNECTED:
        site.teller.connected(tenant, project_sync=taken.value.project_sync)
    return _Ended(outcome, report)


def _missing_scopes(site: Site, tokens: TokenSet) -> tuple[str, ...]:
    asked = site.application.scopes
    # RFC 6749, section 5.1: silence means all that was asked for.
    missing = () if tokens.scopes is None else tuple(scope for scope in asked if scope not in tokens.scopes)
    if tokens.refresh_token is None and _OFFLINE in asked and _OFFLINE not in missing:
        missing += (_OFFLINE,)  # without a refresh token the connection would end within the hour
    return missing


async def _write(
    site: Site,
    tenant: str,
    taken: Kept[PendingLogin],
    company: CompanySettings,
    login_id: str,
    document: Tokens,
) -> LoginOutcome | None:
    """Write login, connection and tokens down in one commit; None: others came in between.

    Whoever reads the connection finds its tokens. A login that was voided meanwhile, by a newer one or by
    disconnecting, connects nothing.
    """
    if await login_of(site, tenant) != taken:
        return LoginOutcome.NOT_THIS_LOGIN
    known = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
    before = known.value if known else None
    id = company_id(company, await _known_id(site, tenant, company, before))
    done = attrs.evolve(taken.value, stage=LoginStage.DONE, login_id=login_id, verifier=None)
    writes = [
        LOGIN_SCHEMA.write(LOGIN, taken, done),
        TOKENS_SCHEMA.write(tokens_key(login_id), None, document),
    ]
    over = [before.other.login_id] if before and before.other else []
    if before is not None and not is_company(company, before.company_id):
        other = WaitingCompany(
            company_id=id,
            company_name=company.name,
            project_sync=taken.value.project_sync,
            login_id=login_id,
            found_at=site.clock.now(),
        )
        after, outcome = attrs.evolve(before, other=other), LoginOutcome.CONFIRM_COMPANY
    else:
        after = Connection(
            connected=True,
            company_id=id,
            company_name=company.name,
            project_sync=taken.value.project_sync,
            connected_at=site.clock.now(),
            login_id=login_id,
            fetched=before.fetched if before else {},
            read=before.read if before else {},
            attempted=before.attempted if before else {},
            known_since=since_with(before, id, site.clock.now()),
        )
        outcome = LoginOutcome.CONNECTED
        over += [before.login_id] if before else []
        writes += await archive_fact(site, tenant, after)
    writes.append(CONNECTION_SCHEMA.write(CONNECTION, known, after))
    # Tokens that others replace are forgotten, not revoked: whether revoking ends only the one consent or all
    # of this user and application is not known, and it must not end the one that was just made.
    writes += await forgetting(site, tenant, over)
    return outcome if await site.state.commit(tenant, writes) else None


async def _known_id(
    site: Site, tenant: str, company: CompanySettings, before: Connection | None
) -> str | None:
    """Return the id that links and orders of this tenant carry for a company already, if it was here before.

    A company that was known by its name, and has a number by now, is the same one also when the tenant comes
    back to it from another company.
    """
    if before is not None and is_company(company, before.company_id):
        return before.company_id
    keys = {archive_missing_key(id): id for id in identities(company)}
    found = await site.state.read(tenant, list(keys))
    return next((id for key, id in keys.items() if key in found), None)


async def archive_fact(site: Site, tenant: str, connection: Connection) -> list[Write]:
    """Return the write that notes what may be archived because of the connection, once per company."""
    key = archive_missing_key(connection.company_id)
    fact = await read(site.state, tenant, key, ARCHIVE_MISSING_SCHEMA)
    if fact is not None or not connection.project_sync:
        return []
    projects = await site.catalogue.load(tenant, Kind.PROJECT)
    candidates = ArchiveMissingFact(candidates=sorted(project.id for project in projects))
    return [ARCHIVE_MISSING_SCHEMA.write(key, None, candidates)]


async def _end(site: Site, tenant: str, login: PendingLogin) -> None:
    """Note that a login came to nothing; whatever hinders that, it runs out by itself."""

    def end(now: PendingLogin | None) -> PendingLogin | None:
        if now is None or now.state_hash != login.state_hash or now.stage is not LoginStage.TAKEN:
            return None
        return attrs.evolve(now, stage=LoginStage.ENDED, verifier=None)

    with contextlib.suppress(Exception):
        await update(site.state, tenant, LOGIN, LOGIN_SCHEMA, end)


async def forget(site: Site, tenant: str, tokens: TokenSet, login_id: str) -> None:
    """Revoke tokens that nobody will use, unless that could harm a connection that the tenant keeps.

    A commit that was told as failed may have been made: what is stored by then is of use.
    """
    with contextlib.suppress(Exception):  # they end by themselves; what matters is raised or told
        kept = await read(site.state, tenant, CONNECTION, CONNECTION_SCHEMA)
        stored = await site.state.read(tenant, [tokens_key(login_id)])
        if not stored and not (kept and kept.value.has_login):
            with contextlib.suppress(EAccountingError):
                await revoke(site, tokens)
