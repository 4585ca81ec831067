"""Where the secrets of the tenants' connections live: in this process, and nowhere else."""

from __future__ import annotations

import threading
from typing import final

from attrs import frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync.eaccounting import TokenSet


@final
class MemoryVault:
    """Tokens and pending PKCE verifiers by tenant, in memory: when the process ends, they are gone.

    After that a tenant is asked to connect again; nothing in Busy is lost by it.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tokens: dict[str, TokenSet] = {}
        self._verifiers: dict[str, Secret] = {}

    def tokens(self, tenant: str) -> TokenSet | None:
        """Return a tenant's tokens."""
        with self._guard:
            return self._tokens.get(tenant)

    def put(self, tenant: str, tokens: TokenSet) -> None:
        """Keep the tokens of a new login."""
        with self._guard:
            self._tokens[tenant] = tokens

    def replace(self, tenant: str, old: TokenSet, new: TokenSet) -> None:
        """Keep `new`, if `old` is still what is kept: a refresh never overwrites a newer login."""
        with self._guard:
            if self._tokens.get(tenant) is old:
                self._tokens[tenant] = new

    def drop(self, tenant: str) -> TokenSet | None:
        """Forget a tenant's tokens, and return them to be revoked."""
        with self._guard:
            return self._tokens.pop(tenant, None)

    def keep_verifier(self, state_hash: str, verifier: Secret) -> None:
        """Keep the PKCE verifier of a pending login."""
        with self._guard:
            self._verifiers[state_hash] = verifier

    def take_verifier(self, state_hash: str) -> Secret | None:
        """Return the PKCE verifier of a pending login, and forget it."""
        with self._guard:
            return self._verifiers.pop(state_hash, None)


@final
@frozen
class TenantTokens:
    """One tenant's part of the vault, as the client's token store."""

    vault: MemoryVault
    tenant: str

    async def load(self) -> TokenSet | None:
        """Return the tokens; None if there are none."""
        return self.vault.tokens(self.tenant)

    async def replace(self, old: TokenSet, new: TokenSet) -> None:
        """Keep `new` in the place of `old`; where another set came in between, that one stays."""
        self.vault.replace(self.tenant, old, new)
