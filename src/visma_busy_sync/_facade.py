"""The two shells of the integration: `BusySync` blocks, `AsyncBusySync` awaits. One core does the work.

They are twins by hand: the same names, parameters and texts, each method one line. A test compares them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Self, cast, final

from visma_busy_sync._core.bound import ProcessBound
from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import AsyncioRuntime, BlockingRuntime, SystemClock
from visma_busy_sync._core.secret import Secret
from visma_busy_sync._core.stepper import step
from visma_busy_sync._core.texts import Language
from visma_busy_sync._core.world import Clock, Limiter, Runtime
from visma_busy_sync.busy import GivenLine, Order, Period
from visma_busy_sync.eaccounting import PRODUCTION, SCOPES, Application, Endpoints, models
from visma_busy_sync.eaccounting._client import LiftedTransport
from visma_busy_sync.eaccounting._execute import Options
from visma_busy_sync.eaccounting._limits import WindowLimiter
from visma_busy_sync.eaccounting.http import BlockingTransport, Transport
from visma_busy_sync.integration import (
    _building,
    _connecting,
    _connection,
    _deciding,
    _diagnosing,
    _due,
    _importing_lines,
    _jobs,
    _orders_due,
    _other_company,
    _preflight,
    _proving,
    _purging,
    _pushing,
    _reading_back,
    _recovering,
    _resealing,
    _resolving,
    _runs,
    _specifying,
    _syncing,
    _withdrawing,
)
from visma_busy_sync.integration._arguments import given_or, require, require_id
from visma_busy_sync.integration._checked_ports import CheckedStateStore
from visma_busy_sync.integration._diagnosis import Diagnosis
from visma_busy_sync.integration._due import DueSync
from visma_busy_sync.integration._importing_lines import ImportedOrders
from visma_busy_sync.integration._jobs import Job
from visma_busy_sync.integration._listener import (
    AsyncListener,
    Listener,
    awaiting_listener,
    blocking_listener,
)
from visma_busy_sync.integration._login_result import LoginResult
from visma_busy_sync.integration._orders_due import DuePush, DueReadBack
from visma_busy_sync.integration._purging import Purged
from visma_busy_sync.integration._pushing import Pushed, Transfer
from visma_busy_sync.integration._readiness import Readiness
from visma_busy_sync.integration._reading_back import ReadBack
from visma_busy_sync.integration._recovering import Recovered
from visma_busy_sync.integration._site import Choices, Site
from visma_busy_sync.integration._status import Status
from visma_busy_sync.integration._sync_report import SyncReport, UndoReport
from visma_busy_sync.orders import BillingProof, HoursSpecification, LedgerEntry, OrderTexts, Preflight
from visma_busy_sync.ports import (
    AsyncCatalogue,
    AsyncStateStore,
    AsyncWorkLog,
    AwaitedCatalogue,
    AwaitedStateStore,
    AwaitedWorkLog,
    Catalogue,
    LiftedCatalogue,
    LiftedStateStore,
    LiftedWorkLog,
    StateStore,
    WorkLog,
)
from visma_busy_sync.state import FernetSealer, ProcessSealer, Resealed, Sealer, StoreLimiter, SyncRun
from visma_busy_sync.sync import Decision, Kind, Mending, Plan


def _application(
    client_id: str,
    client_secret: Secret | str,
    redirect_uri: str,
    scopes: Sequence[str] | None,
    server: Endpoints,
) -> Application:
    require("endpoints", server, Endpoints, advice="Leave it out for Visma's own server.")
    return Application(
        client_id=client_id,
        client_secret=client_secret,
        redirect_uri=redirect_uri,
        endpoints=server,
        scopes=SCOPES if scopes is None else tuple(scopes),
    )


def _masked(given: Any) -> Any:
    """Return a text as a secret; anything else is refused later, by its own check."""
    return Secret(given) if isinstance(given, str) else given


def _masked_keys(given: Any) -> Any:
    """Return each key of a list as a secret, and a single one too; likewise."""
    match given:
        case bytes():
            return Secret(given.decode("latin-1"))
        case list() | tuple():
            return [_masked_keys(each) for each in cast("Sequence[object]", given)]
        case _:
            return _masked(given)


def _is_volatile(state: object) -> bool:
    """Whether a state store lasts no longer than this process."""
    return getattr(state, "volatile", False) is True


def _limiter(
    store: AsyncStateStore, application: Application, clock: Clock, runtime: Runtime, *, volatile: bool
) -> Limiter:
    """Return the budget of calls: shared by all processes that share the store."""
    if volatile:
        return WindowLimiter(clock=clock, runtime=runtime)
    checked = CheckedStateStore(store)
    return StoreLimiter(checked, clock=clock, runtime=runtime, client_id=application.client_id)


def _sealer(state: object, keys: Sequence[Secret | str | bytes] | None, runtime: Runtime) -> Sealer:
    if keys is not None:
        return FernetSealer(keys)
    if _is_volatile(state):
        return ProcessSealer(runtime.token)
    raise ConfigurationError(
        f"{type(state).__name__} keeps what is written to it, so tokens must be encrypted: encryption_keys "
        "is missing.",
        advice="Make a key once with Fernet.generate_key() of the package cryptography, keep it as you keep "
        'the client secret, and pass encryption_keys=[key]. It needs "visma-busy-sync[crypto]".',
    )


def _tenant_id(id: str) -> str:
    given: object = id
    if given == "":
        raise ConfigurationError(
            "A tenant needs an id; the empty one is reserved for shared documents.",
            advice="Pass the id that the host has for the workspace, as a text.",
        )
    require_id("the tenant's id", id)
    return id


@final
class Tenant(ProcessBound):
    """One workspace of Busy and its connection to eAccounting; made by `BusySync.tenant`."""

    def __init__(self, site: Site, id: str) -> None:
        self._site = site
        self.id = id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    def connect(self, *, project_sync: bool, session: str) -> str:
        """Begin a login and return the address to send the user to; an earlier pending login is void.

        Args:
            project_sync: The user's choice whether projects are synchronised (R6).
            session: An unguessable text that only the user's browser session has.

        Raises:
            ConfigurationError: If the session is no text or blank, or the choice is neither True nor False.
        """
        session = _masked(session)
        return step(_connecting.connect, self._site, self.id, project_sync=project_sync, session=session)

    def complete_login(self, callback_url: str, *, session: str) -> LoginResult:
        """Complete the login with the address that Visma sent the user back to. Nothing is imported yet.

        Whatever a person can cause is told by the result, not raised: show `result.text("nb")`. Loading the
        page again is harmless.

        Args:
            callback_url: The whole address as a text; where a framework has an object for it, its `str`.
            session: The text that `connect` was given.

        Raises:
            ConfigurationError: If one of them is no text.
            ClientRefused: If Visma does not accept client id, client secret or redirect address.
            EncryptionKeyMissing: If what was sealed cannot be opened with the keys that are given.
            PortContractBroken: A port of the host answered something that it must not.
            EAccountingError: If Visma could not be reached or read; press connect again.
        """
        callback_url, session = _masked(callback_url), _masked(session)
        return step(_connecting.complete_login, self._site, self.id, callback_url, session=session)

    def readiness(self) -> Readiness:
        """Return what eAccounting still needs before import and orders work, each with what to press.

        It is read anew; nothing is changed.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
        """
        return step(_connection.readiness, self._site, self.id)

    def diagnose(self) -> Diagnosis:
        """Check all that import and orders need, from the store to eAccounting; for the operator.

        Of eAccounting it only reads; to the state store it writes one document of its own, and deletes it.
        What fails is told in the result.
        """
        return step(_diagnosing.diagnose, self._site, self.id)

    def preview_company(self) -> Plan:
        """Return what the first sync would do with the other company that waits to be confirmed (D10).

        Nothing is changed.

        Raises:
            NothingToConfirm: If none waits.
            ReconnectNeeded: If its login is dead by now; log in again.
            NotReady: If eAccounting is not set up for it.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_syncing.preview_company, self._site, self.id)

    def confirm_company(self, login_id: str) -> Status:
        """Connect to the other company that waits. Nothing is imported yet; former links are kept (D10).

        Args:
            login_id: The login whose company was shown: `status().other_company.login_id`.

        Raises:
            NothingToConfirm: If it does not wait any more; somebody may have logged in anew since.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_other_company.confirm_company, self._site, self.id, login_id)

    def discard_company(self, login_id: str) -> Status:
        """Leave the connection as it was before somebody logged in to another company.

        Args:
            login_id: The login whose company was shown: `status().other_company.login_id`.

        Raises:
            NothingToConfirm: If it does not wait any more; somebody may have logged in anew since.
        """
        return step(_other_company.discard_company, self._site, self.id, login_id)

    def disconnect(self) -> None:
        """End the connection and revoke its tokens; all of Busy's data stays, links included (R30).

        Raises:
            NotConnected: If there is no connection.
            NotRevoked: If Visma did not confirm; the tenant is disconnected all the same.
            EncryptionKeyMissing: If the tokens cannot be opened with the given keys; nothing changed.
        """
        step(_connection.disconnect, self._site, self.id)

    def purge(self, *, everything: bool = False) -> Purged:
        """Disconnect, and forget the tenant's tokens, logins and texts.

        Kept are ids only: which hours and costs are on an order, the orders' ids, the company's id (of one
        that has none, the hash of its name), and that archiving what eAccounting lacks was done. So nothing
        is billed or archived twice if the tenant comes back.

        Args:
            everything: Remove these too; the result then says what may happen twice. Empty documents stay.

        Raises:
            PurgeRefused: If an order may be on its way; nothing was purged, unless it came up meanwhile. With
                `everything`, an order that cannot be read does not count as on its way.
        """
        return step(_purging.purge, self._site, self.id, everything=everything)

    def status(self) -> Status:
        """Return where the connection stands, what to press, and when was last fetched (R27)."""
        return step(_connection.status, self._site, self.id)

    def plan(self) -> Plan:
        """Return what a sync would do now; nothing is changed.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_syncing.plan, self._site, self.id)

    def sync(self, *, allow_archiving: str | None = None, whole: bool = False) -> SyncReport:
        """Bring Busy up to date with eAccounting. If the reading fails, nothing was changed anywhere.

        If it is interrupted later, each record is old or new, and the next sync does the rest. Where many
        projects are missing in eAccounting at once, they are not archived, but wait in
        `report.plan.archiving` until a person allows exactly them.

        Args:
            allow_archiving: `plan().archiving.digest` of what a person allowed to archive as missing.
            whole: Read all of eAccounting, which happens once a day by itself; else what changed lately.

        Raises:
            ArchivingNotAllowed: If others than those are missing by now; nothing was changed.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            ConnectionChanged: If the connection changed meanwhile; what was applied before stays.
            SyncRunning: If another sync of this tenant runs at this moment.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_syncing.sync, self._site, self.id, allow_archiving=allow_archiving, whole=whole)

    def undo(self, plan: Plan) -> UndoReport:
        """Bring what a sync did back to where it was, except what was touched since.

        Nothing is deleted: what the sync created is archived and no longer linked. The next sync would do the
        same again, so change a setting, or disconnect, before it.

        Args:
            plan: `report.plan` of the sync, also after `plan_to_json` and `plan_from_json`.

        Raises:
            ConfigurationError: If it is no plan, or one of another company.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
            SyncRunning: If a sync of this tenant runs at this moment.
            ConnectionChanged: If the connection changed meanwhile; what was undone before stays so.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_syncing.undo, self._site, self.id, plan)

    def decisions(self) -> Sequence[Decision]:
        """Return what people decided about single records, as far as it still counts.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return step(_deciding.decisions, self._site, self.id)

    def decide(self, *chosen: Decision) -> Sequence[Decision]:
        """Decide about single records: link, relink, unlink, keep or archive them. The next sync does it.

        A decision takes the place of an earlier one about the same record of Busy. Once it is carried out it
        is forgotten, but for `keep`, and for `unlink`, which becomes one. What cannot be carried out is told
        by the plan (`decision_void`) and stays.

        Args:
            chosen: The decisions, such as those of `mendings()`.

        Returns:
            All decisions that count now.

        Raises:
            ConfigurationError: If they contradict each other or others, or one is none.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return step(_deciding.decide, self._site, self.id, chosen)

    def forget_decision(self, kind: Kind, busy_id: str) -> Sequence[Decision]:
        """Take back a decision that was not carried out yet, or a `keep`; return those that are left.

        Raises:
            ConfigurationError: If an argument is of the wrong type.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return step(_deciding.forget_decision, self._site, self.id, kind, busy_id)

    def mendings(self) -> Sequence[Mending]:
        """Look for links that seem wrong, and return what would mend them; nothing is changed.

        Show each to a person, and hand the `decisions` of those that are right to `decide`.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return step(_deciding.mend, self._site, self.id)

    def runs(self) -> Sequence[SyncRun]:
        """Return what the last syncs did, the latest one first: counts and ids, no names.

        The last 50 are kept, those that failed included. One that was killed left none; `status().attempted`
        tells when it began.

        Raises:
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_runs.runs, self._site, self.id)

    def build_order(
        self,
        project: str,
        period: Period,
        *,
        customer: str | None = None,
        order_date: date | None = None,
        order_id: str | None = None,
        texts: OrderTexts | None = None,
        only: Collection[str] | None = None,
        lines: Sequence[GivenLine] = (),
    ) -> Order:
        """Build the order for a project's hours and costs in a period; nothing is stored or sent.

        Args:
            project: Busy's id of the project.
            period: The days whose work is billed.
            customer: Busy's id of the customer; needed only where the project has several.
            order_date: The date of the order; by default today in the workspace's time zone.
            order_id: The host's own id for the order; by default a new one. An order that was reopened,
                withdrawn or released gets its next revision.
            texts: What it says beside its lines.
            only: The claim keys (`busy.claim_key`) of the hours and costs that were chosen; by default all
                that is eligible. What was chosen and cannot be billed is a problem.
            lines: Lines as a person wants them: changed price or text, hours taken together, plain lines, a
                part of a fixed price.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or an id is blank.
            OrderNotReady: With every problem and its cure.
            NotReady: If the company cannot take orders; its report says what to press.
            ProjectUnknown: If there is no such project.
            PortContractBroken: If a port of the host answers something that it must not.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read.
        """
        return step(
            _building.build_order,
            self._site,
            self.id,
            project,
            period,
            customer=customer,
            order_date=order_date,
            order_id=order_id,
            texts=texts,
            only=only,
            lines=lines,
        )

    def import_order_lines(
        self,
        data: bytes,
        period: Period | None = None,
        *,
        order_date: date | None = None,
        order_ids: Mapping[str, str] | None = None,
        texts: OrderTexts | None = None,
    ) -> ImportedOrders:
        """Build the orders that a CSV file of order lines asks for, one for each project; nothing is sent.

        All or nothing: if anything is wrong with any row or order, none is built, and everything is told.
        The first row of a work type takes all its pending hours; they are on no line but that one.

        Args:
            data: The file: UTF-8 or Windows-1252, columns divided by semicolons; at most 10,000 rows and
                5 million bytes.
            period: The days whose hours are pending; by default all, from the order start date to today.
            order_date: The date of the orders; by default today in the workspace's time zone.
            order_ids: By Busy's id of a project, the host's id of its active draft, which the order then has;
                hours that Busy has on that draft are pending too. The others get new ids.
            texts: What each order says beside its lines.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or an id is blank or there twice.
            ImportRefused: With every problem: of rows, with their numbers, and of the projects' orders.
            NotReady: If the company cannot take orders; its report says what to press.
            ProjectUnknown: If the work log does not know a project of the catalogue.
            PortContractBroken: If a port of the host answers something that it must not.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read.
        """
        return step(
            _importing_lines.import_order_lines,
            self._site,
            self.id,
            data,
            period,
            order_date=order_date,
            order_ids=order_ids,
            texts=texts,
        )

    def hours_specification(
        self,
        order: Order,
        *,
        language: Language = "nb",
        names: bool | None = None,
        comments: bool = False,
        internal: bool = False,
    ) -> HoursSpecification:
        """Return what stands behind each line of an order, for the user to send; nothing is stored or sent.

        `visma_busy_sync.specification` shows it in a terminal, as an HTML page and as a PDF file. Days,
        minutes, prices and amounts are those of the order, also where the hours were changed in Busy since.

        Args:
            order: The order, before it is pushed or after.
            language: Norwegian (`nb`) or English (`en`).
            names: Whether members are named; None: as the workspace's settings have it (`names_in_texts`).
            comments: Whether the comments of the hours are shown. They may be personal.
            internal: Whether it says what is for the seller alone: where prices came from, what they would
                have been, what rounding changed, what was left out, and what was changed in Busy since.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or there are no texts in the language.
            ProjectUnknown: If Busy no longer has the project.
            PortContractBroken: If a port of the host answers something that it must not.
            DocumentError: If the order's page in the ledger cannot be read.
        """
        return step(
            _specifying.specify_hours,
            self._site,
            self.id,
            order,
            language=language,
            names=names,
            comments=comments,
            internal=internal,
        )

    def preflight(self, period: Period) -> Preflight:
        """Return what can be billed over all projects, what is in its way, and who can mend it.

        Nothing is stored or sent. A project that the host's work log cannot tell is a row with an error.

        Args:
            period: The days whose work is looked at.

        Raises:
            ConfigurationError: If the period is none.
            NotReady: If the company cannot take orders; its report says what to press.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            WrongCompany: If what is read is of another company.
            StoreBusy: If orders changed all the time while they were read.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If the catalogue or the state store answers something that it must not.
        """
        return step(_preflight.preflight, self._site, self.id, period)

    def billing_proof(self, period: Period) -> BillingProof:
        """Prove that in a period everything approved is on one order, excluded, covered, or told as open.

        Busy's hours and costs are compared with the ledger. Nothing is stored or sent, and eAccounting is
        not asked: a tenant that is not connected has a proof too. `holds` tells whether it does, `breaks`
        what keeps it from that.

        Args:
            period: The days whose hours and costs are looked at.

        Raises:
            ConfigurationError: If the period is none.
            DocumentUnreadable: If the connection cannot be read from the store.
            StoreBusy: If orders changed all the time while they were read.
            PortContractBroken: If the catalogue or the state store answers something that it must not.
        """
        return step(_proving.prove_billing, self._site, self.id, period)

    def push(self, order: Order) -> Transfer:
        """Send an order to eAccounting as a draft; pushing it again returns the earlier result.

        Before it is sent it is looked for by its marker: where it is there already, such as after an old
        database was restored, nothing is sent and it is transferred. An order that was reopened, withdrawn or
        released is pushed again with the same id and a higher revision. After a purge of the tenant there is
        no earlier result: an order that was pushed before it is `OrderClosed`.

        Raises:
            OrdersNotSent: The workspace keeps its orders in Busy, or has no order function; nothing was sent.
            EntryTaken: An hour or cost of it is on another order; nothing was sent.
            OrderChanged: An order of this id and revision has other content; nothing was sent.
            OrderRevised: It is known with another revision, whose place this one cannot take; it is an
                `OrderChanged` too.
            OtherCompany: It was built for another company; nothing was sent.
            OrderClosed: It was refused before, withdrawn or released, or pushed before a purge; nothing was
                sent now.
            OrderUnknown: The tenant was purged meanwhile; nothing was sent.
            ProjectUnknown: Busy does not know its project any more; nothing was sent.
            SearchIncomplete: Whether it is there already could not be read surely; nothing was sent. Push it
                again.
            OrderNeedsAttention: Several are there, another revision of it, one with its marker and other
                rows, or one with its rows and an unknown marker; nothing was sent now. See `resolve`. It is
                an `OrderOutcomeUnknown` too.
            OrderRejected: eAccounting refused it.
            OrderOutcomeUnknown: It may have arrived; it is not sent again by itself. See `recover`.
            OrderBeingSent: It is being sent at this moment, or was interrupted in that; push it again in a
                moment. It is an `OrderOutcomeUnknown` too.
            ConfigurationError: It is no order, or not as it was built and could not be read back, or the
                transport is closed; nothing was sent.
            NotConnected: There is no connection; nothing was sent.
            EAccountingError: It was surely not made, for a reason that is not the order's; push it again
                when that is cured.
        """
        return step(_pushing.push, self._site, self.id, order)

    def push_many(self, orders: Iterable[Order]) -> Sequence[Pushed]:
        """Send several orders, one after the other, in their order; what fails for one stops no other.

        Returns:
            For each order its transfer, or the error that `push` raised.

        Raises:
            ConfigurationError: If one of them is no order; nothing was sent.
        """
        return step(_pushing.push_many, self._site, self.id, orders)

    def recover(self) -> Sequence[Recovered]:
        """Find out what became of every order of which that is not known, such as after a crash.

        Each is looked for in eAccounting. One that is found is transferred. One that is not stays
        `outcome_unknown` for `Choices.settle_after`, since it may appear late; then it needs attention. A
        withdrawal that was interrupted is carried on. One whose POST may still be under way is left alone.
        Call it when a process starts, and from a scheduler; `push_due` does it too.

        Returns:
            For each such order where it stands now, or the error that ended the look at it, which stops no
            other.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_recovering.recover, self._site, self.id)

    def resolve(
        self, order_id: str, *, found: str | None = None, send_again: bool = False, anyway: bool = False
    ) -> LedgerEntry:
        """Write down what a person found out about an order of which it is not clear what became of it.

        Args:
            order_id: The order.
            found: eAccounting's id of its draft. It must be there. If it carries the marker of this revision
                it is taken, else only if its customer and rows are those of the order. Also for an order that
                is gone, and is there under another id.
            send_again: It surely is not there: it is sent with the next push, or by `push_due`. Only where
                the order needs attention, so after `recover` has looked for it.
            anyway: The order that is named is taken although its marker, customer or rows are others; what
                differs is told when it is read back. Never one that another order has.

        Raises:
            NotThisDraft: If the draft is not there, or is not that of this order; nothing was changed.
            OrderOutcomeUnknown: If it is to be sent again, but `recover` has not given up looking for it.
            SearchIncomplete: If eAccounting did not answer clearly whether it has the draft; nothing was
                changed.
            IllegalTransition: If the order is in no such state.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            ConfigurationError: If neither or both are given, or an id is none.
            NotConnected: If there is no connection, and a draft is named.
            EAccountingError: If eAccounting cannot be read; nothing was changed.
        """
        return step(
            _resolving.resolve,
            self._site,
            self.id,
            order_id,
            found=found,
            send_again=send_again,
            anyway=anyway,
        )

    def withdraw(self, order_id: str) -> LedgerEntry:
        """Delete the draft of an order in eAccounting, as a person asks, and free its hours and costs.

        Only a draft that nobody edited there is deleted. Its hours and costs are freed when eAccounting
        surely does not have it any more. Where it is interrupted the order is `withdrawing`; call it again,
        or `recover`. Withdrawing an order that is withdrawn changes nothing.

        Raises:
            DraftChanged: If it is no draft any more, or was edited; it stays transferred.
            OrderNeedsAttention: If whether it is gone could not be told; its hours and costs stay on it.
                Withdraw it again when a person has looked.
            SearchIncomplete: If it is not found, but was pushed less than `settle_after` ago, so that it may
                appear; it is `withdrawing`.
            IllegalTransition: If the order is not transferred.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting refused, so that it stays transferred, or could not be reached,
                so that it is `withdrawing`.
        """
        return step(_withdrawing.withdraw, self._site, self.id, order_id)

    def release(self, order_id: str) -> LedgerEntry:
        """Free the hours and costs of an order that was deleted in eAccounting, after looking for it again.

        Raises:
            DraftStillThere: If it is there after all; it is transferred again.
            SearchIncomplete: If that could not be read surely; nothing was changed.
            OrderNeedsAttention: If several are there, or another revision of it.
            IllegalTransition: If the order is not known to be gone; see `read_back`.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read; nothing was changed.
        """
        return step(_reading_back.release, self._site, self.id, order_id)

    def read_back(self, order_id: str | None = None) -> Sequence[ReadBack]:
        """Read transferred orders again: how far they have come, what was changed, whether they are gone.

        What was read is kept in `entry.progress`, and nothing follows from it, save for one that is gone by
        its id: it is looked for by its marker. Under a new id it stays transferred; surely not there, and
        pushed more than `settle_after` ago, it is `gone_upstream`, and a person releases it.

        Args:
            order_id: One order; by default all that are transferred to the connected company.

        Returns:
            For each order what was read, or the error that ended that, which stops no other.

        Raises:
            OrderUnknown: If the order was never pushed.
            OrderNotTransferred: If it is not transferred.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead.
        """
        return step(_reading_back.read_back, self._site, self.id, order_id)

    def orders(self) -> Sequence[LedgerEntry]:
        """Return what is known of all orders that were pushed, the one that was reserved first coming first.

        One whose entry cannot be read is left out; `recover` tells of it.
        """
        return step(_reading_back.orders, self._site, self.id)

    def reopen(self, order_id: str) -> LedgerEntry:
        """Free the hours and costs of an order that eAccounting refused, or that was not sent, to edit it.

        It is looked for in eAccounting before; not where it is of another company, and was refused there or
        never about to be sent.

        Raises:
            ConfigurationError: If the id is none.
            IllegalTransition: If the order was neither refused nor left unsent, or its draft was found.
            OrderUnknown: If the order was never pushed.
            SearchIncomplete: If it was not sent, and cannot surely be said not to be there.
            OrderNeedsAttention: If several drafts were found, one of another revision or with other rows, or
                one with an unknown marker and the same rows.
            OtherCompany, NotConnected, EAccountingError: If it cannot be looked for.
        """
        return step(_resolving.reopen, self._site, self.id, order_id)

    def ledger_entry(self, order_id: str) -> LedgerEntry | None:
        """Return what is known of an order that was pushed; None if it was not, or not since a purge."""
        return step(_reading_back.ledger_entry, self._site, self.id, order_id)

    def fetch_order(self, order_id: str) -> models.Order:
        """Read a transferred order as eAccounting holds it now.

        Raises:
            OrderUnknown: If the order was never pushed.
            OrderNotTransferred: If it did not arrive, as far as is known.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            NotFound: If it is gone in eAccounting.
        """
        return step(_reading_back.fetch_order, self._site, self.id, order_id)


