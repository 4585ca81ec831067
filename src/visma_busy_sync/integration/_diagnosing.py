"""Use case of the operator: look whether everything works, from the store to eAccounting.

Of eAccounting it reads; to the store it writes one document of its own, and deletes it. What fails in one
check ends no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeAlias

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import Language, Texts, counted
from visma_busy_sync.eaccounting import SCOPES
from visma_busy_sync.eaccounting.errors import EAccountingError, ReconnectNeeded
from visma_busy_sync.integration._clocks import CLOCKS_DIFFER
from visma_busy_sync.integration._connection import connection_of, readiness_by, status
from visma_busy_sync.integration._diagnosing_documents import documents
from visma_busy_sync.integration._diagnosis import Check, CheckCode, Diagnosis, Health
from visma_busy_sync.integration._ledger import orders_of
from visma_busy_sync.integration._readiness import Readiness, readiness_of_refusal
from visma_busy_sync.integration._resealing import SEALED_DOCUMENTS
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._status import ConnectionState, Status, ago
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.integration._upstream import Upstream
from visma_busy_sync.integration.errors import NotConnected
from visma_busy_sync.orders import PERSON_STATES, UNSETTLED_STATES, LedgerEntry
from visma_busy_sync.ports import Write
from visma_busy_sync.state import (
    NOBODY,
    Connection,
    DocumentUnreadable,
    EncryptionKeyMissing,
    FernetSealer,
    NotResealedReason,
    StoreLimiter,
    Usage,
    reseal,
)
from visma_busy_sync.sync import Kind
from visma_busy_sync.sync._texts import KINDS

_Look: TypeAlias = Callable[[Site, str], Awaitable[Sequence[Check]]]

PROBE_PREFIX: Final = "probe/"
"""Of the key of the document by which a store is tried."""

_CLOCK_SLACK: Final = timedelta(seconds=30)
"""A clock that differs by more should be put right, though nothing goes wrong yet."""


@telling
async def diagnose(site: Site, tenant: str) -> Diagnosis:
    """Check everything that a tenant's import and orders need; nothing is changed."""
    looks: tuple[tuple[CheckCode, _Look], ...] = (
        (CheckCode.STORE, _store),
        (CheckCode.KEYS, _keys),
        (CheckCode.DOCUMENTS, documents),
        (CheckCode.CATALOGUE, _catalogue),
        (CheckCode.WORK_LOG, _work_log),
        (CheckCode.CONNECTION, _connection),
        (CheckCode.ANSWERS, _eaccounting),
        (CheckCode.BUDGET, _budget),
        (CheckCode.IMPORTS, _imports),
        (CheckCode.ORDERS, _orders),
    )
    checks: list[Check] = []
    for code, look in looks:
        try:
            checks += await look(site, tenant)
        except Exception as error:  # noqa: BLE001 - a host's port may raise anything; the others go on
            checks.append(_failed(code, error))
    return Diagnosis(tuple(checks))


def _ok(code: CheckCode, nb: str, en: str) -> Check:
    return Check(code, Health.OK, Texts(nb, en))


def _failed(code: CheckCode, error: Exception) -> Check:
    """Return the check that an error ended; of one that is not ours only its name is told."""
    if isinstance(error, VismaBusySyncError):
        what, cure = error.message, Texts(error.advice, error.advice)
    else:
        name = type(error).__name__
        what = f"{name}."
        cure = Texts("Se i loggen til Busy hva som hendte der.", "See in Busy's own log what happened there.")
    said = Texts(f"Sjekken kom ikke til ende: {what}", f"The check did not come to its end: {what}")
    return Check(code, Health.FAILURE, said, cure)


async def _store(site: Site, _: str) -> Sequence[Check]:
    wrong = await _wrong_with_store(site)
    if wrong is not None:
        cure = Texts(
            "Kjør samsvarssettet mot lageret (pytest --visma-ports): det sier hva det bryter.",
            "Run the conformance kit against it (pytest --visma-ports): it says what it breaks.",
        )
        return [Check(CheckCode.STORE, Health.FAILURE, wrong, cure)]
    if site.volatile:
        what = Texts(
            "Lageret varer ikke lenger enn denne prosessen.",
            "The state store lasts no longer than this process.",
        )
        cure = Texts(
            "Bruk et varig lager, ellers må alle koble til på nytt etter hver omstart, og hva som er sendt, "
            "blir glemt.",
            "Use one that lasts: else everybody connects again after each restart, and what was sent is "
            "forgotten.",
        )
        return [Check(CheckCode.STORE, Health.WARNING, what, cure)]
    return [
        _ok(
            CheckCode.STORE,
            "Lageret tar vare på det som skrives, og avviser det som bygger på en gammel versjon.",
            "The state store keeps what is written, and refuses what builds on an old version.",
        )
    ]


