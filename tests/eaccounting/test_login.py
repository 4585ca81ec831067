"""The login over a running identity server: authorise, code, tokens, refresh, revocation."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

from visma_busy_sync.eaccounting import (
    AsyncEAccounting,
    AsyncOAuth,
    EAccounting,
    OAuth,
    PendingLogin,
    Secret,
    TokenSet,
)
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    ClientRefused,
    CodeRefused,
    EAccountingError,
    LoginRefused,
    NotSent,
    ReconnectNeeded,
    StateMismatch,
    UnreadableAnswer,
)

from .conftest import Sandbox


def log_in(sandbox: Sandbox, *, pkce: bool = False) -> TokenSet:
    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin(pkce=pkce)
        return oauth.complete(pending, sandbox.press(pending.url))


def ended(tokens: TokenSet) -> TokenSet:
    return attrs.evolve(tokens, expires_at=datetime.now(UTC) - timedelta(seconds=1))


@pytest.mark.parametrize("pkce", [False, True], ids=["plain", "PKCE"])
def test_a_login_from_the_first_address_to_the_first_call(sandbox: Sandbox, pkce: bool) -> None:
    """The tokens that come open the API."""
    tokens = log_in(sandbox, pkce=pkce)
    assert tokens.refresh_token is not None
    assert tokens.scopes == frozenset({"ea:api", "offline_access", "ea:sales"})
    assert timedelta(minutes=59) < tokens.expires_at - datetime.now(UTC) <= timedelta(minutes=60)
    with EAccounting(tokens, application=sandbox.application) as api:
        assert api.company_settings().name


@pytest.mark.anyio
@pytest.mark.parametrize("pkce", [False, True], ids=["plain", "PKCE"])
async def test_the_asynchronous_login_does_the_same(sandbox: Sandbox, pkce: bool) -> None:
    """To the end: refresh and revocation too."""
    kept: list[TokenSet] = []

    async def keep(tokens: TokenSet) -> None:
        kept.append(tokens)

    async with AsyncOAuth(sandbox.application) as oauth:
        pending = oauth.begin(pkce=pkce)
        tokens = await oauth.complete(pending, sandbox.press(pending.url))
        async with AsyncEAccounting(
            ended(tokens), application=sandbox.application, on_new_tokens=keep
        ) as api:
            assert (await api.company_settings()).name
            (renewed,) = kept
            assert renewed.access_token != tokens.access_token
            await oauth.revoke(renewed)
            with pytest.raises(ReconnectNeeded):
                await api.company_settings()


def test_cancelling_is_told(sandbox: Sandbox) -> None:
    """The user pressed Cancel."""
    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin()
        with pytest.raises(LoginRefused, match="cancelled") as caught:
            oauth.complete(pending, sandbox.press(pending.url, "deny"))
    assert caught.value.error == "access_denied"


def test_the_state_of_another_login_is_refused(sandbox: Sandbox) -> None:
    """Nothing is asked of Visma."""
    with OAuth(sandbox.application) as oauth:
        mine, other = oauth.begin(), oauth.begin()
        callback = sandbox.press(other.url)
        with pytest.raises(StateMismatch):
            oauth.complete(mine, callback)
        assert sandbox.sent("POST", "/connect/token") == 0
        assert oauth.complete(other, callback).access_token


def test_a_code_works_once(sandbox: Sandbox) -> None:
    """A second try with the same callback is refused, with advice."""
    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin()
        callback = sandbox.press(pending.url)
        oauth.complete(pending, callback)
        with pytest.raises(CodeRefused, match="works once") as caught:
            oauth.complete(pending, callback)
    assert caught.value.advice.startswith("Press connect to begin again.")


def test_another_redirect_address_than_the_login_began_with_is_named(sandbox: Sandbox) -> None:
    """Pressing connect alone would lead in a circle: the code is refused each time."""
    other = attrs.evolve(sandbox.application, redirect_uri="http://127.0.0.1:5001/elsewhere")
    with OAuth(sandbox.application) as begins, OAuth(other) as completes:
        pending = begins.begin()
        with pytest.raises(CodeRefused, match="only with the redirect address") as caught:
            completes.complete(pending, sandbox.press(pending.url))
    assert "redirect_uri" in caught.value.advice


def test_a_code_grows_old(sandbox: Sandbox) -> None:
    """After 5 minutes."""
    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin()
        callback = sandbox.press(pending.url)
        sandbox.control("POST", "/clock", {"advance_seconds": 301})
        with pytest.raises(CodeRefused):
            oauth.complete(pending, callback)


def test_another_verifier_is_refused(sandbox: Sandbox) -> None:
    """A stolen code is worth nothing with PKCE."""
    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin(pkce=True)
        stolen = PendingLogin(url=pending.url, state=pending.state, verifier=Secret("x" * 43))
        with pytest.raises(CodeRefused):
            oauth.complete(stolen, sandbox.press(pending.url))


def test_a_wrong_client_secret_is_told(sandbox: Sandbox) -> None:
    """At the code, at the refresh and at the revocation; it is no dead connection."""
    tokens = log_in(sandbox)
    wrong = attrs.evolve(sandbox.application, client_secret=Secret("wrong"))
    with OAuth(wrong) as oauth:
        pending = oauth.begin()
        with pytest.raises(ClientRefused, match="invalid_client"):
            oauth.complete(pending, sandbox.press(pending.url))
        with pytest.raises(ClientRefused):
            oauth.revoke(tokens)
    with EAccounting(ended(tokens), application=wrong) as api, pytest.raises(ClientRefused) as caught:
        api.company_settings()
    assert "client secret" in caught.value.advice


@pytest.mark.parametrize("rotation", [True, False], ids=["rotating", "reusable"])
def test_an_ended_token_is_renewed_and_kept(sandbox: Sandbox, rotation: bool) -> None:
    """Again and again, with refresh tokens of either kind."""
    sandbox.control("PATCH", "/profile", {"rotation": rotation})
    tokens = log_in(sandbox)
    kept: list[TokenSet] = []
    with EAccounting(ended(tokens), application=sandbox.application, on_new_tokens=kept.append) as api:
        assert api.company_settings().name
        sandbox.control("POST", "/clock", {"advance_seconds": 3601})
        assert api.company_settings().name
    assert len(kept) == 2
    used = [tokens.refresh_token, *(each.refresh_token for each in kept)]
    assert len(set(used)) == (3 if rotation else 1)


def test_a_401_renews_the_token(sandbox: Sandbox) -> None:
    """The server's clock has moved on, ours has not: one renewal, one more request."""
    tokens = log_in(sandbox)
    sandbox.control("POST", "/clock", {"advance_seconds": 3601})
    with EAccounting(tokens, application=sandbox.application) as api:
        assert api.company_settings().name
    assert sandbox.sent("GET", "/v2/companysettings") == 2
    assert sandbox.sent("POST", "/connect/token") == 2


