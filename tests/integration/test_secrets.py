"""No secret leaves its wrapper: not into a store, a repr, an error, a log or an output."""

from __future__ import annotations

import logging
import re
import traceback
from typing import Any

import pytest
from cryptography.fernet import Fernet

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.eaccounting.errors import EAccountingError
from visma_busy_sync.integration import Choices, ConnectionStateError, LoginOutcome
from visma_busy_sync.orders import OrderError, OrderOutcomeUnknown
from visma_busy_sync.state import EncryptionKeyMissing
from visma_busy_sync.sync import Kind, render

from .office import ACME, SESSION, Office, ready_to_push, waiting

KEY = Fernet.generate_key().decode()


class Collected(logging.Handler):
    """Every log record of every logger, as text."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.getMessage()} {record.args!r} {record.exc_text or ''}")


def secrets_of(office: Office, callback: str) -> set[str]:
    """The client secret, all tokens that travelled, the code, the state, and parts of them."""
    found = {office.info.client_secret, callback.partition("code=")[2].partition("&")[0]}
    found.add(callback.partition("state=")[2].partition("&")[0])
    found.add(KEY)
    for request in office.shell.wire.sent:
        found |= set(re.findall(r"code_verifier=([\w.~-]+)", (request.body or b"").decode()))
        found.add(request.headers.get("Authorization", "").partition(" ")[2])
    for answer in office.shell.wire.answers:
        for piece in answer.body.decode("utf-8", "replace").split('"'):
            if piece.startswith(("sbx-access-", "sbx-refresh-", "sbx-code-", "sbx-secret-")):
                found.add(piece)
    found.discard("")
    assert len(found) > 5
    return found


def fail(call: Any, *args: Any, **kwargs: Any) -> str:
    """What is seen of a call that fails, with the values of all frames of ours below it."""
    with pytest.raises((EAccountingError, OrderError, ConnectionStateError, ConfigurationError)) as raised:
        call(*args, **kwargs)
    error = raised.value
    plain = "".join(traceback.format_exception(error))
    return f"{error} {error!r} {error.__dict__} {plain} {' '.join(frames_of(error))}"


def frames_of(error: BaseException | None) -> list[str]:
    """The locals of each frame of the package in a traceback, and in those of what it came from."""
    if error is None:
        return []
    shown: list[str] = []
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "/visma_busy_sync/" in frame.f_code.co_filename:
            shown += [f"{frame.f_code.co_name}.{name}={value!r}" for name, value in frame.f_locals.items()]
    return [*shown, *frames_of(error.__cause__), *frames_of(error.__context__)]


def test_a_full_run_shows_no_secret_anywhere(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Login with PKCE, sync, orders, every sort of failure, disconnect; then everything is searched."""
    logs = Collected()
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [logs])
    root.setLevel(0)
    # What httpx and httpcore log of addresses is theirs; the transport of these tests is not ours either.
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    seen: list[str] = []
    try:
        acme: Tenant = office.tenant(choices=Choices(pkce=True), encryption_keys=[KEY])
        callback = office.press(acme.connect(project_sync=True, session=SESSION))
        stored = bodies(office)
        office.fault("GET", "/companysettings", "garbage")
        seen.append(fail(acme.complete_login, callback, session=SESSION))
        callback = office.press(acme.connect(project_sync=True, session=SESSION))
        stored += bodies(office)
        for session in ("another", SESSION, SESSION):
            seen += shown(acme.complete_login(callback, session=session))
        other_companies(office, acme, seen)
        seen += [render(acme.plan()), repr(acme.plan())]
        office.fault("GET", "/projects", "garbage")
        seen.append(fail(acme.sync))
        seen.append(repr(acme.sync()))
        order_office(office, acme, seen)
        seen += [str(acme.status()), repr(acme.status()), repr(acme), *shown(acme.readiness())]
        strange = office.tenant(encryption_keys=[Fernet.generate_key()])
        seen.append(repr(strange.status()))
        for call in (strange.sync, strange.disconnect):
            seen.append(fail(call))
        office.clock.advance(7200)
        office.fault("POST", "/connect/token", "status", status=503, body="html")
        seen.append(fail(acme.sync))
        acme.sync()
        office.fault("POST", "/connect/revocation", "status", status=500, body="html")
        stored += bodies(office)
        seen.append(fail(acme.disconnect))
        seen.append(fail(acme.sync))
        seen.append(repr(acme.purge()))
        stored += bodies(office)
    finally:
        root.setLevel(logging.WARNING)
    links = [r.link.document for kind in Kind for r in office.busy.load(ACME, kind) if r.link]
    out, err = capsys.readouterr()
    haystack = "\n".join([*seen, *stored, *links, *logs.lines, out, err])
    leaked = [secret[:12] for secret in secrets_of(office, callback) if secret in haystack]
    assert leaked == []
    assert SESSION not in "\n".join(stored)  # kept as a hash


