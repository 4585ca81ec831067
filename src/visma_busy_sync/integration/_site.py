"""All that the use cases work with: the host's ports, the application, the world."""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Final, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.world import Clock, Limiter, Runtime
from visma_busy_sync.eaccounting import Application
from visma_busy_sync.eaccounting._execute import Env, Options
from visma_busy_sync.eaccounting._retrying import RetryBudget
from visma_busy_sync.eaccounting._tokens import FixedToken, RenewedTokens, TokenSource
from visma_busy_sync.eaccounting.errors import ReconnectNeeded
from visma_busy_sync.eaccounting.http import Transport
from visma_busy_sync.integration._checked_ports import CheckedCatalogue, CheckedStateStore, CheckedWorkLog
from visma_busy_sync.integration._listener import Hear
from visma_busy_sync.integration._stored_tokens import MARGIN_SECONDS, StoredTokens
from visma_busy_sync.integration._teller import Teller
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import SyncRunning
from visma_busy_sync.orders import MarkerPlace
from visma_busy_sync.ports import AsyncCatalogue, AsyncStateStore, AsyncWorkLog
from visma_busy_sync.state import Sealer, WithoutErased
from visma_busy_sync.sync import ArchiveMissing, Match, Owner, SyncSettings
from visma_busy_sync.sync._members import member_of

_LONGEST: Final = timedelta(days=3660)
_SPANS: Final = ("sync_every", "whole_every", "read_back_every", "search_back", "settle_after")
_SWITCHES: Final = ("first_sync_waits", "pkce", "send_amounts", "resend_unknown")

# The connected login, one that waits to be confirmed, and one that was just replaced.
_SOURCES_PER_TENANT: Final = 4


def _marker_place(value: str) -> MarkerPlace:
    return member_of(MarkerPlace, "marker_place", value)


@final
@frozen(kw_only=True)
class Choices:
    """The settings of the integration, the same for all tenants of a site.

    Attributes:
        match: What must agree before records of both sides are joined.
        archive_missing: Whether Busy's projects are archived that eAccounting lacks or loses.
        owners: Whose value stands when both sides changed a field, where it is not as usual: number and
            customer from eAccounting, all else Busy's. `{"name": "eaccounting"}` for every kind, or
            `{"project.name": "eaccounting"}` for one.
        scope: Which numbers of eAccounting are imported, by kind, as patterns: `{"project": ["10*"]}`; a kind
            that is not named is imported whole. Busy's projects with other numbers are not archived as
            unknown to eAccounting.
        registers_without_projects: Import customers and products also while project sync is off (R12).
        first_sync_waits: Leave the first import after a connection to a person, who has seen `plan()`. Only
            after that are imports due by themselves. False: the first is due at once (R9).
        pkce: Send a PKCE challenge at login; the vendor does not document it.
        marker_place: Which reference of a draft its marker ends, by which it is found again:
            `our_reference`, or `your_reference`.
        send_amounts: Send the amounts of an order instead of leaving them to eAccounting.
        sync_every: How often an import is due; above 0, ten years at most.
        whole_every: How often an import reads all of eAccounting instead of what changed; above 0, ten
            years at most.
        read_back_every: How often a transferred order is read again until it is invoiced; likewise.
        search_back: How long before its reservation and its date an order may have been created that is
            taken into account when it is looked for; likewise. Longer is safer after an old database was
            restored, and costs more requests.
        settle_after: How long an order whose outcome is not known may take to appear, before a person is to
            look; likewise. Ten minutes by default: longer than a call may last and than clocks may differ.
        resend_unknown: Send an order again by itself if two sure searches, `settle_after` apart, do not show
            it though each shows another draft of ours. It saves a person's look, and where the vendor shows a
            draft later than that, a customer is billed twice.

    Raises:
        ConfigurationError: If a value is none of the allowed ones.
    """

    match: Match = Match.NUMBER_AND_NAME
    archive_missing: ArchiveMissing = ArchiveMissing.AT_CONNECTION
    owners: Mapping[str, Owner] = field(factory=dict[str, Owner])
    scope: Mapping[str, Sequence[str]] = field(factory=dict[str, "Sequence[str]"])
    registers_without_projects: bool = True
    first_sync_waits: bool = False
    pkce: bool = False
    marker_place: MarkerPlace = field(default=MarkerPlace.OUR_REFERENCE, converter=_marker_place)
    send_amounts: bool = False
    sync_every: timedelta = timedelta(hours=1)
    whole_every: timedelta = timedelta(days=1)
    read_back_every: timedelta = timedelta(hours=1)
    search_back: timedelta = timedelta(days=90)
    settle_after: timedelta = timedelta(minutes=10)
    resend_unknown: bool = False

    def __attrs_post_init__(self) -> None:
        for name in _SPANS:
            every: object = getattr(self, name)
            if not isinstance(every, timedelta) or not timedelta(0) < every <= _LONGEST:
                raise ConfigurationError(
                    f"{name} is a timedelta above 0, of {_LONGEST.days} days at most.",
                    advice="For instance timedelta(minutes=30).",
                )
        for name in _SWITCHES:
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"{name} is neither True nor False.")
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
            owners=self.owners,
            scope=self.scope,
        )