def test_an_order_after_a_401_is_created_once(sandbox: Sandbox) -> None:
    """The refused request had no effect."""
    from .test_client import new_order

    tokens = log_in(sandbox)
    with EAccounting(tokens, application=sandbox.application) as api:
        new = new_order(api)
        before = len(list(api.orders.list()))
        sandbox.control("POST", "/clock", {"advance_seconds": 3601})
        api.orders.create(new)
        assert len(list(api.orders.list())) == before + 1
    assert sandbox.sent("POST", "/v2/orders") == 2


def test_a_changed_password_ends_the_connection(sandbox: Sandbox) -> None:
    """KB 2019: the tokens die; only a new login helps."""
    tokens = log_in(sandbox)
    sandbox.control("POST", "/password-change")
    with EAccounting(tokens, application=sandbox.application) as api:
        with pytest.raises(ReconnectNeeded, match="made anew") as caught:
            api.company_settings()
        assert "password" in caught.value.advice
        assert sandbox.sent("POST", "/connect/token") == 2
    with EAccounting(log_in(sandbox), application=sandbox.application) as api:
        assert api.company_settings().name


def test_revoked_tokens_are_dead(sandbox: Sandbox) -> None:
    """Revoking twice is no error (RFC 7009)."""
    tokens = log_in(sandbox)
    with OAuth(sandbox.application) as oauth:
        oauth.revoke(tokens)
        oauth.revoke(tokens)
    with EAccounting(tokens, application=sandbox.application) as api, pytest.raises(ReconnectNeeded):
        api.company_settings()


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"kind": "status", "status": 503, "body": "html"}, UnreadableAnswer),
        ({"kind": "status", "status": 200, "body": "html"}, UnreadableAnswer),
        ({"kind": "status", "status": 500, "body": "empty"}, UnreadableAnswer),
        ({"kind": "drop_before"}, AnswerLost),
        ({"kind": "truncate"}, AnswerLost),
    ],
    ids=["maintenance", "page", "500", "dropped", "cut off"],
)
def test_trouble_at_the_identity_server_passes(
    sandbox: Sandbox, fault: dict[str, Any], error: type[EAccountingError]
) -> None:
    """The connection is not dead: the advice says so, and the next call works."""
    sandbox.control("PATCH", "/profile", {"rotation": False})
    tokens = log_in(sandbox)
    sandbox.fault("POST", "/connect/token", **fault)
    with EAccounting(ended(tokens), application=sandbox.application, max_retries=0) as api:
        with pytest.raises(error) as caught:
            api.company_settings()
        assert "not lost" in caught.value.advice
        assert not caught.value.may_have_happened
        assert api.company_settings().name


def test_an_unreachable_identity_server_is_told(sandbox: Sandbox) -> None:
    """Nothing was sent; the code is still good."""
    from .test_client import unused_port

    with OAuth(sandbox.application) as oauth:
        pending = oauth.begin()
        callback = sandbox.press(pending.url)
        away = attrs.evolve(sandbox.endpoints, token_url=f"http://127.0.0.1:{unused_port()}/token")
        with (
            OAuth(attrs.evolve(sandbox.application, endpoints=away)) as lost,
            pytest.raises(NotSent, match="POST token"),
        ):
            lost.complete(pending, callback)
        assert oauth.complete(pending, callback).access_token


def test_tokens_without_an_application_are_not_renewed(sandbox: Sandbox) -> None:
    """They work until they end."""
    tokens = log_in(sandbox)
    with EAccounting(tokens, endpoints=sandbox.endpoints) as api:
        assert api.company_settings().name


def test_an_asynchronous_callback_is_refused_by_the_blocking_client(sandbox: Sandbox) -> None:
    """It would never be awaited, and the tokens be lost."""

    async def keep(_: TokenSet) -> None: ...

    wrong: Any = keep
    tokens = ended(log_in(sandbox))
    with (
        EAccounting(tokens, application=sandbox.application, on_new_tokens=wrong) as api,
        pytest.raises(TypeError, match="asynchronous"),
    ):
        api.company_settings()