async def _wrong_with_store(site: Site) -> Texts | None:
    """Write, read and delete a document; return what is wrong with what came of it."""
    key = f"{PROBE_PREFIX}{site.runtime.token()}"
    if not await site.state.commit(NOBODY, [Write(key, None, "1")]):
        return Texts("Lageret tok ikke imot et nytt dokument.", "The state store refused a new document.")
    try:
        stale = await site.state.commit(NOBODY, [Write(key, None, "2")])
        found = (await site.state.read(NOBODY, [key])).get(key)
    finally:
        deleted = await _deleted(site, key)
    if stale or found is None or (found.version, found.body) != (1, "1"):
        return Texts(
            "Lageret gir ikke tilbake det som ble skrevet, eller tok imot noe som bygget på en gammel "
            "versjon.",
            "The state store does not give back what was written, or took what built on an old version.",
        )
    if not deleted:
        return Texts("Lageret slettet ikke et dokument.", "The state store did not delete a document.")
    return None


async def _deleted(site: Site, key: str) -> bool:
    found = (await site.state.read(NOBODY, [key])).get(key)
    return found is not None and await site.state.commit(NOBODY, [Write(key, found.version, None)])


async def _keys(site: Site, _: str) -> Sequence[Check]:
    if not isinstance(site.sealer, FernetSealer):
        return [
            _ok(
                CheckCode.KEYS,
                "Det trengs ingen krypteringsnøkkel: tilgangene er bare i denne prosessen.",
                "No encryption key is needed: tokens are in this process only.",
            )
        ]
    seen = await reseal(site.state, site.sealer, documents=SEALED_DOCUMENTS, only_look=True)
    counts = Counter((failure.reason, failure.fingerprint) for failure in seen.failures)
    checks = [_not_opened(reason, key, count) for (reason, key), count in sorted(counts.items())]
    if seen.resealed:
        what = Texts(
            f"Lagrede hemmeligheter som en eldre nøkkel åpner: {seen.resealed}.",
            f"Stored secrets that an older key opens: {seen.resealed}.",
        )
        cure = Texts(
            "Kjør reseal() før den eldre nøkkelen fjernes.", "Run reseal() before the older key is dropped."
        )
        checks.append(Check(CheckCode.KEYS, Health.WARNING, what, cure))
    return checks or [
        _ok(
            CheckCode.KEYS,
            "Alt som er kryptert, åpnes med den første nøkkelen.",
            "All that is sealed opens with the first encryption key.",
        )
    ]


def _not_opened(reason: NotResealedReason, fingerprint: str, count: int) -> Check:
    if reason is NotResealedReason.KEY_MISSING:
        missing = EncryptionKeyMissing(fingerprint)
        what = Texts(
            f"Lagrede hemmeligheter som er kryptert med nøkkelen {fingerprint}, som mangler: {count}.",
            f"Stored secrets that are sealed with the key {fingerprint}, which is missing: {count}.",
        )
        return Check(CheckCode.KEYS, Health.FAILURE, what, Texts(missing.advice, missing.advice))
    what = Texts(
        f"Lagrede hemmeligheter som ikke kan åpnes ({reason}): {count}.",
        f"Stored secrets that cannot be opened ({reason}): {count}.",
    )
    cure = Texts(
        "Den det gjelder, kobler til på nytt. Ingenting i Busy går tapt.",
        "Whom it concerns connects again; nothing in Busy is lost.",
    )
    return Check(CheckCode.KEYS, Health.FAILURE, what, cure)


async def _catalogue(site: Site, tenant: str) -> Sequence[Check]:
    counts = [(len(await site.catalogue.load(tenant, kind)), KINDS[kind]) for kind in Kind]
    languages: tuple[Language, Language] = ("nb", "en")
    nb, en = (", ".join(counted(*count, language) for count in counts) for language in languages)
    return [_ok(CheckCode.CATALOGUE, f"Busys register svarer: {nb}.", f"Busy's catalogue answers: {en}.")]


async def _work_log(site: Site, tenant: str) -> Sequence[Check]:
    count = len(await site.work.finalised(tenant))
    return [
        _ok(
            CheckCode.WORK_LOG,
            f"Busys timer svarer. Ferdigstilte ordre: {count}.",
            f"Busy's work log answers. Orders finalised: {count}.",
        )
    ]


async def _connection(site: Site, tenant: str) -> Sequence[Check]:
    found = await status(site, tenant)
    health = Health.OK if found.state is ConnectionState.CONNECTED else Health.FAILURE
    if found.other_company is not None and health is Health.OK:
        health = Health.WARNING
    return [Check(CheckCode.CONNECTION, health, Texts(_sentence(found, "nb"), _sentence(found, "en")))]


