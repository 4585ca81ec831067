"""Which customers changed in eAccounting? A report by the client alone: no Busy, no ports, no database.

```
python examples/third_party/customer_report.py report --sandbox --since 2026-06-01   # try it
python examples/third_party/customer_report.py login                                 # once, by a person
python examples/third_party/customer_report.py report --state last.json --output changed.csv   # every night
```

On a terminal the report is a table, elsewhere it is CSV; what was done is told on standard error.

The environment says who you are: VISMA_CLIENT_ID, VISMA_CLIENT_SECRET and VISMA_REDIRECT_URI as registered
with Visma. The login is kept in a file (`--tokens`), encrypted with VISMA_TOKEN_KEY, a key of
`cryptography.fernet.Fernet.generate_key()` (extra `crypto`). Instead of `login`, VISMA_REFRESH_TOKEN may give
a refresh token; it is used while that file is not there, since Visma may replace it at its first use.

Exit codes: 0 done, 1 an error, 2 wrong arguments, 4 log in again, 75 try again later.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from io import TextIOWrapper
from pathlib import Path
from typing import TextIO
from urllib.parse import urlsplit

from visma_busy_sync import ConfigurationError, VismaBusySyncError
from visma_busy_sync.eaccounting import PRODUCTION, Application, EAccounting, Endpoints, OAuth, TokenSet
from visma_busy_sync.eaccounting.errors import (
    AnswerLost,
    NotSent,
    RateLimited,
    ReconnectNeeded,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.eaccounting.models import CompanySettings, Customer
from visma_busy_sync.sandbox.process import SandboxDidNotStart, SandboxProcess

FAILED, LOG_IN_AGAIN, TRY_LATER = 1, 4, 75

SCOPES = ("ea:api", "offline_access", "ea:sales_readonly")
"""No more than a report needs."""

MAKE_KEY = 'python -c "from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
"""What prints a key that the login can be kept with."""

OVERLAP = timedelta(minutes=10)
"""How far a report goes back behind the last one, since a change may show up late."""

PLAIN = ("customer_number", "name", "is_active", "changed_utc", "id")
PERSONAL = ("corporate_identity_number", "contact_person_name", "email_address", "telephone", "mobile_phone")
"""Only with `--personal`; so are the names of private persons."""


class CannotGoOn(Exception):
    """What the user has to mend; the message says how."""

    def __init__(self, message: str, *, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class LastReport:
    """Until when changes were reported, and the change stamps of the latest, by id."""

    read_at: datetime | None = None
    listed: Mapping[str, str] = field(default_factory=dict)


# ── The login ──


def application(endpoints: Endpoints = PRODUCTION) -> Application:
    """Return who we are, from the environment."""
    names = ("client_id", "client_secret", "redirect_uri")
    given = {name: os.environ.get(f"VISMA_{name.upper()}", "") for name in names}
    return Application(**given, scopes=SCOPES, endpoints=endpoints)


class Login:
    """The tokens of one login in a file, encrypted. One program at a time has it, since it renews them."""

    def __init__(self, path: Path) -> None:
        try:
            from cryptography.fernet import Fernet  # noqa: PLC0415 - not needed with --sandbox
        except ImportError:
            raise CannotGoOn("Tokens are kept encrypted: pip install 'visma-busy-sync[crypto]'") from None
        given = os.environ.get("VISMA_TOKEN_KEY", "")
        if not given:
            raise CannotGoOn(f"VISMA_TOKEN_KEY is not set. Make one with: {MAKE_KEY}")
        try:
            self._key = Fernet(given)
        except ValueError:
            raise CannotGoOn(f"VISMA_TOKEN_KEY is no key. Make one with: {MAKE_KEY}") from None
        self._path = path

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until nobody else has the login; a lock of SQLite ends with its process on every system."""
        try:
            lock = sqlite3.connect(f"{self._path}.lock", timeout=60)
        except sqlite3.OperationalError as error:
            raise CannotGoOn(f"{self._path}.lock: {error}") from None
        with closing(lock):
            try:
                lock.execute("begin exclusive")
            except sqlite3.OperationalError as error:
                raise CannotGoOn(f"{self._path} is in use: {error}.", code=TRY_LATER) from None
            yield

    def save(self, tokens: TokenSet) -> None:
        """Keep tokens; on return they are on the disk."""
        kept = {
            "access_token": tokens.access_token.reveal(),
            "refresh_token": tokens.refresh_token and tokens.refresh_token.reveal(),
            "expires_at": tokens.expires_at.isoformat(),
        }
        replace(self._path, lambda file: file.write(self._key.encrypt(json.dumps(kept).encode()).decode()))

    def load(self) -> TokenSet:
        """Return the tokens of the file; else those that the first use of VISMA_REFRESH_TOKEN will give."""
        from cryptography.fernet import InvalidToken  # noqa: PLC0415 - see above

        given = os.environ.get("VISMA_REFRESH_TOKEN")
        if given and not self._path.exists():
            over = datetime(1970, 1, 1, tzinfo=UTC)
            return TokenSet(access_token="not-known-yet", refresh_token=given, expires_at=over)
        try:
            kept = json.loads(self._key.decrypt(self._path.read_bytes()))
        except FileNotFoundError:
            raise CannotGoOn(f"There is no {self._path} yet: log in first ({sys.argv[0]} login).") from None
        except InvalidToken:
            raise CannotGoOn(f"{self._path} is damaged, or VISMA_TOKEN_KEY is not its key.") from None
        return TokenSet(**kept | {"expires_at": datetime.fromisoformat(kept["expires_at"])})