class _Sources:
    """One source of tokens per login: it alone renews them in this process, and holds what is not stored yet.

    The latest ones of each tenant are kept: a login that is over is not asked for any more.
    """

    def __init__(self) -> None:
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Begin without sources: a right to renew is one process's, and the parent stores what it has."""
        self._guard = threading.Lock()
        self._kept: dict[str, dict[str, RenewedTokens]] = {}

    def of(self, tenant: str, login_id: str, make: Callable[[], RenewedTokens]) -> RenewedTokens:
        with self._guard:
            kept = self._kept.setdefault(tenant, {})
            source = kept.pop(login_id, None) or make()
            kept[login_id] = source  # the latest used one is the last
            for oldest in list(kept)[:-_SOURCES_PER_TENANT]:
                del kept[oldest]
            return source


class _Syncing:
    """Which tenants are being synced in this process; a lease in the store tells of other processes."""

    def __init__(self) -> None:
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Begin without any sync: those of the parent are not of this process, and have their lease."""
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
class _Watched:
    """The tokens of a login; that it is dead is noted, to be told at the end of the use case."""

    def __init__(self, tokens: TokenSource, dead: Callable[[], None]) -> None:
        self._tokens = tokens
        self._dead = dead

    async def token(self) -> Secret:
        """Return a token that is believed to be good."""
        with self._watching():
            return await self._tokens.token()

    async def token_after_refusal(self, refused: Secret) -> Secret | None:
        """Return another token, if there is one."""
        with self._watching():
            return await self._tokens.token_after_refusal(refused)

    @contextlib.contextmanager
    def _watching(self) -> Generator[None, None, None]:
        try:
            yield
        except ReconnectNeeded:
            self._dead()
            raise


def _state_of(port: AsyncStateStore) -> AsyncStateStore:
    return WithoutErased(CheckedStateStore(port))


@final
@frozen(kw_only=True)
class Site:
    """One installation of the integration. What its ports return is checked, here and nowhere else.

    Attributes:
        volatile: Whether the state store lasts no longer than this process.
    """

    catalogue: AsyncCatalogue = field(converter=CheckedCatalogue)
    work: AsyncWorkLog = field(converter=CheckedWorkLog)
    state: AsyncStateStore = field(converter=_state_of)
    application: Application
    transport: Transport
    runtime: Runtime
    clock: Clock
    limiter: Limiter
    choices: Choices = field(factory=Choices)
    options: Options = field(factory=Options)
    retry_budget: RetryBudget = field(factory=RetryBudget)
    sealer: Sealer
    hear: Hear | None = None
    teller: Teller = field(
        init=False,
        repr=False,
        default=attrs.Factory(
            lambda self: Teller(self.hear, state=self.state, clock=self.clock, runtime=self.runtime),
            takes_self=True,
        ),
    )
    volatile: bool = False
    _sources: _Sources = field(factory=_Sources, init=False, repr=False)
    _syncing: _Syncing = field(factory=_Syncing, init=False, repr=False)

    def telling_apart(self) -> Site:
        """Return the same site, whose teller is of one call."""
        own = copy.copy(self)  # not evolve: it is to share all the rest, also what is not given to it
        object.__setattr__(own, "teller", self.teller.apart())
        return own

    def syncing_alone(self, tenant: str) -> AbstractContextManager[None]:
        """Return a context in which no other sync of the tenant runs.

        Raises:
            SyncRunning: On entering, if one does.
        """
        return self._syncing.alone(tenant)

    def tokens(self, tenant: str, login_id: str) -> StoredTokens:
        """Return the stored tokens of a tenant's login."""
        return StoredTokens(
            state=self.state,
            sealer=self.sealer,
            runtime=self.runtime,
            clock=self.clock,
            tenant=tenant,
            login_id=login_id,
            lasts=timedelta(seconds=self.options.timeout + MARGIN_SECONDS),
        )

    def upstream(self, tenant: str, login_id: str) -> Upstream:
        """Return eAccounting as a login of the tenant reaches it."""

        def make() -> RenewedTokens:
            return RenewedTokens(
                self.application,
                self.tokens(tenant, login_id),
                transport=self.transport,
                runtime=self.runtime,
                clock=self.clock,
                timeout=self.options.timeout,
            )

        tokens = self._sources.of(tenant, login_id, make)
        return Upstream(self._env(_Watched(tokens, lambda: self.teller.dead(tenant, login_id))))

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
            retry_budget=self.retry_budget,
        )