def _sentence(found: Status, language: str) -> str:
    said = found.text("nb" if language == "nb" else "en")
    return said[:1].upper() + said[1:] + ("" if said.endswith(".") else ".")


async def _eaccounting(site: Site, tenant: str) -> Sequence[Check]:
    try:
        connection = await connection_of(site, tenant)
    except (NotConnected, ReconnectNeeded, EncryptionKeyMissing, DocumentUnreadable):
        return []  # as the connection's own check tells
    upstream, dated = site.upstream(tenant, connection.login_id).dated()
    try:
        report = await readiness_by(site, tenant, connection, upstream)
    except VismaBusySyncError as error:
        return [_failed(CheckCode.ANSWERS, error), *_clock(dated.ahead)]
    return [
        _ok(CheckCode.ANSWERS, "eAccounting svarer.", "eAccounting answers."),
        *_clock(dated.ahead),
        *await _scopes(site, tenant, connection, upstream),
        *_readiness(report),
    ]


def _readiness(report: Readiness) -> Sequence[Check]:
    code = CheckCode.READINESS
    if not report.findings:
        return [_ok(code, report.text("nb"), report.text("en"))]
    return [
        Check(code, Health.FAILURE if each.blocks else Health.WARNING, each.what, each.cure)
        for each in report.findings
    ]


def _clock(ahead: timedelta | None) -> Sequence[Check]:
    if ahead is None:
        return []
    seconds = abs(round(ahead.total_seconds()))
    if abs(ahead) <= _CLOCK_SLACK:
        return [
            _ok(
                CheckCode.CLOCK,
                f"Klokken her og eAccountings skiller seg med {seconds} s.",
                f"The clocks here and of eAccounting differ by {seconds} s.",
            )
        ]
    behind = ahead > timedelta(0)
    what = Texts(
        f"Klokken her er {seconds} s {'etter' if behind else 'foran'} eAccountings.",
        f"The clock here is {seconds} s {'behind' if behind else 'ahead of'} that of eAccounting.",
    )
    cure = Texts(
        "Still den, for eksempel med NTP; maskinene kan skille seg med høyst fem minutter.",
        "Put it right, such as by NTP; machines may differ by five minutes at most.",
    )
    health = Health.FAILURE if abs(ahead) > CLOCKS_DIFFER else Health.WARNING
    return [Check(CheckCode.CLOCK, health, what, cure)]


async def _scopes(site: Site, tenant: str, connection: Connection, upstream: Upstream) -> Sequence[Check]:
    lacking = [scope for scope in SCOPES if scope not in site.application.scopes]
    if lacking:
        listed = " ".join(lacking)
        what = Texts(
            f"Det bes ikke om alle tilganger ved innlogging: {listed} mangler.",
            f"Not all access is asked for at login: {listed} is missing.",
        )
        cure = Texts(
            "Utelat scopes der BusySync lages, og koble til på nytt.",
            "Leave scopes out where BusySync is made, and connect again.",
        )
        return [Check(CheckCode.SCOPES, Health.FAILURE, what, cure)]
    try:
        await upstream.may_read_orders()
    except EAccountingError as error:
        refused = readiness_of_refusal(error)
        if refused is None:
            return [_failed(CheckCode.SCOPES, error)]
        return [Check(CheckCode.SCOPES, Health.FAILURE, each.what, each.cure) for each in refused.findings]
    held = await site.tokens(tenant, connection.login_id).load()
    if held is not None and held.tokens.refresh_token is None:
        until = held.tokens.expires_at.isoformat(timespec="minutes")
        what = Texts(
            f"Tilkoblingen kan ikke fornyes, og ender {until}.",
            f"The connection cannot be renewed, and ends at {until}.",
        )
        cure = Texts(
            "Trykk «Koble til», og godta alt det blir spurt om.",
            "Press connect, and accept all that is asked for.",
        )
        return [Check(CheckCode.SCOPES, Health.WARNING, what, cure)]
    return [
        _ok(
            CheckCode.SCOPES,
            "All tilgang er gitt, også til ordre.",
            "All access is given, to orders too.",
        )
    ]


async def _budget(site: Site, _: str) -> Sequence[Check]:
    if not isinstance(site.limiter, StoreLimiter):
        return [
            _ok(
                CheckCode.BUDGET,
                "Antallet kall telles i denne prosessen alene.",
                "Calls are counted in this process alone.",
            )
        ]
    used = await site.limiter.usage()
    tight = [each for each in used if each.closed_seconds or each.waiting or each.counted >= each.budget]
    if tight:
        return [_tight(each) for each in tight]
    most = max(used, key=lambda each: each.counted, default=None)
    if most is None or not most.counted:
        return [_ok(CheckCode.BUDGET, "Ingen kall teller nå.", "No calls count at this moment.")]
    return [
        _ok(
            CheckCode.BUDGET,
            f"Høyst {most.counted} av {most.budget} kall i minuttet er brukt (/{most.endpoint}).",
            f"At most {most.counted} of {most.budget} calls a minute are used (/{most.endpoint}).",
        )
    ]