@final
class BusySync(ProcessBound):
    """The integration of Busy with eAccounting, blocking.

    Args:
        catalogue: The host's projects, customers and products.
        work: The host's hours, costs and prices.
        state: Where our own documents are kept.
        client_id: Of the application registered with Visma.
        client_secret: Its secret.
        redirect_uri: Where Visma sends the user back to; registered with Visma.
        endpoints: The server; by default Visma's.
        scopes: What is asked for at login; by default what import and orders need.
        choices: Settings of the integration.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.
        deadline: Seconds that a call may take in all, pauses and attempts included; in a blocked thread
            longer where the access token must be renewed first, since what was asked for is waited for.
        encryption_keys: What tokens are encrypted with, made by `Fernet.generate_key()`: the first one
            encrypts, all decrypt. Needed unless the state store lasts no longer than the process.
        transport: How to send; by default httpx.
        clock: The time; by default the machine's.
        listener: Is told what happened; by default nobody is.

    One object may be used by several threads, and any number of processes may share the state store. Where
    that is memory, tokens end with the process, and tenants are asked to connect again.

    Raises:
        ConfigurationError: If an address or a setting is not allowed.
        TypeError: If a port lacks a method, or a port or the listener is of the other sort: asynchronous
            ones belong to `AsyncBusySync`.
    """

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        work: WorkLog,
        state: StateStore,
        client_id: str,
        client_secret: Secret | str,
        redirect_uri: str,
        endpoints: Endpoints = PRODUCTION,
        scopes: Sequence[str] | None = None,
        choices: Choices | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        deadline: float = 90.0,
        encryption_keys: Sequence[Secret | str | bytes] | None = None,
        transport: BlockingTransport | None = None,
        clock: Clock | None = None,
        listener: Listener | None = None,
    ) -> None:
        self._own = None
        # A traceback may be shown with the values of its frames: from here on this one holds no clear text.
        client_secret, encryption_keys = _masked(client_secret), _masked_keys(encryption_keys)
        application = _application(client_id, client_secret, redirect_uri, scopes, endpoints)
        if transport is None:
            from visma_busy_sync.eaccounting.transport import HttpxTransport  # noqa: PLC0415 - httpx late

            transport = self._own = HttpxTransport()
        runtime: Runtime = BlockingRuntime()
        clock = clock or SystemClock()
        store = LiftedStateStore(state)
        self._site = Site(
            catalogue=LiftedCatalogue(catalogue),
            work=LiftedWorkLog(work),
            state=store,
            application=application,
            transport=LiftedTransport(transport),
            runtime=runtime,
            clock=clock,
            limiter=_limiter(store, application, clock, runtime, volatile=_is_volatile(state)),
            sealer=_sealer(state, encryption_keys, runtime),
            hear=blocking_listener(listener),
            volatile=_is_volatile(state),
            choices=given_or("choices", choices, Choices()),
            options=Options(timeout=timeout, max_retries=max_retries, deadline=deadline),
        )

    def tenant(self, id: str) -> Tenant:
        """Return a workspace by the host's id of it, not empty.

        Raises:
            ConfigurationError: If the id is no text or blank; the empty one is reserved for shared documents.
        """
        return Tenant(self._site, _tenant_id(id))

    def sync_due(self, now: datetime | None = None, *, most: int | None = None) -> Sequence[DueSync]:
        """Sync all tenants that are due, one after the other, the longest overdue first.

        Call it from any scheduler, as often as you like, from any number of processes: a tenant is due once
        in `Choices.sync_every`, at a moment of its own within a tenth of that, and one that another process
        is syncing is left out. What fails for one tenant stops no other; it is due again after the interval.
        One whose sync was killed is due again when the right to it is over, after five minutes at most.

        Args:
            now: The moment; by default now.
            most: How many tenants to sync at most; by default all that are due.

        Returns:
            For each tenant that was due its report, or the error that ended its sync.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_due.sync_due, self._site, now, most=most)

    def push_due(self, now: datetime | None = None, *, most: int | None = None) -> Sequence[DuePush]:
        """Send the orders of all tenants that are due, after finding out what became of earlier ones.

        Due is an order of `WorkLog.finalised` that was finalised after its company was connected first
        (`Order.finalised_at`), and one that waits in `reserved` for a cure. Older ones wait for a person, and
        so do those that were refused, withdrawn or released, or need attention. What was not sent the last
        time is tried after the others. Call it from any scheduler, as often as you like, from any number of
        processes.

        Args:
            now: The moment; by default now.
            most: How many tenants at most, those whose turn is longest ago; by default all.

        Returns:
            For each tenant that had something to do what became of it, or what ended its turn. What fails for
            one tenant stops no other. One whose orders another process sends at this moment is left out.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_orders_due.push_due, self._site, now, most=most)

    def read_back_due(self, now: datetime | None = None, *, most: int | None = None) -> Sequence[DueReadBack]:
        """Read back the orders of all tenants that are due: transferred, and not known to be invoiced.

        An order is due every `Choices.read_back_every`. See `Tenant.read_back`.

        Args:
            now: The moment; by default now.
            most: How many tenants at most, those whose turn is longest ago; by default all.

        Returns:
            For each tenant that had something to do what was read, or what ended its turn. What fails for one
            tenant stops no other. One whose orders another process reads at this moment is left out.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_orders_due.read_back_due, self._site, now, most=most)

    def jobs_due(self, now: datetime | None = None) -> Sequence[Job]:
        """Return what is due as jobs, one for each tenant and lane, for a job system of the host's.

        Only the stores and `WorkLog.finalised` are asked, never eAccounting, and nothing is changed. Orders
        come first, then syncs, then reading back; in each lane the tenant whose turn is longest ago. Where it
        cannot be told whether something is due, as with a damaged document, there is a job: its result has
        the error. Orders that only wait for a person make no job.

        Args:
            now: The moment; by default now.

        Raises:
            ConfigurationError: If `now` is no datetime, or has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_jobs.jobs_due, self._site, now)

    def run_job(self, job: Job, now: datetime | None = None) -> DuePush | DueSync | DueReadBack | None:
        """Do a job, if it is still due and no other worker is at it.

        So it may be queued twice, retried and lost: a worker that comes second does nothing, and `jobs_due`
        tells it again as long as it is due. In one lane a tenant has one worker at a time, over all
        processes; when that is killed, another one may go on five minutes after its last step.

        Args:
            job: One of `jobs_due()`, or one that was made again: `Job(tenant, lane)`.
            now: The moment; by default now.

        Returns:
            What `push_due`, `sync_due` or `read_back_due` tells of a tenant, with the error that ended it if
            one did; None: nothing was to be done.

        Raises:
            ConfigurationError: If `job` is none, or `now` is no datetime or has no time zone.
        """
        return step(_jobs.run_job, self._site, job, now)

    def reseal(self) -> Resealed:
        """Bring the stored tokens of all tenants under the first encryption key; others can be dropped then.

        It may be ended at any time and run again, beside all other work. What cannot be opened is left as
        it is and told in the result.

        Raises:
            ConfigurationError: If there are no encryption keys.
            PortContractBroken: If the state store answers something that it must not.
        """
        return step(_resealing.reseal_stored, self._site)

    def close(self) -> None:
        """Close the connections, unless the transport came from outside."""
        step(self._site.teller.tell)
        if self._own is not None:
            self._own.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@final
