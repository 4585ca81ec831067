"""Connecting from a terminal: with a browser that comes back, with a pasted address, and with the sandbox."""

from __future__ import annotations

import http.client
import io
import json
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from visma_busy_sync.cli import connect as commands
from visma_busy_sync.cli.callback import Callbacks, listening
from visma_busy_sync.cli.embedded import DataFolder

from .conftest import Shell

URL = re.compile(r"http://127\.0\.0\.1:\d+/connect/authorize\S+")


def get(url: str) -> http.client.HTTPResponse:
    """Ask for an address, and follow nothing."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.request("GET", f"{parts.path}?{parts.query}")
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def pressed(url: str, button: str = "approve") -> str:
    """Press a button on the login page; return where the browser is sent."""
    location = get(f"{url}&sandbox_auto={button}").getheader("location")
    assert location
    return location


@pytest.fixture
def browsing(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], None]], list[str]]:
    """Make the browser that is opened do something in a thread of its own, as a browser does."""

    def use(visit: Callable[[str], None]) -> list[str]:
        opened: list[str] = []

        def open_(url: str) -> bool:
            opened.append(url)
            threading.Thread(target=visit, args=(url,), daemon=True).start()
            return True

        monkeypatch.setattr("webbrowser.open", open_)
        return opened

    return use


def test_a_browser_comes_back_to_the_command(
    shell: Shell, browsing: Callable[[Callable[[str], None]], list[str]]
) -> None:
    """The page on the redirect address answers there and nowhere else, and the code is never shown."""
    answers: list[tuple[int, str]] = []
    sent_to: list[str] = []

    def visit(url: str) -> None:
        back = pressed(url)
        sent_to.append(back)
        base = back.partition("?")[0]
        wrong = base.replace("/callback", "/favicon.ico")
        other = f"{base}?state=of-another-page&code=c"
        answers.extend((get(each).status, each) for each in (wrong, base, other, back))

    opened = browsing(visit)
    said = shell("connect --no-project-sync --browser")
    assert said.code == 0, said
    assert "Connected to Visma eAccounting: Fjordmesteren" in said.out
    assert opened[0] in said.err
    code = parse_qs(urlsplit(sent_to[0]).query)["code"][0]
    assert code not in said.out + said.err
    assert [status for status, _ in answers][:3] == [404, 404, 404]
    assert shell.good("status --json").json["project_sync"] is False


def test_a_login_that_is_cancelled_asks_to_connect_again(
    shell: Shell, browsing: Callable[[Callable[[str], None]], list[str]]
) -> None:
    browsing(lambda url: get(pressed(url, "deny")).close())
    said = shell("connect --project-sync --browser")
    assert said.code == 4
    assert "The login was cancelled" in said.out


class Pasting(io.StringIO):
    """Standard input of a script that waits for the address, and answers with where that leads."""

    def __init__(self, said: Callable[[], str]) -> None:
        super().__init__()
        self._said = said

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # the stub of io says bytes
        (url,) = URL.findall(self._said())
        return f"  {pressed(url)}\n"


def test_an_address_is_pasted_where_nobody_listens(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Pasting(lambda: shell.capture.readouterr().err))
    said = shell("connect --project-sync --paste")
    assert said.code == 0, said
    assert "code=" not in said.out + said.err
    assert shell.good("status").out.startswith("connected to Fjordmesteren")


@pytest.mark.parametrize("pasted", ["hello", "code=y&state=x", "http://[", "https://elsewhere.example"])
def test_what_is_no_address_is_told_as_such(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, pasted: str
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{pasted}\n"))
    said = shell("connect --project-sync --paste")
    assert said.code == 1
    assert "That is no address." in said.err
    assert "Copy all of it, from http to the end." in said.err
    assert "elsewhere" not in said.out + said.err


@pytest.mark.parametrize(("pasted", "code"), [("", 1), ("https://elsewhere.example/?state=x&code=y\n", 4)])
def test_what_is_no_address_of_this_login_connects_nothing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, pasted: str, code: int
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(pasted))
    said = shell("connect --project-sync --paste")
    assert said.code == code
    assert "elsewhere" not in said.out + said.err
    assert shell("status").code == 4


def test_the_choice_of_project_sync_is_asked_for(shell: Shell) -> None:
    said = shell("connect --auto")
    assert said.code == 64
    assert "--project-sync or --no-project-sync" in said.err


def test_only_a_sandbox_here_is_logged_in_to_without_a_person(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VISMA_BUSY_SYNC_SANDBOX", "0")
    monkeypatch.setenv("VISMA_BUSY_SYNC_CLIENT_ID", "client")
    monkeypatch.setenv("VISMA_BUSY_SYNC_CLIENT_SECRET", "hush-hush-hush")
    said = shell("connect --auto --project-sync")
    assert said.code == 64
    assert "a sandbox on this machine only" in said.err
    assert "hush" not in said.out + said.err


def test_a_login_is_told_to_programs(shell: Shell) -> None:
    told = shell.good("connect --auto --project-sync --json").json
    assert (told["document"], told["schema"], told["outcome"]) == ("login", 1, "connected")
    assert told["readiness"] == {"ready": True, "findings": []}
    assert told["text"]["nb"].startswith("Koblet til Visma eAccounting")


def test_status_says_how_the_connection_stands(shell: Shell) -> None:
    said = shell("status")
    assert (said.code, said.out) == (4, "not connected. Run connect and log in at Visma.\n")
    shell.connected()
    assert shell.good("status --lang nb").out.endswith("aldri hentet\n")
    shell.good("disconnect --yes")
    assert shell("status").code == 4


def test_a_dead_login_is_told_with_the_command_that_cures_it(shell: Shell) -> None:
    shell.synced()
    shell.control("POST", "/password-change")
    said = shell("plan")
    assert said.code == 4
    assert "ReconnectNeeded, exit code 4" in said.err
    assert "Next: visma-busy-sync connect --sandbox" in said.err
    assert shell("status").code == 4
    shell.connected()
    assert "nothing to do" in shell.good("sync").out


def test_what_eaccounting_still_needs_is_told(shell: Shell) -> None:
    shell.connected()
    assert shell.good("readiness").out == "eAccounting is ready.\n"
    shell.control("PATCH", "/records/companysettings", {"UsesProject": False})
    said = shell("readiness --json")
    assert said.code == 3
    assert [each["code"] for each in said.json["findings"]] == ["projects_off"]
    refused = shell("plan --json")
    assert refused.code == 3
    assert refused.json["findings"] == ["projects_off"]
    assert "Projects are switched off" in refused.err


def test_another_company_waits_for_a_person(shell: Shell) -> None:
    shell.synced()
    shell.control("POST", "/companies", {"id": "north", "name": "Nord AS"})
    url_of = commands._pressed
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "_pressed", lambda url: url_of(f"{url}&company=north"))
        said = shell("connect --auto --project-sync")
    assert said.code == 3
    assert "You logged in to Nord AS" in said.out
    assert "company preview --sandbox" in said.err
    preview = shell.good("company preview --json").json
    assert preview["plan"]["company"] != ""
    assert shell("company confirm").code == 64
    shell.good("company discard")
    assert "Fjordmesteren" in shell.good("status").out
    assert shell("company confirm --yes").code == 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(commands, "_pressed", lambda url: url_of(f"{url}&company=north"))
        assert shell("connect --auto --project-sync").code == 3
    assert "Nord AS" in shell.good("company confirm --yes").out
    assert shell.good("company preview --help").out


# The page that the browser comes back to


@contextmanager
def page(redirect_uri: str) -> Iterator[Callbacks]:
    callbacks = listening(redirect_uri)
    assert callbacks is not None
    with callbacks:
        yield callbacks


def test_the_page_gives_back_the_whole_address_and_says_little() -> None:
    with page("http://localhost:0/visma/back") as callbacks:
        callbacks.expect("s")
        base = callbacks.redirect_uri
        assert re.fullmatch(r"http://localhost:\d+/visma/back", base)
        address = f"{base}?code=a%2Bb&state=s"
        answer = get(address.replace("localhost", "127.0.0.1"))
        assert answer.status == 200
        assert answer.getheader("cache-control") == "no-store"
        came = callbacks.wait(5)
        assert came is not None
        assert came.reveal() == address
        assert callbacks.wait(0.01) is None


def test_a_connection_on_which_nothing_is_asked_holds_up_nobody() -> None:
    """Browsers open some in advance."""
    with page("http://127.0.0.1:0/back") as callbacks:
        callbacks.expect("s")
        idle = http.client.HTTPConnection("127.0.0.1", urlsplit(callbacks.redirect_uri).port, timeout=5)
        idle.connect()
        get(f"{callbacks.redirect_uri}?state=s&error=access_denied")
        assert callbacks.wait(5) is not None
        idle.close()


@pytest.mark.parametrize(
    "address",
    [
        "https://localhost:44300/callback",
        "https://busy.example/visma/callback",
        "http://busy.example:8000/callback",
        "http://localhost:99999/",
        "nonsense",
    ],
)
def test_where_this_machine_is_not_meant_nobody_listens(address: str) -> None:
    assert listening(address) is None


def test_a_port_that_is_taken_is_not_listened_to() -> None:
    with page("http://127.0.0.1:0/back") as callbacks:
        assert listening(callbacks.redirect_uri) is None


def test_a_host_behind_an_address_of_its_own_has_it_pasted(shell: Shell, tmp_path: Path) -> None:
    """Without an answer nothing is connected, and it ends as a failure."""
    (tmp_path / "behind.py").write_text(
        "from visma_busy_sync import BusySync\n"
        "from visma_busy_sync.stores import MemoryCatalogue, MemoryStateStore, MemoryWorkLog\n"
        "busy = MemoryCatalogue()\n"
        "def make():\n"
        "    return BusySync(catalogue=busy, work=MemoryWorkLog(busy), state=MemoryStateStore(),\n"
        "        client_id='i', client_secret='s', redirect_uri='https://busy.example/back')\n",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VISMA_BUSY_SYNC_SANDBOX", "0")
        patch.setattr("sys.stdin", io.StringIO(""))
        patch.delitem(sys.modules, "behind", raising=False)
        said = shell("connect --app behind:make --tenant acme --project-sync")
    assert said.code == 1
    assert "redirect_uri=https%3A%2F%2Fbusy.example%2Fback" in said.err
    assert "Copy that address" in said.err


def test_a_sandbox_that_does_not_answer_is_not_taken_for_visma(shell: Shell) -> None:
    shell.connected()
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    file = DataFolder(shell.data / "sandbox", sandbox=True).sandbox_file
    told = json.loads(file.read_text(encoding="utf-8"))
    there = told["api_url"].removesuffix("/v2")
    moved = file.read_text(encoding="utf-8").replace(there, f"http://127.0.0.1:{port}")
    file.write_text(moved, encoding="utf-8")
    for line in ("plan", "plan --json"):
        said = shell(line)
        assert said.code == 75
        assert "The sandbox does not answer. Start it anew" in said.err
        assert "visma-busy-sync sandbox" in said.err
        assert "status.visma.com" not in said.err + said.out


def test_the_sandbox_that_ended_is_told(shell: Shell) -> None:
    DataFolder(shell.data / "sandbox", sandbox=True).sandbox_file.unlink()
    said = shell("status")
    assert said.code == 1
    assert "No sandbox runs here" in said.err
    assert "visma-busy-sync sandbox" in said.err
