"""All that the use cases work with: the host's ports, the application, the world."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import final
from weakref import WeakValueDictionary

from attrs import field, frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Limiter, Runtime
from visma_busy_sync.eaccounting import Application
from visma_busy_sync.eaccounting._execute import Env, Options
from visma_busy_sync.eaccounting._tokens import FixedToken, RenewedTokens, TokenSource
from visma_busy_sync.eaccounting.http import Transport
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration._vault import MemoryVault, TenantTokens
from visma_busy_sync.ports import AsyncCatalogue, AsyncStateStore, AsyncWorkLog
from visma_busy_sync.sync import ArchiveMissing, Match, SyncSettings


@final
@frozen(kw_only=True)
class Choices:
    """The settings of the integration, the same for all tenants of a site.

    Attributes:
        match: What must agree before records of both sides are joined.
        archive_missing: Whether Busy's projects that eAccounting lacks are archived at the connection.
        registers_without_projects: Import customers and products also while project sync is off (R12).
        pkce: Send a PKCE challenge at login; the vendor does not document it.
        send_amounts: Send the amounts of an order instead of leaving them to eAccounting.

    Raises:
        ConfigurationError: If a value is none of the allowed ones.
    """

    match: Match = Match.NUMBER_AND_NAME
    archive_missing: ArchiveMissing = ArchiveMissing.AT_CONNECTION
    registers_without_projects: bool = True
    pkce: bool = False
    send_amounts: bool = False

    def __attrs_post_init__(self) -> None:
        self.sync_settings(project_sync=False)  # what is wrong shows when it is set up, not at the first sync

    def sync_settings(self, *, project_sync: bool) -> SyncSettings:
        """Return the settings of a tenant's import.

        Raises:
            ConfigurationError: If a value is none of the allowed ones.
        """
        return SyncSettings(
            project_sync=project_sync,
            registers_without_projects=self.registers_without_projects,
            match=self.match,
            archive_missing=self.archive_missing,
        )


class _Sources:
    """One source of tokens per login while anybody uses it: so two refreshes of it never run at once."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._used: WeakValueDictionary[tuple[str, str], RenewedTokens] = WeakValueDictionary()

    def of(self, tenant: str, login_id: str, make: Callable[[], RenewedTokens]) -> RenewedTokens:
        with self._guard:
            source = self._used.get((tenant, login_id))
            if source is None:
                source = self._used[tenant, login_id] = make()
            return source


@final
@frozen(kw_only=True)
class Site:
    """One installation of the integration."""

    catalogue: AsyncCatalogue
    work: AsyncWorkLog
    state: AsyncStateStore
    application: Application
    transport: Transport
    runtime: Runtime
    clock: Clock
    limiter: Limiter
    choices: Choices = field(factory=Choices)
    options: Options = field(factory=Options)
    vault: MemoryVault = field(factory=MemoryVault)
    _sources: _Sources = field(factory=_Sources, init=False, repr=False)

    def upstream(self, tenant: str, login_id: str) -> Upstream:
        """Return eAccounting as a login of the tenant reaches it."""

        def make() -> RenewedTokens:
            return RenewedTokens(
                self.application,
                TenantTokens(self.vault, tenant, login_id),
                transport=self.transport,
                runtime=self.runtime,
                clock=self.clock,
            )

        return Upstream(self._env(self._sources.of(tenant, login_id, make)))

    def upstream_with(self, token: Secret) -> Upstream:
        """Return eAccounting as a token reaches it that is not yet any tenant's."""
        return Upstream(self._env(FixedToken(token)))

    def _env(self, tokens: TokenSource) -> Env:
        return Env(
            api_url=self.application.endpoints.api_url,
            transport=self.transport,
            tokens=tokens,
            runtime=self.runtime,
            clock=self.clock,
            limiter=self.limiter,
            options=self.options,
        )