def _tight(used: Usage) -> Check:
    what = Texts(
        f"/{used.endpoint}: {used.counted} av {used.budget} kall i minuttet er brukt, {used.waiting} venter, "
        f"og ingen kan kalle de neste {used.closed_seconds:.0f} sekundene.",
        f"/{used.endpoint}: {used.counted} of {used.budget} calls a minute are used, {used.waiting} wait, "
        f"and nobody may call for the next {used.closed_seconds:.0f} seconds.",
    )
    cure = Texts(
        "Vent litt. Skjer det ofte: er det andre programmer som bruker samme klient-id?",
        "Wait a little. If it happens often: do other programs use the same client id?",
    )
    return Check(CheckCode.BUDGET, Health.WARNING, what, cure)


async def _imports(site: Site, tenant: str) -> Sequence[Check]:
    try:
        found = await status(site, tenant)
    except DocumentUnreadable:
        return []  # as the connection's own check tells
    if found.state is not ConnectionState.CONNECTED:
        return []
    if found.failed is not None:
        what = Texts(f"Siste henting mislyktes ({found.failed}).", f"The last sync failed ({found.failed}).")
        cure = Texts("Hent på nytt, og se hva som sies da.", "Sync again, and see what is said then.")
        return [Check(CheckCode.IMPORTS, Health.WARNING, what, cure)]
    if found.last_read is None:
        what = Texts("Ingenting er hentet ennå.", "Nothing was fetched yet.")
        cure = Texts("Se på planen, og hent.", "Look at the plan, then sync.")
        return [Check(CheckCode.IMPORTS, Health.WARNING, what, cure)]
    return [_in_time(site, found, found.last_read)]


def _in_time(site: Site, found: Status, read: datetime) -> Check:
    if found.now - read <= 2 * site.choices.sync_every:
        return _ok(
            CheckCode.IMPORTS,
            f"Sist hentet {ago(read, found.now, 'nb')}.",
            f"Last fetched {ago(read, found.now)}.",
        )
    what = Texts(
        f"Sist hentet {ago(read, found.now, 'nb')}, som er mer enn to ganger så lenge som det skal være.",
        f"Last fetched {ago(read, found.now)}, which is more than twice as long as it should be.",
    )
    cure = Texts("Se om det som kaller sync_due, går.", "See whether what calls sync_due is running.")
    return Check(CheckCode.IMPORTS, Health.WARNING, what, cure)


async def _orders(site: Site, tenant: str) -> Sequence[Check]:
    orders = await orders_of(site, tenant)
    entries = [entry for _, entry in orders if isinstance(entry, LedgerEntry)]
    unreadable = len(orders) - len(entries)
    unsettled = sum(entry.state in UNSETTLED_STATES for entry in entries)
    waiting = sum(entry.state in PERSON_STATES for entry in entries)
    found = (
        (unreadable, Health.FAILURE, _UNREADABLE),
        (unsettled, Health.WARNING, _UNSETTLED),
        (waiting, Health.WARNING, _WAITING),
    )
    checks = [
        Check(
            CheckCode.ORDERS,
            health,
            Texts(what.nb.format(count=count), what.en.format(count=count)),
            cure,
        )
        for count, health, (what, cure) in found
        if count
    ]
    return checks or [
        _ok(
            CheckCode.ORDERS,
            f"Kjente ordre: {len(orders)}. Ingen venter på noen.",
            f"Orders known: {len(orders)}. None waits for anybody.",
        )
    ]


_UNREADABLE: Final = (
    Texts("Ordre som ikke kan leses: {count}.", "Orders that cannot be read: {count}."),
    Texts(
        "Kjør recover(): det sier hvilke. Bruk den nyeste versjonen, eller hent dem fra en sikkerhetskopi.",
        "Run recover(): it says which. Use the newest version, or restore them from a backup.",
    ),
)
_UNSETTLED: Final = (
    Texts(
        "Ordre som det ikke er kjent hva det ble av: {count}.",
        "Orders of which it is not known what became of them: {count}.",
    ),
    Texts("Kjør recover().", "Run recover()."),
)
_WAITING: Final = (
    Texts("Ordre som venter på et menneske: {count}.", "Orders that wait for a person: {count}."),
    Texts(
        "Se på dem: de skal åpnes igjen, avgjøres eller frigis.",
        "Look at them: they are to be reopened, resolved or released.",
    ),
)