def bodies(office: Office) -> list[str]:
    return [repr(office.state.scan("")), *(found.document.body for found in office.state.scan(""))]


def shown(value: Any) -> list[str]:
    return [repr(value), str(value), value.text("nb")]


def other_companies(office: Office, acme: Tenant, seen: list[str]) -> None:
    """Another company waits, is looked at, discarded; a login dies and is made again."""
    office.add_company("other", "Other AS")
    seen.append(fail(acme.confirm_company, "none"))
    seen += shown(office.log_in(acme, company="other"))
    seen += [repr(acme.preview_company()), repr(acme.status()), repr(acme.discard_company(waiting(acme)))]
    office.log_in(acme, company="other")
    office.control("POST", "/password-change")
    seen += [fail(acme.preview_company), fail(acme.sync), fail(acme.readiness)]
    office.profile(granted_scopes="ea:api offline_access")
    seen += shown(office.log_in(acme))
    office.profile(granted_scopes="", refusal="startup_guide")
    seen += shown(office.log_in(acme))
    office.profile(refusal="none")
    seen += shown(office.log_in(acme))


def order_office(office: Office, acme: Tenant, seen: list[str]) -> None:
    from .office import MARCH, with_work

    order = acme.build_order(with_work(office), MARCH, order_id="o1")
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    seen.append(fail(acme.push, order))
    seen += [repr(acme.push(order)), repr(order), repr(acme.ledger_entry("o1"))]
    seen.append(fail(acme.fetch_order, "unknown"))


def test_the_reprs_of_what_holds_secrets_mask_them(office: Office) -> None:
    acme = office.connected()
    acme.sync()
    if office.shell.run is not None:
        acme = acme.__dict__["_awaiting"]
    site = acme._site
    tokens = [repr(held) for sources in site._sources._kept.values() for held in sources.values()]
    shown = f"{site!r} {site.application!r} {site.sealer!r} {acme!r} {tokens}"
    assert tokens
    for secret in secrets_of(office, "code=x&state=y") - {"x", "y"}:
        assert secret not in shown


def test_names_and_texts_of_people_stay_out_of_reprs(office: Office) -> None:
    """A customer's name, a project's notes, a line's text: they are in no repr of a result."""
    acme, order = ready_to_push(office)
    transfer = acme.push(order)
    shown = " ".join(map(repr, [acme.plan(), acme.status(), order, transfer, acme.ledger_entry("o1")]))
    for row in office.upstream(Kind.CUSTOMER):
        assert row["Name"] not in shown
    assert "Rådgivning" not in shown
    assert "Bompenger" not in shown


def test_errors_do_not_repeat_what_the_server_said(office: Office) -> None:
    acme, order = ready_to_push(office)
    office.fault("POST", "/orders", "status", status=500, error_code=5000, message="PRIVATE text")
    shown = fail(acme.push, order)
    known = acme.ledger_entry("o1")
    assert known is not None
    assert "PRIVATE" not in f"{shown.partition('__dict__')[0]} {known.problem} {known!r}"
    assert OrderOutcomeUnknown.__name__ in shown


def test_the_ends_of_a_login_tell_no_code(office: Office) -> None:
    acme = office.tenant()
    callback = office.press(acme.connect(project_sync=True, session=SESSION))
    code = callback.partition("code=")[2].partition("&")[0]
    office.control("POST", "/password-change")
    for session, outcome in (("another", LoginOutcome.NOT_THIS_LOGIN), (SESSION, LoginOutcome.CODE_REFUSED)):
        result = acme.complete_login(callback, session=session)
        assert result.outcome is outcome
        assert code not in " ".join(shown(result))


def test_a_key_that_is_missing_or_none_is_not_shown(office: Office) -> None:
    """Nor is one that is there: neither by the error, nor by the frames of its traceback."""
    acme = office.tenant(encryption_keys=[KEY])
    office.log_in(acme)
    other = Fernet.generate_key().decode()
    seen = fail(office.tenant(encryption_keys=[other]).sync)
    assert EncryptionKeyMissing.__name__ in seen
    seen += fail(office.tenant, encryption_keys=[KEY, other[:-3]]) + fail(office.tenant, encryption_keys=KEY)
    assert not [key for key in (KEY, other, other[:-3]) if key in seen]
