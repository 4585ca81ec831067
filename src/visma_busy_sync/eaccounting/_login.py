"""The login as use cases: what happens between the authorise address and the tokens."""

from __future__ import annotations

from attrs import field, frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Runtime
from visma_busy_sync.eaccounting import _oauth as oauth
from visma_busy_sync.eaccounting._exchange import exchange
from visma_busy_sync.eaccounting._oauth import Application, TokenSet
from visma_busy_sync.eaccounting.errors import POST_REVOCATION, POST_TOKEN, StateMismatch
from visma_busy_sync.eaccounting.http import TIMEOUT_SECONDS, Transport


@frozen(kw_only=True)
class PendingLogin:
    """A login that was begun. Keep it with the user's session until the callback comes.

    Attributes:
        url: Where to send the user; it holds the state.
        state: What the callback must bring back.
        verifier: The PKCE verifier; None without PKCE.
    """

    url: str = field(repr=False)
    state: Secret
    verifier: Secret | None = None


def begin(application: Application, runtime: Runtime, *, pkce: bool) -> PendingLogin:
    """Begin a login."""
    state = Secret(runtime.token())
    verifier = Secret(runtime.token()) if pkce else None
    url = oauth.authorize_url(application, state=state, verifier=verifier)
    return PendingLogin(url=url, state=state, verifier=verifier)


async def redeem(
    application: Application,
    code: Secret,
    *,
    verifier: Secret | None,
    transport: Transport,
    clock: Clock,
    timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the transport's, not of the whole
) -> TokenSet:
    """Turn an authorisation code into tokens."""
    now = clock.now()
    request = oauth.code_request(application, code, verifier=verifier, timeout=timeout)
    response = await exchange(transport, request, operation=POST_TOKEN)
    return oauth.read_tokens(response, now=now)


async def complete(
    application: Application,
    pending: PendingLogin,
    callback_url: Secret,
    *,
    transport: Transport,
    clock: Clock,
    timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the transport's, not of the whole
) -> TokenSet:
    """Complete a login with the address that Visma sent the user back to.

    Raises:
        LoginRefused: The user or Visma said no.
        StateMismatch: The callback is not of this login.
        CodeRefused: The code is used up or too old.
    """
    callback = oauth.read_callback(callback_url)
    if callback.state != pending.state:
        raise StateMismatch
    return await redeem(
        application,
        callback.code,
        verifier=pending.verifier,
        transport=transport,
        clock=clock,
        timeout=timeout,
    )


async def revoke(
    application: Application,
    tokens: TokenSet,
    *,
    transport: Transport,
    timeout: float = TIMEOUT_SECONDS,  # noqa: ASYNC109 - the transport's, not of the whole
) -> None:
    """End the tokens at Visma; unknown and ended tokens are no error (RFC 7009).

    Raises:
        ClientRefused: If the application itself is refused.
        EAccountingError: If Visma could not be reached or did not confirm.
    """
    request = oauth.revocation_request(application, tokens, timeout=timeout)
    response = await exchange(transport, request, operation=POST_REVOCATION)
    oauth.read_revocation(response)
