"""An operator is told of each thing whether it works, and what to do; nothing is changed by looking."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from attrs import evolve

from visma_busy_sync import BusySync, Tenant
from visma_busy_sync._core.runtimes import SystemClock
from visma_busy_sync.eaccounting.http import NotSentError, Request, Response
from visma_busy_sync.errors import NotSent
from visma_busy_sync.integration import CheckCode, Diagnosis, Health
from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.state import ORDER_PREFIX
from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog
from visma_busy_sync.sync import Kind, Record

from .office import ACME, Office

OLD, NEW = (base64.urlsafe_b64encode(bytes([seed]) * 32).decode() for seed in (3, 4))


class Lasting:
    """A store that says nothing of ending with the process."""

    def __init__(self) -> None:
        memory = MemoryStateStore()
        self.read, self.scan, self.commit = memory.read, memory.scan, memory.commit


class Rewritten:
    """A wire on which answers are changed."""

    def __init__(self, office: Office, change: Callable[[Request, Response], Response]) -> None:
        self._wire = office.shell.wire.blocking
        self._change = change

    def send(self, request: Request) -> Response:
        return self._change(request, self._wire.send(request))


def diagnosed(office: Office, change: Callable[[Request, Response], Response]) -> Diagnosis:
    """Diagnose a connected workspace whose answers of the API are changed."""
    here = office.elsewhere()
    changed = Rewritten(here, lambda asked, came: change(asked, came) if "/v2/" in asked.url else came)
    return here.connected(transport=changed).diagnose()


def unreachable(_: Request) -> None:
    raise NotSentError("the network is down")


def health(found: Diagnosis) -> dict[str, str]:
    """Return the worst that was told of each thing."""
    order = list(Health)
    return {
        code: max((check.health for check in found.of(code)), key=order.index)
        for code in CheckCode
        if found.of(code)
    }


def said(found: Diagnosis, code: CheckCode) -> str:
    (check,) = found.of(code)
    return check.text("en")


def test_all_that_works_is_told_as_such(office: Office) -> None:
    acme = office.connected(clock=SystemClock())
    acme.sync()
    before = {each.key: each.document for each in office.state.scan("")}
    requests = len(office.requests())
    found = acme.diagnose()
    assert health(found) == dict.fromkeys(CheckCode, "ok") | {"store": "warning"}
    assert found.healthy
    assert [check.code for check in found.checks] == list(CheckCode)
    assert "lasts no longer than this process" in said(found, CheckCode.STORE)
    assert "projects" in said(found, CheckCode.CATALOGUE)
    assert str(found) == found.text("en")
    assert all(line.startswith(("ok: ", "advarsel: ")) for line in found.text("nb").splitlines())
    assert {each.key: each.document for each in office.state.scan("")} == before
    asked = office.requests()[requests:]
    assert [each.split("?")[0] for each in asked] == ["GET /v2/companysettings", "GET /v2/orders"]


def test_what_the_catalogue_has_is_told_in_both_languages(office: Office) -> None:
    """One of a kind is not told as several."""
    office.busy.add(ACME, Kind.PROJECT, number="1", name="Bad")
    (check,) = office.tenant().diagnose().of(CheckCode.CATALOGUE)
    assert check.what.nb == "Busys register svarer: 0 kunder, 0 produkter, 1 prosjekt."
    assert check.what.en == "Busy's catalogue answers: 0 customers, 0 products, 1 project."


def test_without_a_connection_only_what_is_busys_is_looked_at(office: Office) -> None:
    found = office.tenant().diagnose()
    assert not found.healthy
    assert health(found)["connection"] == "failure"
    assert "Press connect" in said(found, CheckCode.CONNECTION)
    assert not {"answers", "clock", "scopes", "readiness", "imports"} & health(found).keys()


def test_what_was_never_fetched_or_failed_is_told(office: Office) -> None:
    acme = office.connected()
    assert "Nothing was fetched yet" in said(acme.diagnose(), CheckCode.IMPORTS)
    acme.sync()
    office.clock.advance(3 * 3600)
    assert "Last fetched 3 hours ago" in said(acme.diagnose(), CheckCode.IMPORTS)
    office.shell.wire.before = unreachable
    with pytest.raises(NotSent):
        acme.sync()
    assert "The last sync failed (NotSent)" in said(acme.diagnose(), CheckCode.IMPORTS)


def test_a_dead_login_is_told_with_what_to_press(office: Office) -> None:
    acme = office.connected()
    office.control("POST", "/password-change")
    found = acme.diagnose()
    assert health(found)["answers"] == "failure"
    assert "Press connect" in said(found, CheckCode.ANSWERS)
    assert health(acme.diagnose())["connection"] == "failure"


@pytest.mark.parametrize(
    ("off", "expected", "words"),
    [
        (0, "ok", "differ by 0 s"),
        (-20, "ok", "differ by"),
        (120, "warning", "s behind that of eAccounting"),
        (-120, "warning", "s ahead of that of eAccounting"),
        (3600, "failure", "3600 s behind"),
    ],
)
def test_the_clock_is_compared_with_the_servers(office: Office, off: int, expected: str, words: str) -> None:
    """The date of an answer tells it, cut to seconds."""

    def dated(_: Request, response: Response) -> Response:
        moment = office.clock.now() + timedelta(seconds=off)
        return evolve(response, headers={**response.headers, "date": format_datetime(moment, usegmt=True)})

    found = diagnosed(office, dated)
    assert health(found)["clock"] == expected
    assert words in said(found, CheckCode.CLOCK)


@pytest.mark.parametrize("date", ["", "yesterday"])
def test_a_server_that_tells_no_time_is_not_compared(office: Office, date: str) -> None:
    found = diagnosed(office, lambda _, response: evolve(response, headers={"date": date}))
    assert found.of(CheckCode.CLOCK) == ()


def test_access_that_is_missing_is_told(office: Office) -> None:

    def refused(request: Request, response: Response) -> Response:
        if "/orders" not in request.url:
            return response
        return Response(403, {}, b'{"ErrorCode": 4006, "ErrorId": "e"}')

    found = diagnosed(office, refused)
    assert health(found)["scopes"] == "failure"
    assert "accept all that is asked for" in said(found, CheckCode.SCOPES)


def test_orders_that_cannot_be_read_for_another_reason_are_told_too(office: Office) -> None:

    def broken(request: Request, response: Response) -> Response:
        return Response(500, {}, b"") if "/orders" in request.url else response

    assert "GET /orders" in said(diagnosed(office, broken), CheckCode.SCOPES)


def test_what_eaccounting_still_needs_is_told(office: Office) -> None:
    acme = office.connected()
    office.control("PATCH", "/records/companysettings", {"UsesProject": False})
    found = acme.diagnose()
    assert health(found)["readiness"] == "failure"
    assert "Projects are switched off" in said(found, CheckCode.READINESS)


def test_orders_that_wait_are_counted(office: Office) -> None:
    acme = office.connected()
    office.state.commit(ACME, [Write(f"{ORDER_PREFIX}broken", None, "no order")])
    found = acme.diagnose()
    assert health(found)["orders"] == "failure"
    assert "Orders that cannot be read: 1." in said(found, CheckCode.ORDERS)


class Sealed:
    """A host with a store that lasts, whose keys change."""

    def __init__(self, office: Office) -> None:
        self.office = office.elsewhere()
        store: Any = Lasting()
        self.office.state = store

    def with_keys(self, *keys: str) -> Tenant:
        return self.office.tenant(encryption_keys=list(keys))

    def connect(self, *keys: str) -> None:
        self.office.log_in(self.with_keys(*keys))


def test_which_key_opens_what_is_stored(office: Office) -> None:
    host = Sealed(office)
    host.connect(OLD)
    fresh = host.with_keys(OLD).diagnose()
    assert (health(fresh)["keys"], health(fresh)["store"]) == ("ok", "ok")
    changed = host.with_keys(NEW, OLD).diagnose()
    assert health(changed)["keys"] == "warning"
    assert "an older key opens: 1. Run reseal()" in said(changed, CheckCode.KEYS)
    assert health(host.with_keys(NEW, OLD).diagnose())["keys"] == "warning"  # looking reseals nothing
    lost = host.with_keys(NEW).diagnose()
    assert health(lost)["keys"] == "failure"
    assert "Add the old key back" in said(lost, CheckCode.KEYS)
    assert health(lost)["connection"] == "failure"


def test_access_that_the_host_no_longer_asks_for_is_told(office: Office) -> None:
    """The connection goes on, but the next login would lack it."""
    host = Sealed(office)
    host.connect(OLD)
    less = host.office.tenant(encryption_keys=[OLD], scopes=["ea:api", "offline_access"])
    assert "ea:sales is missing" in said(less.diagnose(), CheckCode.SCOPES)


def test_the_budget_that_all_processes_share_is_told(office: Office) -> None:
    host = Sealed(office)
    host.connect(OLD)
    found = host.with_keys(OLD).diagnose()
    assert "of 600 calls a minute are used (/" in said(found, CheckCode.BUDGET)


class Odd:
    """A store that does one thing wrongly."""

    volatile = True

    def __init__(self, wrong: str) -> None:
        self._memory = MemoryStateStore()
        self._wrong = wrong
        self.scan = self._memory.scan

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        found = self._memory.read(tenant, keys)
        if self._wrong != "mangles":
            return found
        return {key: Versioned(each.version, f"{each.body} ") for key, each in found.items()}

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if self._wrong == "fails":
            raise RuntimeError("postgresql://user:password@host")
        if self._wrong == "refuses" or (
            self._wrong == "hoards" and any(each.body is None for each in writes)
        ):
            return False
        return self._memory.commit(tenant, writes) or self._wrong == "takes everything"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("takes everything", "took what built on an old version"),
        ("refuses", "refused a new document"),
        ("hoards", "did not delete"),
        ("mangles", "does not give back"),
        ("fails", "did not come to its end: RuntimeError"),
    ],
)
def test_a_store_that_breaks_its_promise_is_found(wrong: str, words: str) -> None:
    busy = MemoryCatalogue()
    settings: dict[str, Any] = {"client_id": "i", "client_secret": "s", "redirect_uri": "https://b.example/"}
    with BusySync(catalogue=busy, work=MemoryWorkLog(busy), state=Odd(wrong), **settings) as visma:
        found = visma.tenant(ACME).diagnose()
    assert health(found)["store"] == "failure"
    assert words in said(found, CheckCode.STORE)
    assert "password" not in found.text("nb") + found.text("en")


def test_a_port_that_fails_ends_no_other_check() -> None:
    class Failing:
        def __init__(self) -> None:
            self.apply = MemoryCatalogue().apply

        def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
            raise ConnectionError("secret")

    busy = MemoryCatalogue()
    settings: dict[str, Any] = {"client_id": "i", "client_secret": "s", "redirect_uri": "https://b.example/"}
    with BusySync(
        catalogue=Failing(), work=MemoryWorkLog(busy), state=MemoryStateStore(), **settings
    ) as visma:
        found = visma.tenant(ACME).diagnose()
    assert "ConnectionError" in said(found, CheckCode.CATALOGUE)
    assert "secret" not in str(found)
    assert health(found)["work_log"] == "ok"