def log_in(options: argparse.Namespace) -> int:
    """Have a person log in at Visma, and keep what comes of it."""
    login = Login(options.tokens)
    with login.alone(), OAuth(application(options.server)) as oauth:
        pending = oauth.begin()
        tell(f"Open this address, log in, and give the address that you are sent to then:\n{pending.url}")
        login.save(oauth.complete(pending, sys.stdin.readline().strip()))
    tell(f"Logged in; the tokens are in {options.tokens}, encrypted.")
    return 0


@contextmanager
def connected(options: argparse.Namespace) -> Iterator[EAccounting]:
    """Give a client of the company that was logged in to."""
    login, app = Login(options.tokens), application(options.server)
    with login.alone():
        tokens = login.load()
        # Nobody waits in front of a report, so it may wait out a busy or a broken minute.
        with EAccounting(tokens, application=app, on_new_tokens=login.save, deadline=300) as api:
            yield api


@contextmanager
def connected_to_a_sandbox() -> Iterator[EAccounting]:
    """Start a sandbox, log in there as a browser would, and give a client."""
    with SandboxProcess() as sandbox:
        info = sandbox.info
        app = Application(
            client_id=info.client_id,
            client_secret=info.client_secret,
            redirect_uri="http://127.0.0.1/callback",  # nobody need listen there
            scopes=SCOPES,
            endpoints=Endpoints(**info.addresses),
        )
        with OAuth(app) as oauth:
            pending = oauth.begin()
            page = urlsplit(pending.url)
            with closing(HTTPConnection(page.netloc, timeout=20)) as browser:
                browser.request("GET", f"{page.path}?{page.query}&sandbox_auto=approve")
                tokens = oauth.complete(pending, browser.getresponse().headers["location"])
        with EAccounting(tokens, application=app) as api:
            yield api


# ── The report ──


def report(options: argparse.Namespace) -> int:
    """Write which customers changed, and remember until when that is known."""
    with connected_to_a_sandbox() if options.sandbox else connected(options) as api:
        began = datetime.now(UTC)
        company = api.company_settings()
        last = last_report(options.state, known_as(company))
        # Not `list(where=F.ge("ChangedUtc", …))`, though that would be less to read: it shows no customer
        # without a change stamp, maybe none that is not in use, and eAccounting may refuse or ignore it. The
        # walk knows all that, and tells whether it missed anything.
        found = api.customers.walk()
    if options.since is not None:
        last = LastReport(options.since)
    since = last.read_at
    changed = [
        customer
        for customer in found.rows
        if since is None
        or not customer.changed_utc
        or (customer.changed_utc >= since and last.listed.get(customer.id) != str(customer.changed_utc))
    ]
    changed.sort(key=lambda customer: (customer.changed_utc or began, customer.id))
    columns = PLAIN + PERSONAL if options.personal else PLAIN
    rows = [[shown(customer, column, options) for column in columns] for customer in changed]
    if options.output is not None:
        replace(options.output, lambda file: write_csv(file, columns, rows))
    elif sys.stdout.isatty():
        write_table(sys.stdout, columns, rows)
    else:
        write_csv(sys.stdout, columns, rows)
    sys.stdout.flush()  # before it counts as reported

    when = f"changed since {since:%Y-%m-%d %H:%M} UTC" if since else "in all, since no moment was given"
    tell(f"{company.name}: {len(changed)} of {len(found.rows)} customers {when}.")
    unstamped = sum(not customer.changed_utc for customer in changed)
    if unstamped:
        tell(f"Of {unstamped} eAccounting does not tell when they changed; they are listed each time.")
    if found.inactive_unknown:
        tell("Customers that are not in use may be missing: eAccounting does not tell of them.")
    if not found.sure:
        tell("Others may have been missed, since the list did not stand still: run it again.")
        return TRY_LATER
    if options.state is not None:
        read_at = (found.server_time or began) - OVERLAP
        # What the next report reads again because of the overlap, and need not list again.
        again = {
            customer.id: str(customer.changed_utc)
            for customer in found.rows
            if customer.changed_utc and customer.changed_utc >= read_at
        }
        kept = {"company": known_as(company), "read_at": read_at.isoformat(), "listed": again}
        replace(options.state, lambda file: json.dump(kept, file))
    return 0


