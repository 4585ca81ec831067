"""All that the integration seals is brought under a new key: tokens, and what a pending login waits with."""

from __future__ import annotations

import base64
import functools
from datetime import UTC, datetime

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.integration._connecting import verifier_about
from visma_busy_sync.integration._resealing import SEALED_DOCUMENTS
from visma_busy_sync.integration._stored_tokens import open_tokens, seal_tokens
from visma_busy_sync.ports import LiftedStateStore, Write
from visma_busy_sync.state import (
    LOGIN,
    LOGIN_SCHEMA,
    TOKENS_SCHEMA,
    FernetSealer,
    PendingLogin,
    Resealed,
    reseal,
    tokens_key,
)
from visma_busy_sync.stores import MemoryStateStore

OLD, NEW = (base64.urlsafe_b64encode(bytes([seed]) * 32).decode() for seed in (1, 2))
BEFORE, BOTH, AFTER = FernetSealer([OLD]), FernetSealer([NEW, OLD]), FernetSealer([NEW])
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOKENS = TokenSet(
    access_token=Secret("access"), refresh_token=Secret("refresh"), expires_at=NOON, refresh_at=NOON
)


def pending(verifier: str | None) -> PendingLogin:
    return PendingLogin(
        state_hash="hash", session_hash="session", project_sync=True, verifier=verifier, expires_at=NOON
    )


def test_tokens_and_pending_logins_open_with_the_new_key_alone() -> None:
    """After the key was changed, nobody has to connect again, not even who is just logging in."""
    memory = MemoryStateStore()
    kept = seal_tokens(BEFORE, TOKENS, tenant="acme", login_id="login-1", generation="g1")
    waiting = pending(BEFORE.seal(Secret("verifier"), about=verifier_about("acme", "hash")))
    writes = [
        Write(tokens_key("login-1"), None, TOKENS_SCHEMA.dump(kept)),
        Write(LOGIN, None, LOGIN_SCHEMA.dump(waiting)),
    ]
    assert memory.commit("acme", writes)
    assert memory.commit("beta", [Write(LOGIN, None, LOGIN_SCHEMA.dump(pending(None)))])

    report = step(functools.partial(reseal, documents=SEALED_DOCUMENTS), LiftedStateStore(memory), BOTH)

    assert report == Resealed(resealed=2, unchanged=1, failures=())
    found = memory.read("acme", [tokens_key("login-1"), LOGIN])
    tokens = TOKENS_SCHEMA.load(tokens_key("login-1"), found[tokens_key("login-1")].body)
    assert open_tokens(AFTER, tokens, tenant="acme", login_id="login-1") == TOKENS
    login = LOGIN_SCHEMA.load(LOGIN, found[LOGIN].body)
    assert login.verifier is not None
    assert AFTER.open(login.verifier, about=verifier_about("acme", "hash")).reveal() == "verifier"