class AsyncTenant(ProcessBound):
    """One workspace of Busy and its connection to eAccounting; made by `AsyncBusySync.tenant`."""

    def __init__(self, site: Site, id: str) -> None:
        self._site = site
        self.id = id

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.id!r})"

    async def connect(self, *, project_sync: bool, session: str) -> str:
        """Begin a login and return the address to send the user to; an earlier pending login is void.

        Args:
            project_sync: The user's choice whether projects are synchronised (R6).
            session: An unguessable text that only the user's browser session has.

        Raises:
            ConfigurationError: If the session is no text or blank, or the choice is neither True nor False.
        """
        session = _masked(session)
        return await _connecting.connect(self._site, self.id, project_sync=project_sync, session=session)

    async def complete_login(self, callback_url: str, *, session: str) -> LoginResult:
        """Complete the login with the address that Visma sent the user back to. Nothing is imported yet.

        Whatever a person can cause is told by the result, not raised: show `result.text("nb")`. Loading the
        page again is harmless.

        Args:
            callback_url: The whole address as a text; where a framework has an object for it, its `str`.
            session: The text that `connect` was given.

        Raises:
            ConfigurationError: If one of them is no text.
            ClientRefused: If Visma does not accept client id, client secret or redirect address.
            EncryptionKeyMissing: If what was sealed cannot be opened with the keys that are given.
            PortContractBroken: A port of the host answered something that it must not.
            EAccountingError: If Visma could not be reached or read; press connect again.
        """
        callback_url, session = _masked(callback_url), _masked(session)
        return await _connecting.complete_login(self._site, self.id, callback_url, session=session)

    async def readiness(self) -> Readiness:
        """Return what eAccounting still needs before import and orders work, each with what to press.

        It is read anew; nothing is changed.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
        """
        return await _connection.readiness(self._site, self.id)

    async def diagnose(self) -> Diagnosis:
        """Check all that import and orders need, from the store to eAccounting; for the operator.

        Of eAccounting it only reads; to the state store it writes one document of its own, and deletes it.
        What fails is told in the result.
        """
        return await _diagnosing.diagnose(self._site, self.id)

    async def preview_company(self) -> Plan:
        """Return what the first sync would do with the other company that waits to be confirmed (D10).

        Nothing is changed.

        Raises:
            NothingToConfirm: If none waits.
            ReconnectNeeded: If its login is dead by now; log in again.
            NotReady: If eAccounting is not set up for it.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _syncing.preview_company(self._site, self.id)

    async def confirm_company(self, login_id: str) -> Status:
        """Connect to the other company that waits. Nothing is imported yet; former links are kept (D10).

        Args:
            login_id: The login whose company was shown: `status().other_company.login_id`.

        Raises:
            NothingToConfirm: If it does not wait any more; somebody may have logged in anew since.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _other_company.confirm_company(self._site, self.id, login_id)

    async def discard_company(self, login_id: str) -> Status:
        """Leave the connection as it was before somebody logged in to another company.

        Args:
            login_id: The login whose company was shown: `status().other_company.login_id`.

        Raises:
            NothingToConfirm: If it does not wait any more; somebody may have logged in anew since.
        """
        return await _other_company.discard_company(self._site, self.id, login_id)

    async def disconnect(self) -> None:
        """End the connection and revoke its tokens; all of Busy's data stays, links included (R30).

        Raises:
            NotConnected: If there is no connection.
            NotRevoked: If Visma did not confirm; the tenant is disconnected all the same.
            EncryptionKeyMissing: If the tokens cannot be opened with the given keys; nothing changed.
        """
        await _connection.disconnect(self._site, self.id)

    async def purge(self, *, everything: bool = False) -> Purged:
        """Disconnect, and forget the tenant's tokens, logins and texts.

        Kept are ids only: which hours and costs are on an order, the orders' ids, the company's id (of one
        that has none, the hash of its name), and that archiving what eAccounting lacks was done. So nothing
        is billed or archived twice if the tenant comes back.

        Args:
            everything: Remove these too; the result then says what may happen twice. Empty documents stay.

        Raises:
            PurgeRefused: If an order may be on its way; nothing was purged, unless it came up meanwhile. With
                `everything`, an order that cannot be read does not count as on its way.
        """
        return await _purging.purge(self._site, self.id, everything=everything)

    async def status(self) -> Status:
        """Return where the connection stands, what to press, and when was last fetched (R27)."""
        return await _connection.status(self._site, self.id)

    async def plan(self) -> Plan:
        """Return what a sync would do now; nothing is changed.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _syncing.plan(self._site, self.id)

    async def sync(self, *, allow_archiving: str | None = None, whole: bool = False) -> SyncReport:
        """Bring Busy up to date with eAccounting. If the reading fails, nothing was changed anywhere.

        If it is interrupted later, each record is old or new, and the next sync does the rest. Where many
        projects are missing in eAccounting at once, they are not archived, but wait in
        `report.plan.archiving` until a person allows exactly them.

        Args:
            allow_archiving: `plan().archiving.digest` of what a person allowed to archive as missing.
            whole: Read all of eAccounting, which happens once a day by itself; else what changed lately.

        Raises:
            ArchivingNotAllowed: If others than those are missing by now; nothing was changed.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            ConnectionChanged: If the connection changed meanwhile; what was applied before stays.
            SyncRunning: If another sync of this tenant runs at this moment.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _syncing.sync(self._site, self.id, allow_archiving=allow_archiving, whole=whole)

    async def undo(self, plan: Plan) -> UndoReport:
        """Bring what a sync did back to where it was, except what was touched since.

        Nothing is deleted: what the sync created is archived and no longer linked. The next sync would do the
        same again, so change a setting, or disconnect, before it.

        Args:
            plan: `report.plan` of the sync, also after `plan_to_json` and `plan_from_json`.

        Raises:
            ConfigurationError: If it is no plan, or one of another company.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
            SyncRunning: If a sync of this tenant runs at this moment.
            ConnectionChanged: If the connection changed meanwhile; what was undone before stays so.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _syncing.undo(self._site, self.id, plan)

    async def decisions(self) -> Sequence[Decision]:
        """Return what people decided about single records, as far as it still counts.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return await _deciding.decisions(self._site, self.id)

    async def decide(self, *chosen: Decision) -> Sequence[Decision]:
        """Decide about single records: link, relink, unlink, keep or archive them. The next sync does it.

        A decision takes the place of an earlier one about the same record of Busy. Once it is carried out it
        is forgotten, but for `keep`, and for `unlink`, which becomes one. What cannot be carried out is told
        by the plan (`decision_void`) and stays.

        Args:
            chosen: The decisions, such as those of `mendings()`.

        Returns:
            All decisions that count now.

        Raises:
            ConfigurationError: If they contradict each other or others, or one is none.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return await _deciding.decide(self._site, self.id, chosen)

    async def forget_decision(self, kind: Kind, busy_id: str) -> Sequence[Decision]:
        """Take back a decision that was not carried out yet, or a `keep`; return those that are left.

        Raises:
            ConfigurationError: If an argument is of the wrong type.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; log in again first.
        """
        return await _deciding.forget_decision(self._site, self.id, kind, busy_id)

    async def mendings(self) -> Sequence[Mending]:
        """Look for links that seem wrong, and return what would mend them; nothing is changed.

        Show each to a person, and hand the `decisions` of those that are right to `decide`.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            NotReady: If eAccounting is not set up for it; its report says what to press.
            WrongCompany: If what is read is of another company.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If a port of the host answers something that it must not.
        """
        return await _deciding.mend(self._site, self.id)

    async def runs(self) -> Sequence[SyncRun]:
        """Return what the last syncs did, the latest one first: counts and ids, no names.

        The last 50 are kept, those that failed included. One that was killed left none; `status().attempted`
        tells when it began.

        Raises:
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _runs.runs(self._site, self.id)

    async def build_order(
        self,
        project: str,
        period: Period,
        *,
        customer: str | None = None,
        order_date: date | None = None,
        order_id: str | None = None,
        texts: OrderTexts | None = None,
        only: Collection[str] | None = None,
        lines: Sequence[GivenLine] = (),
    ) -> Order:
        """Build the order for a project's hours and costs in a period; nothing is stored or sent.

        Args:
            project: Busy's id of the project.
            period: The days whose work is billed.
            customer: Busy's id of the customer; needed only where the project has several.
            order_date: The date of the order; by default today in the workspace's time zone.
            order_id: The host's own id for the order; by default a new one. An order that was reopened,
                withdrawn or released gets its next revision.
            texts: What it says beside its lines.
            only: The claim keys (`busy.claim_key`) of the hours and costs that were chosen; by default all
                that is eligible. What was chosen and cannot be billed is a problem.
            lines: Lines as a person wants them: changed price or text, hours taken together, plain lines, a
                part of a fixed price.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or an id is blank.
            OrderNotReady: With every problem and its cure.
            NotReady: If the company cannot take orders; its report says what to press.
            ProjectUnknown: If there is no such project.
            PortContractBroken: If a port of the host answers something that it must not.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read.
        """
        return await _building.build_order(
            self._site,
            self.id,
            project,
            period,
            customer=customer,
            order_date=order_date,
            order_id=order_id,
            texts=texts,
            only=only,
            lines=lines,
        )

    async def import_order_lines(
        self,
        data: bytes,
        period: Period | None = None,
        *,
        order_date: date | None = None,
        order_ids: Mapping[str, str] | None = None,
        texts: OrderTexts | None = None,
    ) -> ImportedOrders:
        """Build the orders that a CSV file of order lines asks for, one for each project; nothing is sent.

        All or nothing: if anything is wrong with any row or order, none is built, and everything is told.
        The first row of a work type takes all its pending hours; they are on no line but that one.

        Args:
            data: The file: UTF-8 or Windows-1252, columns divided by semicolons; at most 10,000 rows and
                5 million bytes.
            period: The days whose hours are pending; by default all, from the order start date to today.
            order_date: The date of the orders; by default today in the workspace's time zone.
            order_ids: By Busy's id of a project, the host's id of its active draft, which the order then has;
                hours that Busy has on that draft are pending too. The others get new ids.
            texts: What each order says beside its lines.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or an id is blank or there twice.
            ImportRefused: With every problem: of rows, with their numbers, and of the projects' orders.
            NotReady: If the company cannot take orders; its report says what to press.
            ProjectUnknown: If the work log does not know a project of the catalogue.
            PortContractBroken: If a port of the host answers something that it must not.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read.
        """
        return await _importing_lines.import_order_lines(
            self._site,
            self.id,
            data,
            period,
            order_date=order_date,
            order_ids=order_ids,
            texts=texts,
        )

    async def hours_specification(
        self,
        order: Order,
        *,
        language: Language = "nb",
        names: bool | None = None,
        comments: bool = False,
        internal: bool = False,
    ) -> HoursSpecification:
        """Return what stands behind each line of an order, for the user to send; nothing is stored or sent.

        `visma_busy_sync.specification` shows it in a terminal, as an HTML page and as a PDF file. Days,
        minutes, prices and amounts are those of the order, also where the hours were changed in Busy since.

        Args:
            order: The order, before it is pushed or after.
            language: Norwegian (`nb`) or English (`en`).
            names: Whether members are named; None: as the workspace's settings have it (`names_in_texts`).
            comments: Whether the comments of the hours are shown. They may be personal.
            internal: Whether it says what is for the seller alone: where prices came from, what they would
                have been, what rounding changed, what was left out, and what was changed in Busy since.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or there are no texts in the language.
            ProjectUnknown: If Busy no longer has the project.
            PortContractBroken: If a port of the host answers something that it must not.
            DocumentError: If the order's page in the ledger cannot be read.
        """
        return await _specifying.specify_hours(
            self._site,
            self.id,
            order,
            language=language,
            names=names,
            comments=comments,
            internal=internal,
        )

    async def preflight(self, period: Period) -> Preflight:
        """Return what can be billed over all projects, what is in its way, and who can mend it.

        Nothing is stored or sent. A project that the host's work log cannot tell is a row with an error.

        Args:
            period: The days whose work is looked at.

        Raises:
            ConfigurationError: If the period is none.
            NotReady: If the company cannot take orders; its report says what to press.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead; only a new one helps.
            WrongCompany: If what is read is of another company.
            StoreBusy: If orders changed all the time while they were read.
            EAccountingError: If eAccounting cannot be read.
            PortContractBroken: If the catalogue or the state store answers something that it must not.
        """
        return await _preflight.preflight(self._site, self.id, period)

    async def billing_proof(self, period: Period) -> BillingProof:
        """Prove that in a period everything approved is on one order, excluded, covered, or told as open.

        Busy's hours and costs are compared with the ledger. Nothing is stored or sent, and eAccounting is
        not asked: a tenant that is not connected has a proof too. `holds` tells whether it does, `breaks`
        what keeps it from that.

        Args:
            period: The days whose hours and costs are looked at.

        Raises:
            ConfigurationError: If the period is none.
            DocumentUnreadable: If the connection cannot be read from the store.
            StoreBusy: If orders changed all the time while they were read.
            PortContractBroken: If the catalogue or the state store answers something that it must not.
        """
        return await _proving.prove_billing(self._site, self.id, period)

    async def push(self, order: Order) -> Transfer:
        """Send an order to eAccounting as a draft; pushing it again returns the earlier result.

        Before it is sent it is looked for by its marker: where it is there already, such as after an old
        database was restored, nothing is sent and it is transferred. An order that was reopened, withdrawn or
        released is pushed again with the same id and a higher revision. After a purge of the tenant there is
        no earlier result: an order that was pushed before it is `OrderClosed`.

        Raises:
            OrdersNotSent: The workspace keeps its orders in Busy, or has no order function; nothing was sent.
            EntryTaken: An hour or cost of it is on another order; nothing was sent.
            OrderChanged: An order of this id and revision has other content; nothing was sent.
            OrderRevised: It is known with another revision, whose place this one cannot take; it is an
                `OrderChanged` too.
            OtherCompany: It was built for another company; nothing was sent.
            OrderClosed: It was refused before, withdrawn or released, or pushed before a purge; nothing was
                sent now.
            OrderUnknown: The tenant was purged meanwhile; nothing was sent.
            ProjectUnknown: Busy does not know its project any more; nothing was sent.
            SearchIncomplete: Whether it is there already could not be read surely; nothing was sent. Push it
                again.
            OrderNeedsAttention: Several are there, another revision of it, one with its marker and other
                rows, or one with its rows and an unknown marker; nothing was sent now. See `resolve`. It is
                an `OrderOutcomeUnknown` too.
            OrderRejected: eAccounting refused it.
            OrderOutcomeUnknown: It may have arrived; it is not sent again by itself. See `recover`.
            OrderBeingSent: It is being sent at this moment, or was interrupted in that; push it again in a
                moment. It is an `OrderOutcomeUnknown` too.
            ConfigurationError: It is no order, or not as it was built and could not be read back, or the
                transport is closed; nothing was sent.
            NotConnected: There is no connection; nothing was sent.
            EAccountingError: It was surely not made, for a reason that is not the order's; push it again
                when that is cured.
        """
        return await _pushing.push(self._site, self.id, order)

    async def push_many(self, orders: Iterable[Order]) -> Sequence[Pushed]:
        """Send several orders, one after the other, in their order; what fails for one stops no other.

        Returns:
            For each order its transfer, or the error that `push` raised.

        Raises:
            ConfigurationError: If one of them is no order; nothing was sent.
        """
        return await _pushing.push_many(self._site, self.id, orders)

    async def recover(self) -> Sequence[Recovered]:
        """Find out what became of every order of which that is not known, such as after a crash.

        Each is looked for in eAccounting. One that is found is transferred. One that is not stays
        `outcome_unknown` for `Choices.settle_after`, since it may appear late; then it needs attention. A
        withdrawal that was interrupted is carried on. One whose POST may still be under way is left alone.
        Call it when a process starts, and from a scheduler; `push_due` does it too.

        Returns:
            For each such order where it stands now, or the error that ended the look at it, which stops no
            other.

        Raises:
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _recovering.recover(self._site, self.id)

    async def resolve(
        self, order_id: str, *, found: str | None = None, send_again: bool = False, anyway: bool = False
    ) -> LedgerEntry:
        """Write down what a person found out about an order of which it is not clear what became of it.

        Args:
            order_id: The order.
            found: eAccounting's id of its draft. It must be there. If it carries the marker of this revision
                it is taken, else only if its customer and rows are those of the order. Also for an order that
                is gone, and is there under another id.
            send_again: It surely is not there: it is sent with the next push, or by `push_due`. Only where
                the order needs attention, so after `recover` has looked for it.
            anyway: The order that is named is taken although its marker, customer or rows are others; what
                differs is told when it is read back. Never one that another order has.

        Raises:
            NotThisDraft: If the draft is not there, or is not that of this order; nothing was changed.
            OrderOutcomeUnknown: If it is to be sent again, but `recover` has not given up looking for it.
            SearchIncomplete: If eAccounting did not answer clearly whether it has the draft; nothing was
                changed.
            IllegalTransition: If the order is in no such state.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            ConfigurationError: If neither or both are given, or an id is none.
            NotConnected: If there is no connection, and a draft is named.
            EAccountingError: If eAccounting cannot be read; nothing was changed.
        """
        return await _resolving.resolve(
            self._site, self.id, order_id, found=found, send_again=send_again, anyway=anyway
        )

    async def withdraw(self, order_id: str) -> LedgerEntry:
        """Delete the draft of an order in eAccounting, as a person asks, and free its hours and costs.

        Only a draft that nobody edited there is deleted. Its hours and costs are freed when eAccounting
        surely does not have it any more. Where it is interrupted the order is `withdrawing`; call it again,
        or `recover`. Withdrawing an order that is withdrawn changes nothing.

        Raises:
            DraftChanged: If it is no draft any more, or was edited; it stays transferred.
            OrderNeedsAttention: If whether it is gone could not be told; its hours and costs stay on it.
                Withdraw it again when a person has looked.
            SearchIncomplete: If it is not found, but was pushed less than `settle_after` ago, so that it may
                appear; it is `withdrawing`.
            IllegalTransition: If the order is not transferred.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting refused, so that it stays transferred, or could not be reached,
                so that it is `withdrawing`.
        """
        return await _withdrawing.withdraw(self._site, self.id, order_id)

    async def release(self, order_id: str) -> LedgerEntry:
        """Free the hours and costs of an order that was deleted in eAccounting, after looking for it again.

        Raises:
            DraftStillThere: If it is there after all; it is transferred again.
            SearchIncomplete: If that could not be read surely; nothing was changed.
            OrderNeedsAttention: If several are there, or another revision of it.
            IllegalTransition: If the order is not known to be gone; see `read_back`.
            OrderUnknown: If the order was never pushed.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            EAccountingError: If eAccounting cannot be read; nothing was changed.
        """
        return await _reading_back.release(self._site, self.id, order_id)

    async def read_back(self, order_id: str | None = None) -> Sequence[ReadBack]:
        """Read transferred orders again: how far they have come, what was changed, whether they are gone.

        What was read is kept in `entry.progress`, and nothing follows from it, save for one that is gone by
        its id: it is looked for by its marker. Under a new id it stays transferred; surely not there, and
        pushed more than `settle_after` ago, it is `gone_upstream`, and a person releases it.

        Args:
            order_id: One order; by default all that are transferred to the connected company.

        Returns:
            For each order what was read, or the error that ended that, which stops no other.

        Raises:
            OrderUnknown: If the order was never pushed.
            OrderNotTransferred: If it is not transferred.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            ReconnectNeeded: If the login is dead.
        """
        return await _reading_back.read_back(self._site, self.id, order_id)

    async def orders(self) -> Sequence[LedgerEntry]:
        """Return what is known of all orders that were pushed, the one that was reserved first coming first.

        One whose entry cannot be read is left out; `recover` tells of it.
        """
        return await _reading_back.orders(self._site, self.id)

    async def reopen(self, order_id: str) -> LedgerEntry:
        """Free the hours and costs of an order that eAccounting refused, or that was not sent, to edit it.

        It is looked for in eAccounting before; not where it is of another company, and was refused there or
        never about to be sent.

        Raises:
            ConfigurationError: If the id is none.
            IllegalTransition: If the order was neither refused nor left unsent, or its draft was found.
            OrderUnknown: If the order was never pushed.
            SearchIncomplete: If it was not sent, and cannot surely be said not to be there.
            OrderNeedsAttention: If several drafts were found, one of another revision or with other rows, or
                one with an unknown marker and the same rows.
            OtherCompany, NotConnected, EAccountingError: If it cannot be looked for.
        """
        return await _resolving.reopen(self._site, self.id, order_id)

    async def ledger_entry(self, order_id: str) -> LedgerEntry | None:
        """Return what is known of an order that was pushed; None if it was not, or not since a purge."""
        return await _reading_back.ledger_entry(self._site, self.id, order_id)

    async def fetch_order(self, order_id: str) -> models.Order:
        """Read a transferred order as eAccounting holds it now.

        Raises:
            OrderUnknown: If the order was never pushed.
            OrderNotTransferred: If it did not arrive, as far as is known.
            OtherCompany: If it is in another company than the connected one.
            NotConnected: If there is no connection.
            NotFound: If it is gone in eAccounting.
        """
        return await _reading_back.fetch_order(self._site, self.id, order_id)


@final
class AsyncBusySync(ProcessBound):
    """The integration of Busy with eAccounting, for asyncio.

    Args:
        catalogue: The host's projects, customers and products.
        work: The host's hours, costs and prices.
        state: Where our own documents are kept.
        client_id: Of the application registered with Visma.
        client_secret: Its secret.
        redirect_uri: Where Visma sends the user back to; registered with Visma.
        endpoints: The server; by default Visma's.
        scopes: What is asked for at login; by default what import and orders need.
        choices: Settings of the integration.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        max_retries: How often a call may be repeated where that is safe.
        deadline: Seconds that a call may take in all, pauses and attempts included; in a blocked thread
            longer where the access token must be renewed first, since what was asked for is waited for.
        encryption_keys: What tokens are encrypted with, made by `Fernet.generate_key()`: the first one
            encrypts, all decrypt. Needed unless the state store lasts no longer than the process.
        transport: How to send; by default httpx.
        clock: The time; by default the machine's.
        listener: Is told what happened; by default nobody is.

    One object serves one event loop, and any number of processes may share the state store. Where that is
    memory, tokens end with the process, and tenants are asked to connect again.

    Raises:
        ConfigurationError: If an address or a setting is not allowed.
        TypeError: If a port lacks a method, or the listener is of the other sort; or a port is, when it is
            first called: synchronous ones belong to `BusySync`.
    """

    def __init__(
        self,
        *,
        catalogue: AsyncCatalogue,
        work: AsyncWorkLog,
        state: AsyncStateStore,
        client_id: str,
        client_secret: Secret | str,
        redirect_uri: str,
        endpoints: Endpoints = PRODUCTION,
        scopes: Sequence[str] | None = None,
        choices: Choices | None = None,
        timeout: float = 30.0,
        max_retries: int = 3,
        deadline: float = 90.0,
        encryption_keys: Sequence[Secret | str | bytes] | None = None,
        transport: Transport | None = None,
        clock: Clock | None = None,
        listener: AsyncListener | None = None,
    ) -> None:
        self._own = None
        # A traceback may be shown with the values of its frames: from here on this one holds no clear text.
        client_secret, encryption_keys = _masked(client_secret), _masked_keys(encryption_keys)
        application = _application(client_id, client_secret, redirect_uri, scopes, endpoints)
        if transport is None:
            from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport  # noqa: PLC0415

            transport = self._own = AsyncHttpxTransport()
        runtime = self._runtime = AsyncioRuntime()
        clock = clock or SystemClock()
        store = AwaitedStateStore(state)
        self._site = Site(
            catalogue=AwaitedCatalogue(catalogue),
            work=AwaitedWorkLog(work),
            state=store,
            application=application,
            transport=transport,
            runtime=runtime,
            clock=clock,
            limiter=_limiter(store, application, clock, runtime, volatile=_is_volatile(state)),
            sealer=_sealer(state, encryption_keys, runtime),
            hear=awaiting_listener(listener),
            volatile=_is_volatile(state),
            choices=given_or("choices", choices, Choices()),
            options=Options(timeout=timeout, max_retries=max_retries, deadline=deadline),
        )

    def tenant(self, id: str) -> AsyncTenant:
        """Return a workspace by the host's id of it, not empty.

        Raises:
            ConfigurationError: If the id is no text or blank; the empty one is reserved for shared documents.
        """
        return AsyncTenant(self._site, _tenant_id(id))

    async def sync_due(self, now: datetime | None = None, *, most: int | None = None) -> Sequence[DueSync]:
        """Sync all tenants that are due, one after the other, the longest overdue first.

        Call it from any scheduler, as often as you like, from any number of processes: a tenant is due once
        in `Choices.sync_every`, at a moment of its own within a tenth of that, and one that another process
        is syncing is left out. What fails for one tenant stops no other; it is due again after the interval.
        One whose sync was killed is due again when the right to it is over, after five minutes at most.

        Args:
            now: The moment; by default now.
            most: How many tenants to sync at most; by default all that are due.

        Returns:
            For each tenant that was due its report, or the error that ended its sync.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _due.sync_due(self._site, now, most=most)

    async def push_due(self, now: datetime | None = None, *, most: int | None = None) -> Sequence[DuePush]:
        """Send the orders of all tenants that are due, after finding out what became of earlier ones.

        Due is an order of `WorkLog.finalised` that was finalised after its company was connected first
        (`Order.finalised_at`), and one that waits in `reserved` for a cure. Older ones wait for a person, and
        so do those that were refused, withdrawn or released, or need attention. What was not sent the last
        time is tried after the others. Call it from any scheduler, as often as you like, from any number of
        processes.

        Args:
            now: The moment; by default now.
            most: How many tenants at most, those whose turn is longest ago; by default all.

        Returns:
            For each tenant that had something to do what became of it, or what ended its turn. What fails for
            one tenant stops no other. One whose orders another process sends at this moment is left out.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _orders_due.push_due(self._site, now, most=most)

    async def read_back_due(
        self, now: datetime | None = None, *, most: int | None = None
    ) -> Sequence[DueReadBack]:
        """Read back the orders of all tenants that are due: transferred, and not known to be invoiced.

        An order is due every `Choices.read_back_every`. See `Tenant.read_back`.

        Args:
            now: The moment; by default now.
            most: How many tenants at most, those whose turn is longest ago; by default all.

        Returns:
            For each tenant that had something to do what was read, or what ended its turn. What fails for one
            tenant stops no other. One whose orders another process reads at this moment is left out.

        Raises:
            ConfigurationError: If an argument is of the wrong type, or `now` has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _orders_due.read_back_due(self._site, now, most=most)

    async def jobs_due(self, now: datetime | None = None) -> Sequence[Job]:
        """Return what is due as jobs, one for each tenant and lane, for a job system of the host's.

        Only the stores and `WorkLog.finalised` are asked, never eAccounting, and nothing is changed. Orders
        come first, then syncs, then reading back; in each lane the tenant whose turn is longest ago. Where it
        cannot be told whether something is due, as with a damaged document, there is a job: its result has
        the error. Orders that only wait for a person make no job.

        Args:
            now: The moment; by default now.

        Raises:
            ConfigurationError: If `now` is no datetime, or has no time zone.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _jobs.jobs_due(self._site, now)

    async def run_job(self, job: Job, now: datetime | None = None) -> DuePush | DueSync | DueReadBack | None:
        """Do a job, if it is still due and no other worker is at it.

        So it may be queued twice, retried and lost: a worker that comes second does nothing, and `jobs_due`
        tells it again as long as it is due. In one lane a tenant has one worker at a time, over all
        processes; when that is killed, another one may go on five minutes after its last step.

        Args:
            job: One of `jobs_due()`, or one that was made again: `Job(tenant, lane)`.
            now: The moment; by default now.

        Returns:
            What `push_due`, `sync_due` or `read_back_due` tells of a tenant, with the error that ended it if
            one did; None: nothing was to be done.

        Raises:
            ConfigurationError: If `job` is none, or `now` is no datetime or has no time zone.
        """
        return await _jobs.run_job(self._site, job, now)

    async def reseal(self) -> Resealed:
        """Bring the stored tokens of all tenants under the first encryption key; others can be dropped then.

        It may be ended at any time and run again, beside all other work. What cannot be opened is left as
        it is and told in the result.

        Raises:
            ConfigurationError: If there are no encryption keys.
            PortContractBroken: If the state store answers something that it must not.
        """
        return await _resealing.reseal_stored(self._site)

    async def close(self) -> None:
        """Close the connections, unless the transport came from outside."""
        # Calls that were cancelled have to write down what they did.
        await self._runtime.at_rest()
        await self._site.teller.tell()
        if self._own is not None:
            await self._own.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
