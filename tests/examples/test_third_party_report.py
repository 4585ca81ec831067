"""The report on changed customers, run as its users run it: as a program, against a sandbox."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from attrs import field, frozen
from cryptography.fernet import Fernet

from visma_busy_sync.eaccounting import Application, Endpoints, OAuth
from visma_busy_sync.sandbox.process import SandboxInfo, SandboxProcess

EXAMPLE = Path(__file__).parents[2] / "examples" / "third_party" / "customer_report.py"
CUSTOMERS = 64
SCOPES = ("ea:api", "offline_access", "ea:sales_readonly")


@frozen
class Ran:
    """What came of one run."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.out)))


@frozen
class User:
    """Somebody with a folder, an environment and a sandbox to ask."""

    sandbox: SandboxInfo
    folder: Path
    key: bytes = field(factory=Fernet.generate_key)

    def __attrs_post_init__(self) -> None:
        (self.folder / "server.json").write_text(json.dumps(self.sandbox.addresses), encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        given = {
            "VISMA_CLIENT_ID": self.sandbox.client_id,
            "VISMA_CLIENT_SECRET": self.sandbox.client_secret,
            "VISMA_REDIRECT_URI": "http://127.0.0.1/callback",
            "VISMA_TOKEN_KEY": self.key.decode(),
        }
        return subprocess.Popen(
            [sys.executable, str(EXAMPLE), *arguments],
            cwd=self.folder,
            env={**os.environ, **given, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def report(self, *arguments: str, **environment: str) -> Ran:
        return self.end(self.start("report", "--server", "server.json", *arguments, **environment))

    def end(self, running: subprocess.Popen[str]) -> Ran:
        out, err = running.communicate(timeout=120)
        assert "Traceback" not in err, err
        return Ran(running.returncode, out, err)

    def log_in(self) -> Ran:
        """Log in as a person does: open the address that is told, and paste the one that comes of it."""
        running = self.start("login", "--server", "server.json")
        assert running.stderr is not None
        assert "Open this address" in running.stderr.readline()
        address = running.stderr.readline().strip()
        out, err = running.communicate(sent_back_to(address), timeout=60)
        return Ran(running.returncode, out, err)

    def steer(self, method: str, path: str, body: object = None) -> None:
        httpx.request(method, f"{self.sandbox.control_url}{path}", json=body).raise_for_status()


def sent_back_to(address: str) -> str:
    """Press "Log in"; not with httpx, which logs the headers of an answer: one of these holds the code."""
    page = urlsplit(address)
    browser = HTTPConnection(page.netloc, timeout=20)
    try:
        browser.request("GET", f"{page.path}?{page.query}&sandbox_auto=approve")
        return str(browser.getresponse().headers["location"])
    finally:
        browser.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxInfo]:
    with SandboxProcess() as process:
        yield process.info


@pytest.fixture
def user(sandbox: SandboxInfo, tmp_path: Path) -> User:
    httpx.post(sandbox.reset_url).raise_for_status()
    return User(sandbox, tmp_path)


@pytest.fixture
def logged_in(user: User) -> User:
    ran = user.log_in()
    assert ran.code == 0, ran.err
    return user


def test_a_first_try_needs_nothing_but_the_sandbox(tmp_path: Path) -> None:
    """One command, no login and no settings; names of private persons only where they are asked for."""
    plain, personal = (
        subprocess.run(
            [sys.executable, str(EXAMPLE), "report", "--sandbox", "--since", "2026-06-01", *more],
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=True,
        )
        for more in ([], ["--personal"])
    )
    assert plain.stderr == (
        "Fjordmesteren Bygg og Rådgivning AS: 7 of 64 customers changed since 2026-06-01 00:00 UTC.\n"
    )
    assert plain.stdout.splitlines()[:2] == [
        "customer_number,name,is_active,changed_utc,id",
        "10058,(private person),yes,2026-06-03T09:10:09Z,1e6d1861-3400-588d-b9be-c54ff783d53e",
    ]
    assert "example.com" not in plain.stdout
    assert "10058,Håkon Oppdiktet,yes," in personal.stdout
    assert "privat17@example.com" in personal.stdout
    assert list(tmp_path.iterdir()) == []


def test_each_report_goes_on_where_the_last_one_ended(logged_in: User) -> None:
    """All at first; then what changed since, once."""
    state = ("--state", "last.json")
    first = logged_in.report(*state)
    assert (first.code, len(first.rows)) == (0, CUSTOMERS)
    assert "64 of 64 customers in all" in first.err
    changed = next(row for row in first.rows if row["name"] != "(private person)")
    logged_in.steer("PATCH", f"/records/customers/{changed['id']}", {"Name": "Nytt Navn AS"})
    second = logged_in.report(*state)
    assert [(row["id"], row["name"]) for row in second.rows] == [(changed["id"], "Nytt Navn AS")]
    third = logged_in.report(*state)
    assert (third.code, third.rows) == (0, [])
    assert "0 of 64" in third.err
    # Who names a moment gets all since then, whatever was reported before.
    assert len(logged_in.report(*state, "--since", "2026-06-01").rows) == 8


def test_the_login_is_kept_encrypted_and_for_its_owner_alone(logged_in: User) -> None:
    kept = logged_in.folder / "visma-login"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert b"sbx-" not in kept.read_bytes()
    assert b"sbx-" in Fernet(logged_in.key).decrypt(kept.read_bytes())


@pytest.mark.parametrize(
    "switches",
    [
        {"filters": "refused", "ordering": "refused"},
        {"filters": "ignored", "ordering": "ignored"},
        {"inactive_listed": False},
    ],
    ids=["refused", "ignored", "inactive ones are hidden"],
)
def test_what_changed_is_found_whatever_the_server_filters(
    logged_in: User, switches: dict[str, object]
) -> None:
    logged_in.steer("PATCH", "/profile", switches)
    ran = logged_in.report("--since", "2026-01-01")
    logged_in.steer("POST", "/reset")
    assert logged_in.log_in().code == 0
    usual = logged_in.report("--since", "2026-01-01")
    assert (ran.code, ran.rows) == (0, usual.rows)
    assert any(row["is_active"] == "no" for row in usual.rows)


def test_a_customer_of_whom_no_change_is_known_is_listed_and_said_so(logged_in: User) -> None:
    logged_in.steer("PATCH", "/profile", {"stamps": "null"})
    ran = logged_in.report("--since", "2026-06-01")
    assert (ran.code, len(ran.rows)) == (0, CUSTOMERS)
    assert {row["changed_utc"] for row in ran.rows} == {""}
    assert "Of 64 eAccounting does not tell when they changed" in ran.err


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503, "body": "html", "times": 2},
        {"kind": "status", "status": 429, "error_code": 4010, "headers": {"Retry-After": "1"}},
        {"kind": "drop_before"},
    ],
    ids=["503", "429", "connection cut"],
)
def test_a_passing_fault_is_outlived(logged_in: User, fault: dict[str, object]) -> None:
    logged_in.steer("POST", "/faults", {"method": "GET", "path": "/customers", **fault})
    ran = logged_in.report("--since", "2026-06-01")
    assert (ran.code, len(ran.rows)) == (0, 7)


