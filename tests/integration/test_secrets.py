"""No secret leaves its wrapper: not into a store, a repr, an error, a log or an output."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from visma_busy_sync._facade import Tenant
from visma_busy_sync.eaccounting.errors import EAccountingError, ReconnectNeeded, StateMismatch
from visma_busy_sync.integration import Choices, NotConnected
from visma_busy_sync.orders import OrderError, OrderOutcomeUnknown
from visma_busy_sync.sync import Kind, render

from .office import ACME, SESSION, Office, ready_to_push


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
    for request in office.shell.wire.sent:
        found.add(request.headers.get("Authorization", "").partition(" ")[2])
    for answer in office.shell.wire.answers:
        for piece in answer.body.decode("utf-8", "replace").split('"'):
            if piece.startswith(("sbx-access-", "sbx-refresh-", "sbx-code-", "sbx-secret-")):
                found.add(piece)
    found.discard("")
    assert len(found) > 5
    return found


def fail(call: Any, *args: Any, **kwargs: Any) -> str:
    """What is seen of a call that fails."""
    with pytest.raises((EAccountingError, OrderError, NotConnected)) as raised:
        call(*args, **kwargs)
    error = raised.value
    return f"{error} {error!r} {error.__dict__} " + "".join(traceback.format_exception(error))


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
        acme: Tenant = office.tenant(choices=Choices(pkce=True))
        callback = office.press(acme.connect(project_sync=True, session=SESSION))
        stored = [repr(office.state.scan("")), *(f.document.body for f in office.state.scan(""))]
        seen.append(repr(acme.complete_login(callback, session=SESSION)))
        seen.append(fail(acme.complete_login, callback, session=SESSION))
        seen += [render(acme.plan()), repr(acme.plan())]
        office.fault("GET", "/projects", "garbage")
        seen.append(fail(acme.sync))
        seen.append(repr(acme.sync()))
        order_office(office, acme, seen)
        seen += [str(acme.status()), repr(acme.status()), repr(acme)]
        office.clock.advance(7200)
        office.fault("POST", "/connect/token", "status", status=503, body="html")
        seen.append(fail(acme.sync))
        acme.sync()
        office.fault("POST", "/connect/revocation", "status", status=500, body="html")
        stored += [repr(office.state.scan("")), *(f.document.body for f in office.state.scan(""))]
        seen.append(fail(acme.disconnect))
        seen.append(fail(acme.sync))
    finally:
        root.setLevel(logging.WARNING)
    links = [r.link.document for kind in Kind for r in office.busy.load(ACME, kind) if r.link]
    out, err = capsys.readouterr()
    haystack = "\n".join([*seen, *stored, *links, *logs.lines, out, err])
    leaked = [secret[:12] for secret in secrets_of(office, callback) if secret in haystack]
    assert leaked == []
    assert SESSION not in "\n".join(stored)  # kept as a hash


def order_office(office: Office, acme: Tenant, seen: list[str]) -> None:
    from .office import MARCH, with_work

    order = acme.build_order(with_work(office), MARCH, order_id="o1")
    office.fault("POST", "/orders", "status", status=403, error_code=4007)
    seen.append(fail(acme.push, order))
    seen += [repr(acme.push(order)), repr(order), repr(acme.ledger_entry("o1"))]
    seen.append(fail(acme.fetch_order, "unknown"))


def test_the_reprs_of_what_holds_secrets_mask_them(office: Office) -> None:
    acme = office.connected()
    if office.shell.run is not None:
        acme = acme.__dict__["_tenant"]
    site = acme._site
    shown = f"{site!r} {site.application!r} {site.vault!r} {acme!r}"
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


def test_the_errors_of_the_login_tell_no_code(office: Office) -> None:
    acme = office.tenant()
    callback = office.press(acme.connect(project_sync=True, session=SESSION))
    code = callback.partition("code=")[2].partition("&")[0]
    with pytest.raises(StateMismatch) as raised:
        acme.complete_login(callback, session="another")
    assert code not in f"{raised.value} {raised.value.__dict__}"
    office.control("POST", "/password-change")
    with pytest.raises(EAccountingError) as refused:
        acme.complete_login(callback, session=SESSION)
    assert code not in f"{refused.value} {refused.value.__dict__}"
    assert not isinstance(refused.value, ReconnectNeeded)
