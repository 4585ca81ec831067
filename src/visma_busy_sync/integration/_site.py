"""All that the use cases work with: the host's ports, the application, the world."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager
from typing import final

from attrs import field, frozen

from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Limiter, Runtime
from visma_busy_sync.eaccounting import Application
from visma_busy_sync.eaccounting._execute import Env, Options
from visma_busy_sync.eaccounting._tokens import FixedToken, RenewedTokens, TokenSource
from visma_busy_sync.eaccounting.http import Transport
from visma_busy_sync.integration._checked_ports import CheckedCatalogue, CheckedStateStore, CheckedWorkLog
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration._vault import MemoryVault, TenantTokens
from visma_busy_sync.integration.errors import SyncRunning
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
    """One source of tokens per login, for as long as the login has tokens: it alone renews them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: dict[str, dict[str, RenewedTokens]] = {}

    def of(
        self, tenant: str, login_id: str, make: Callable[[], RenewedTokens], alive: Callable[[str], bool]
    ) -> RenewedTokens:
        with self._guard:
            kept = self._kept.setdefault(tenant, {})
            if login_id not in kept:
                for ended in [id for id in kept if not alive(id)]:
                    del kept[ended]
                kept[login_id] = make()
            return kept[login_id]


class _Syncing:
    """Which tenants are being synced. Tokens are in this process only, so no other one can sync them."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._tenants: set[str] = set()

    @contextlib.contextmanager
    def alone(self, tenant: str) -> Generator[None, None, None]:
        with self._guard:
            if tenant in self._tenants:
                raise SyncRunning(tenant)
            self._tenants.add(tenant)
        try:
            yield
        finally:
            with self._guard:
                self._tenants.discard(tenant)


@final
@frozen(kw_only=True)
class Site:
    """One installation of the integration. What its ports return is checked, here and nowhere else."""

    catalogue: AsyncCatalogue = field(converter=CheckedCatalogue)
    work: AsyncWorkLog = field(converter=CheckedWorkLog)
    state: AsyncStateStore = field(converter=CheckedStateStore)
    application: Application
    transport: Transport
    runtime: Runtime
    clock: Clock
    limiter: Limiter
    choices: Choices = field(factory=Choices)
    options: Options = field(factory=Options)
    vault: MemoryVault = field(factory=MemoryVault)
    _sources: _Sources = field(factory=_Sources, init=False, repr=False)
    _syncing: _Syncing = field(factory=_Syncing, init=False, repr=False)

    def syncing_alone(self, tenant: str) -> AbstractContextManager[None]:
        """Return a context in which no other sync of the tenant runs.

        Raises:
            SyncRunning: On entering, if one does.
        """
        return self._syncing.alone(tenant)

    def upstream(self, tenant: str, login_id: str) -> Upstream:
        """Return eAccounting as a login of the tenant reaches it."""

        def make() -> RenewedTokens:
            return RenewedTokens(
                self.application,
                TenantTokens(self.vault, tenant, login_id),
                transport=self.transport,
                runtime=self.runtime,
                clock=self.clock,
                timeout=self.options.timeout,
            )

        def alive(id: str) -> bool:
            return self.vault.tokens(tenant, id) is not None

        return Upstream(self._env(self._sources.of(tenant, login_id, make, alive)))

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