def test_a_refresh_token_of_the_environment_is_used_until_there_is_a_file(user: User) -> None:
    """Its first use makes it worthless, so what replaced it is kept."""
    application = Application(
        client_id=user.sandbox.client_id,
        client_secret=user.sandbox.client_secret,
        redirect_uri="http://127.0.0.1/callback",
        scopes=SCOPES,
        endpoints=Endpoints(**user.sandbox.addresses),
    )
    with OAuth(application) as oauth:
        pending = oauth.begin()
        tokens = oauth.complete(pending, sent_back_to(pending.url))
    assert tokens.refresh_token is not None
    user.steer("PATCH", "/profile", {"reuse": "fatal"})
    for _ in range(2):
        ran = user.report("--since", "2026-06-01", VISMA_REFRESH_TOKEN=tokens.refresh_token.reveal())
        assert (ran.code, len(ran.rows)) == (0, 7), ran.err


def test_two_reports_at_once_do_not_lose_the_login(user: User) -> None:
    """Each finds its tokens ended and renews them, one after the other."""
    user.steer("PATCH", "/profile", {"reuse": "fatal", "lifetime": 1})
    assert user.log_in().code == 0
    user.steer("PATCH", "/profile", {"lifetime": 3600})
    running = [user.start("report", "--server", "server.json", "--since", "2026-06-01") for _ in range(3)]
    assert [user.end(each).code for each in running] == [0, 0, 0]


