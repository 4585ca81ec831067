"""The FastAPI host as people use it: started by its command, over HTTP, against the sandbox."""

from __future__ import annotations

import json
import re
import signal
import sqlite3
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest
from attrs import frozen
from fastapi import Request

from busy_pages import Note
from fastapi_host.settings import Settings
from fastapi_host.web import Here
from visma_busy_sync import ConfigurationError, Endpoints

RUN = Path(__file__).parents[2] / "examples" / "fastapi_host" / "run.py"
_END_SECONDS = 30


@frozen
class Started:
    """A host that was started, and its sandbox."""

    folder: Path
    busy: str
    sandbox: str
    process: subprocess.Popen[str]

    def sent_orders(self) -> int:
        """Return how many orders reached eAccounting."""
        entries = httpx.get(f"{self.sandbox}/journal").json()["entries"]
        return sum(each["method"] == "POST" and each["path"].endswith("/orders") for each in entries)


def _start(folder: Path) -> Started:
    command = [sys.executable, str(RUN), "--folder", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stdout is not None
    told = [process.stdout.readline().partition(": ")[2].strip() for _ in range(2)]
    return Started(folder, told[0].removesuffix("/"), told[1], process)


def _end(started: Started) -> int:
    started.process.send_signal(signal.SIGTERM)
    try:
        return started.process.wait(_END_SECONDS)
    finally:
        started.process.kill()
        started.process.communicate()


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    host = _start(tmp_path_factory.mktemp("busy"))
    yield host
    _end(host)


class Browser:
    """A browser without script, that sends forms as they are on the page."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.page = ""

    def open(self, address: str) -> str:
        self.page = self.client.get(address).text
        return self.page

    def hidden(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.page)
        assert found is not None, f"the page has no field {name}"
        return unescape(found[1])

    def send(self, address: str, **fields: str) -> str:
        token = self.hidden("csrf_token")
        self.page = self.client.post(address, data={"csrf_token": token, **fields}).text
        return self.page

    def connect(self) -> None:
        self.open("/")
        token = self.hidden("csrf_token")
        sent = self.client.post(
            "/acme/integrations/visma/connect",
            data={"csrf_token": token, "project_sync": "on"},
            follow_redirects=False,
        )
        self.page = self.client.get(sent.headers["location"] + "&sandbox_auto=approve").text

    def import_all(self) -> None:
        self.open("/acme/integrations/visma/plan")
        self.send("/acme/integrations/visma/sync", confirmed="1", archiving=self.hidden("archiving"))

    def give_products(self) -> None:
        self.open("/acme/projects/1")
        product = re.search(r'<option value="(\d+)">Reisetid</option>', self.page)
        assert product is not None
        for id, name in (("1", "Rådgivning"), ("2", "Reisetid")):
            fields = {"id": id, "seen": self.seen(id), "name": name, "product": product[1], "rate": "100"}
            self.send("/acme/projects/1/work-types", **fields)
            self.open("/acme/projects/1")

    def seen(self, work_type: str) -> str:
        """Return what the form of a work type says that it was filled with."""
        found = re.search(
            rf'name="id" value="{work_type}">\s*<input [^>]*name="seen" value="(\w+)"', self.page
        )
        assert found is not None
        return found[1]


@contextmanager
def _browser(started: Started) -> Iterator[Browser]:
    with httpx.Client(base_url=started.busy, follow_redirects=True, timeout=30) as client:
        yield Browser(client)


@pytest.fixture
def browser(started: Started) -> Iterator[Browser]:
    with _browser(started) as each:
        yield each


def test_forms_of_other_sites_and_without_a_token_change_nothing(started: Started, browser: Browser) -> None:
    """They are answered 403, also where the browser has a session."""
    before = browser.open("/acme/projects/1")
    for token in ({}, {"csrf_token": ""}, {"csrf_token": "another"}):
        answer = browser.client.post("/acme/projects/1", data={"name": "Forged", **token})
        assert answer.status_code == 403
    assert httpx.post(f"{started.busy}/acme/integrations/visma/disconnect").status_code == 403
    assert browser.open("/acme/projects/1") == before


@pytest.mark.parametrize(
    "address",
    ["/nobody/projects", "/acme/nothing", "/acme/projects/99", "/acme/projects/x", "/acme/orders/x"],
)
def test_what_is_not_there_is_a_page_that_says_so(started: Started, address: str) -> None:
    """In the language of the person, with a way on."""
    answer = httpx.get(f"{started.busy}{address}")
    assert answer.status_code == 404
    assert "Siden finnes ikke" in answer.text
    english = httpx.get(f"{started.busy}{address}", headers={"cookie": "language=en"})
    assert "There is no such page" in english.text


@pytest.mark.parametrize("address", ["/acme/projects/1/hours", "/language", "/acme/orders/x/push"])
def test_who_loads_the_address_of_a_form_is_not_told_of_a_fault(started: Started, address: str) -> None:
    """As after a page that says that a form was too old."""
    answer = httpx.get(f"{started.busy}{address}")
    assert answer.status_code == 405
    assert "Siden finnes ikke" in answer.text


def test_a_request_for_another_host_leads_nowhere(started: Started) -> None:
    """An address that is completed goes to the host that the request names."""
    answer = httpx.get(f"{started.busy}/acme/projects/", headers={"host": "elsewhere.invalid"})
    assert answer.status_code == 400
    assert "location" not in answer.headers


def test_a_form_that_was_filled_before_somebody_else_saved_undoes_nothing(
    started: Started, browser: Browser
) -> None:
    """It is told, and what the other one saved is shown."""
    browser.open("/acme/projects/2")
    first, late = browser.hidden("seen"), browser.seen("2")
    browser.send("/acme/projects/2", seen=first, name="Hytte")
    browser.send("/acme/projects/2", seen=first, name="Garasje")
    assert "Noen har endret dette" in browser.page
    assert "Hytte" in browser.page
    fields = {"id": "2", "name": "Reisetid", "product": ""}
    browser.send("/acme/projects/2/work-types", **fields, seen=browser.seen("2"), rate="500")
    browser.send("/acme/projects/2/work-types", **fields, seen=late, rate="600")
    assert "Noen har endret dette" in browser.page
    assert 'value="500,00"' in browser.page
    browser.send("/acme/projects/2/work-types", **fields, seen=browser.seen("2"), rate="640,50")


def test_an_order_has_an_id_that_an_address_can_hold(browser: Browser) -> None:
    """Else it would be sent, and no page could show it."""
    browser.open("/acme/projects/1")
    fields = {"csrf_token": browser.hidden("csrf_token"), "content": "x"}
    for id in ("", "a/b", "x" * 65):
        answer = browser.client.post("/acme/projects/1/order", data={**fields, "order": id})
        assert answer.status_code == 404


def test_a_fault_is_told_without_anything_of_it(started: Started) -> None:
    """The page says that something went wrong; what it was is in the log alone."""

    def rename(table: str, name: str) -> None:
        with closing(sqlite3.connect(started.folder / "busy.db", timeout=30)) as database:
            database.execute(f"alter table {table} rename to {name}")

    rename("expense", "gone")
    try:
        answer = httpx.get(f"{started.busy}/acme/projects/1")
    finally:
        rename("gone", "expense")
    assert answer.status_code == 500
    assert "Noe gikk galt i Busy" in answer.text
    assert not re.search("expense|select|sql|traceback", answer.text, re.IGNORECASE)
    assert httpx.get(f"{started.busy}/acme/projects/1").status_code == 200


def test_the_session_cookie_is_the_browsers_alone(started: Started) -> None:
    """No script reads it, no form of another site brings it along, and no page may be kept or framed."""
    answer = httpx.get(f"{started.busy}/acme/projects")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert answer.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_site_that_people_reach_does_not_start_without_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its processes would not know the sessions of each other, and logins would fail now and then."""
    monkeypatch.delenv("BUSY_SESSION_SECRET", raising=False)
    known = {"database_url": "", "client_id": "", "client_secret": "", "token_key": ""}
    with pytest.raises(ConfigurationError, match="BUSY_SESSION_SECRET is missing"):
        Settings(address="https://busy.example", endpoints=Endpoints(), **known)
    assert Settings(address="http://127.0.0.1:8000", endpoints=Endpoints(), **known).session_secret


def test_notes_that_are_long_in_any_script_fit_into_the_session() -> None:
    """It is a cookie, and browsers drop one of more than 4,096 bytes, with all that it holds."""
    here = Here(Request({"type": "http", "session": {}, "state": {"host": None}, "headers": []}))
    for letter in "aæЖ☃":
        for _ in range(2):
            here.tell(Note("bad", letter * 5_000))
        kept = {**here.session, "id": "x" * 32, "csrf": "x" * 32, "workspace": "x" * 50}
        assert len(b64encode(json.dumps(kept).encode())) < 3_900


def test_a_callback_that_nobody_began_connects_nothing(started: Started) -> None:
    """Without the session that began the login it leads to the start page."""
    forged = f"{started.busy}/integrations/visma/callback?code=x&state=y"
    assert httpx.get(forged).headers["location"] == "/"


def test_from_the_login_to_an_order_that_is_sent_once_and_withdrawn(
    started: Started, browser: Browser
) -> None:
    """A double click on "finalise" is one order; withdrawing it frees its hours for the next one."""
    browser.connect()
    assert "Koblet til Visma eAccounting" in browser.page
    assert "9001 Internt: ferie" in browser.open("/acme/integrations/visma/plan")
    # Without what the preview says nothing is imported.
    browser.send("/acme/integrations/visma/sync")
    assert "Forhåndsvisning" in browser.page
    browser.import_all()
    assert "Henting" in browser.page
    assert "Internt: ferie" in browser.open("/acme/projects?archived=1")

    assert "Velg et produkt på arbeidstypen" in browser.open("/acme/projects/1/order")
    browser.give_products()
    browser.open("/acme/projects/1/order")
    fields = {name: browser.hidden(name) for name in ("csrf_token", "order", "content", "first", "last")}
    moved = browser.client.post("/acme/projects/1/order", data={**fields, "content": "another"})
    assert "ikke lenger slik den ble vist" in moved.text
    with ThreadPoolExecutor(3) as clicks:
        answers = list(
            clicks.map(lambda _: browser.client.post("/acme/projects/1/order", data=fields), range(3))
        )
    assert {str(each.url) for each in answers} == {f"{started.busy}/acme/orders/{fields['order']}"}
    assert started.sent_orders() == 1
    assert "Overført" in browser.open(f"/acme/orders/{fields['order']}")
    assert "På ordre" in browser.open("/acme/projects/1")

    history = httpx.get(f"{started.sandbox}/orders/history").json()["entries"]
    draft = history[-1]["order"]
    edited = f"{started.sandbox}/records/orders/{draft['Id']}"
    httpx.patch(edited, json={"YourReference": "Per"})
    browser.open(f"/acme/orders/{fields['order']}")
    browser.send(f"/acme/orders/{fields['order']}/read-back")
    assert re.search("Deres referanse</span> <small>.* → Per</small>", browser.page)
    httpx.patch(edited, json={"YourReference": draft["YourReference"]})

    specification = browser.client.get(f"/acme/orders/{fields['order']}/hours")
    assert "Timespesifikasjon" in specification.text
    assert specification.headers["content-security-policy"] == "frame-ancestors 'none'"
    assert specification.headers["x-content-type-options"] == "nosniff"
    browser.open(f"/acme/orders/{fields['order']}")
    assert "Timene og kostnadene er frigitt" in browser.send(f"/acme/orders/{fields['order']}/withdraw")
    assert "På ordre" not in browser.open("/acme/projects/1")
    assert "Ferdigstill og send" in browser.open("/acme/projects/1/order")


def test_the_command_ends_with_its_sandbox_when_it_is_told_to(tmp_path: Path) -> None:
    """Nothing is left that answers, and the next start goes on with the same data."""
    first = _start(tmp_path)
    try:
        with _browser(first) as browser:
            browser.open("/acme/projects/1")
            browser.send("/acme/projects/1", seen=browser.hidden("seen"), name="Et nytt navn")
    finally:
        code = _end(first)
    assert code == 0
    for address in (first.busy, first.sandbox):
        with pytest.raises(httpx.ConnectError):
            httpx.get(address)
    again = _start(tmp_path)
    try:
        assert "Et nytt navn" in httpx.get(f"{again.busy}/acme/projects").text
    finally:
        _end(again)