def known_as(company: CompanySettings) -> str:
    """Return what tells the company from others; either id may be missing."""
    return company.company_identifier or company.corporate_identity_number or company.name


def last_report(path: Path | None, company: str) -> LastReport:
    """Return what the file remembers of the last report; nothing while it is not there."""
    if path is None or not path.exists():
        return LastReport()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        last, about = (
            LastReport(datetime.fromisoformat(kept["read_at"]), dict(kept["listed"])),
            kept["company"],
        )
    except (KeyError, TypeError, ValueError):
        raise CannotGoOn(f"{path} cannot be read; remove it, and all customers are listed.") from None
    if about != company:
        raise CannotGoOn(f"{path} is about another company; give this one a file of its own.")
    return last


def shown(customer: Customer, column: str, options: argparse.Namespace) -> str:
    """Return a cell; of a private person the name only where it was asked for."""
    if column == "name" and customer.is_private_person is not False and not options.personal:
        return "(private person)"
    value = getattr(customer, column)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return str(value or "")  # neither null nor what the server left out


def write_csv(file: TextIO, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write CSV in which no cell is taken for a formula: others can write into a customer's name."""
    formula = re.compile(r"[=@\t\r]|[+-](?![\d ()-]*$)")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([f"'{cell}" if formula.match(cell) else cell for cell in row] for row in rows)


def write_table(file: TextIO, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write a table, in which no cell can steer the terminal."""
    cells = [["".join(c if c.isprintable() else " " for c in cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in (columns, ["-" * width for width in widths], *cells):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print(line.rstrip(), file=file)


def replace(path: Path, write: Callable[[TextIO], object]) -> None:
    """Write a file for its owner alone; it is there whole, or it stays as it was."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            write(file)
            file.flush()
            os.fsync(handle)
        os.replace(made, path)  # noqa: PTH105 - as os.fsync
    except BaseException:
        Path(made).unlink()
        raise


def tell(text: str) -> None:
    """Say what was done; standard output is the report's."""
    print(text, file=sys.stderr)


# ── The command line ──


def moment(text: str) -> datetime:
    """Read a day or a moment; without an offset it is UTC."""
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def server(text: str) -> Endpoints:
    """Read the addresses of another server, as the sandbox prints them."""
    names = ("api_url", "authorize_url", "token_url", "revocation_url")
    try:
        said = json.loads(Path(text).read_text(encoding="utf-8"))
        return Endpoints(**{name: said[name] for name in names})
    except (ConfigurationError, KeyError, OSError, TypeError, ValueError) as error:
        raise argparse.ArgumentTypeError(f"{text} has no addresses of a server: {error}") from None


def arguments() -> argparse.ArgumentParser:
    """Describe the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    common = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    common.add_argument("--tokens", type=Path, default=Path("visma-login"), help="where the login is kept")
    common.add_argument("--server", type=server, default=PRODUCTION, help="a JSON file of other addresses")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("login", parents=[common], help="log in at Visma").set_defaults(run=log_in)
    told = commands.add_parser("report", parents=[common], help="list the customers that changed")
    told.set_defaults(run=report)
    told.add_argument("--since", type=moment, help="a day or moment, such as 2026-03-01T08:00+01:00")
    told.add_argument("--state", type=Path, help="remember here until when was reported, and begin there")
    told.add_argument("--output", type=Path, help="write CSV into this file")
    told.add_argument("--personal", action="store_true", help="also list what is about persons")
    told.add_argument("--sandbox", action="store_true", help="ask a sandbox that is started for it")
    return parser


def main() -> int:
    """Do what was asked, and turn what may go wrong into an exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # names have more letters than some systems think of
            stream.reconfigure(encoding="utf-8")
    options = arguments().parse_args()
    try:
        return int(options.run(options))
    except BrokenPipeError:  # whoever read the report went away; nobody is left to be told
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except (CannotGoOn, OSError, SandboxDidNotStart, VismaBusySyncError) as error:
        tell(str(error))
        return code_of(error)


def code_of(error: Exception) -> int:
    """Return the exit code that says what to do about an error."""
    match error:
        case CannotGoOn():
            return error.code
        case ReconnectNeeded() | Unauthorized():
            tell(f"Log in again: {sys.argv[0]} login")
            return LOG_IN_AGAIN
        case NotSent() | AnswerLost() | RateLimited() | ServerFault():
            return TRY_LATER
        case UnreadableAnswer(status=status) if status >= 500:
            return TRY_LATER
    return FAILED


if __name__ == "__main__":
    sys.exit(main())