def test_a_changed_password_asks_for_a_login_and_forgets_nothing(logged_in: User) -> None:
    """Nothing is written then, and after the new login the report goes on from where it was."""
    state = ("--state", "last.json", "--output", "changed.csv")
    assert logged_in.report(*state).code == 0
    before = {path.name: path.read_bytes() for path in logged_in.folder.glob("*.[cj]s*")}
    logged_in.steer("POST", "/password-change")
    ran = logged_in.report(*state)
    assert ran.code == 4
    assert "Log in again" in ran.err
    assert {path.name: path.read_bytes() for path in logged_in.folder.glob("*.[cj]s*")} == before
    assert logged_in.log_in().code == 0
    assert "0 of 64" in logged_in.report(*state).err


def test_what_lasts_is_told_to_be_tried_later(logged_in: User) -> None:
    logged_in.steer("PATCH", "/profile", {"downtime": "api"})
    ran = logged_in.report("--state", "last.json")
    assert (ran.code, ran.out) == (75, "")
    assert not (logged_in.folder / "last.json").exists()


def test_a_list_that_does_not_stand_still_moves_nothing_on(logged_in: User) -> None:
    """What was seen is listed; the next report begins where this one did."""
    logged_in.steer("PATCH", "/profile", {"filters": "refused", "totals": "short"})
    ran = logged_in.report("--state", "last.json")
    assert ran.code == 75
    assert ran.rows
    assert "may have been missed" in ran.err
    assert not (logged_in.folder / "last.json").exists()


def test_a_file_of_the_last_report_is_of_one_company(logged_in: User) -> None:
    """Else the first report on another company would begin in the middle."""
    assert logged_in.report("--state", "last.json").code == 0
    logged_in.steer("PATCH", "/records/companysettings", {"CompanyIdentifier": "another"})
    ran = logged_in.report("--state", "last.json")
    assert (ran.code, ran.out) == (1, "")
    assert "another company" in ran.err


def test_no_cell_of_the_file_is_a_formula(logged_in: User) -> None:
    """A customer's name comes from outside, and who opens the file may use a spreadsheet."""
    found = logged_in.report("--since", "2026-06-01", "--personal")
    person = next(row for row in found.rows if row["mobile_phone"])
    changes = {"Name": '=HYPERLINK("https://elsewhere.invalid")', "MobilePhone": "+47 (000) 11 222"}
    logged_in.steer("PATCH", f"/records/customers/{person['id']}", changes)
    assert logged_in.report("--since", "2026-06-01", "--personal", "--output", "x.csv").out == ""
    with (logged_in.folder / "x.csv").open(encoding="utf-8", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["id"] == person["id"])
    assert row["name"] == '\'=HYPERLINK("https://elsewhere.invalid")'
    assert row["mobile_phone"] == "+47 (000) 11 222"


def test_what_a_user_can_mend_is_said_in_a_line(user: User) -> None:
    """No login yet, another key, no key, a damaged file, a folder that is not there, wrong arguments."""
    assert "log in first" in user.report().err
    assert user.log_in().code == 0
    other = user.report(VISMA_TOKEN_KEY=Fernet.generate_key().decode())
    assert "VISMA_TOKEN_KEY is not its key" in other.err
    none = user.report(VISMA_TOKEN_KEY="")
    assert none.err.startswith("VISMA_TOKEN_KEY is not set. Make one with: python -c ")
    made = subprocess.check_output(
        [sys.executable, *shlex.split(none.err.partition(": python ")[2])], encoding="utf-8"
    )
    assert "VISMA_TOKEN_KEY is not its key" in user.report(VISMA_TOKEN_KEY=made.strip()).err
    wrong = user.report(VISMA_TOKEN_KEY="secret")
    assert wrong.err.startswith("VISMA_TOKEN_KEY is no key. Make one with: python -c ")
    (user.folder / "last.json").write_text("[]", encoding="utf-8")
    damaged = user.report("--state", "last.json")
    assert "cannot be read" in damaged.err
    away = user.report("--tokens", "nowhere/login")
    assert "nowhere" in away.err
    unknown = user.report(VISMA_CLIENT_ID="")
    assert "client_id is empty" in unknown.err
    for ran in (other, none, wrong, damaged, away, unknown):
        assert (ran.code, ran.out, ran.err.count("\n")) == (1, "", 1), ran.err
    assert user.report("--since", "yesterday").code == 2
    assert user.report("--server", "elsewhere.json").code == 2
