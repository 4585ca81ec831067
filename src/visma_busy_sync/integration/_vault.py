"""Where the secrets of the tenants' connections live: in this process, and nowhere else."""

from __future__ import annotations

import threading
from typing import Final, final

from attrs import frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.eaccounting.errors import ReconnectNeeded

STORED_LOGIN: Final = "stored login"
"""How errors name the look at what is known of a login; nothing was asked of Visma then."""


def not_held() -> ReconnectNeeded:
    """Return the error that this process holds no tokens of a login, most often since it is a new process."""
    return ReconnectNeeded(
        "this process holds no tokens of the login, since they are kept in memory only in this version and "
        "end with the process",
        operation=STORED_LOGIN,
        advice="Press connect and log in again after each restart. Nothing in Busy is lost.",
    )


@final
class MemoryVault:
    """Tokens and pending PKCE verifiers by tenant, in memory: when the process ends, they are gone.

    After that a tenant is asked to connect again; nothing in Busy is lost by it. Tokens belong to one login:
    asked for those of another one, the vault has none, so that no call ever reaches the company of a former
    login.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tokens: dict[str, dict[str, TokenSet]] = {}
        self._arriving: set[tuple[str, str]] = set()
        self._verifiers: dict[str, tuple[str, Secret]] = {}

    def tokens(self, tenant: str, login_id: str) -> TokenSet | None:
        """Return the tokens of a tenant's login."""
        with self._guard:
            return self._tokens.get(tenant, {}).get(login_id)

    def put(self, tenant: str, login_id: str, tokens: TokenSet) -> None:
        """Keep the tokens of a login that is about to be written down; it arrives until it is settled."""
        with self._guard:
            self._tokens.setdefault(tenant, {})[login_id] = tokens
            self._arriving.add((tenant, login_id))

    def settle(self, tenant: str, login_id: str) -> frozenset[str]:
        """Note that a login was written down, or never will be; return what `settled` returns then."""
        with self._guard:
            self._arriving.discard((tenant, login_id))
            return self._settled(tenant)

    def settled(self, tenant: str) -> frozenset[str]:
        """Return the ids of the logins that are kept, without those that arrive.

        What is written down after this call tells of each of them whether it is of use any more.
        """
        with self._guard:
            return self._settled(tenant)

    def _settled(self, tenant: str) -> frozenset[str]:
        return frozenset(id for id in self._tokens.get(tenant, {}) if (tenant, id) not in self._arriving)

    def replace(self, tenant: str, login_id: str, old: TokenSet, new: TokenSet) -> None:
        """Keep `new`, if `old` is still what is kept: a refresh brings nothing back that was dropped."""
        with self._guard:
            kept = self._tokens.get(tenant, {})
            if kept.get(login_id) is old:
                kept[login_id] = new

    def drop(self, tenant: str, login_ids: frozenset[str] | None = None) -> list[TokenSet]:
        """Forget the tokens of some logins of a tenant, or of all, and return them to be revoked."""
        with self._guard:
            kept = self._tokens.get(tenant, {})
            return [kept.pop(id) for id in list(kept) if login_ids is None or id in login_ids]

    def keep_verifier(self, tenant: str, state_hash: str, verifier: Secret | None) -> None:
        """Keep the PKCE verifier of a pending login in the place of an earlier one; None: it has none."""
        with self._guard:
            self._verifiers.pop(tenant, None)
            if verifier is not None:
                self._verifiers[tenant] = (state_hash, verifier)

    def take_verifier(self, tenant: str, state_hash: str) -> Secret | None:
        """Return the PKCE verifier of a pending login, and forget it."""
        with self._guard:
            kept_hash, verifier = self._verifiers.get(tenant, ("", None))
            if kept_hash != state_hash:
                return None
            self._verifiers.pop(tenant, None)
            return verifier


@final
@frozen
class TenantTokens:
    """The tokens of one login of a tenant, as the client's token store."""

    vault: MemoryVault
    tenant: str
    login_id: str

    async def load(self) -> TokenSet:
        """Return the tokens.

        Raises:
            ReconnectNeeded: If this process holds none.
        """
        tokens = self.vault.tokens(self.tenant, self.login_id)
        if tokens is None:
            raise not_held()
        return tokens

    async def replace(self, old: TokenSet, new: TokenSet) -> None:
        """Keep `new` in the place of `old`; where another set came in between, that one stays."""
        self.vault.replace(self.tenant, self.login_id, old, new)
