"""A process of a host that uses the SDK: it does what it is told, and kills itself where it is told.

`python worker.py FD` is the process that all of them are forked from. It imports everything once, and has
neither a thread nor a connection that a fork would tear apart. Over the socket FD it gets a socket for each
new process, together with the process's setting; it answers with the process's id. Over its own socket a
process gets one order a line, and answers with one line each.
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import json
import mmap
import os
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final, TypeVar

import httpx
import psycopg  # noqa: F401 - what an engine would import, before the fork
import sqlalchemy.dialects.postgresql.psycopg
import sqlalchemy.dialects.sqlite.pysqlite  # noqa: F401
import tenacity  # noqa: F401
from sqlalchemy import event

from visma_busy_sync import BusySync, VismaBusySyncError
from visma_busy_sync._facade import Tenant
from visma_busy_sync.busy import Order, Period, Work
from visma_busy_sync.eaccounting import Endpoints
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.transport import HttpxTransport
from visma_busy_sync.integration import LoginResult, _site
from visma_busy_sync.integration._stored_tokens import StoredTokens
from visma_busy_sync.orders import entry_from_json, order_from_json
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.state import ORDER_PREFIX, TOKENS_PREFIX, TOKENS_SCHEMA
from visma_busy_sync.stores.sql import SqlStateStore
from visma_busy_sync.sync import Change, Kind, Outcome, Record

T = TypeVar("T")

TENANT: Final = "acme"

# Where a process may die, in the order of a refresh; and in a sync.
RIGHT_TAKEN: Final = "the right was taken"
ROTATED: Final = "the server has answered, and nothing of it was read"
ANSWERED: Final = "the answer was read"
SAVING: Final = "the answer is saved, but not committed"
SAVED: Final = "the answer was saved"
APPLYING: Final = "half of the first changes are made"

EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "sqlite_ports.py"
TLS: Final = httpx.create_ssl_context(verify=False)

Setting = dict[str, Any]
CLOCK: Final = struct.Struct("=d")


def _example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("sqlite_ports", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["sqlite_ports"] = module
    spec.loader.exec_module(module)
    return module


PORTS: Final = _example()


class SharedClock:
    """The machine's time, and what the test added: all processes see that at once, also while they wait.

    Args:
        path: The file with the seconds that were added.
        fast: How many seconds this process's clock is ahead of the others'.
    """

    def __init__(self, path: str, fast: float) -> None:
        with Path(path).open("rb") as file:
            self._added = mmap.mmap(file.fileno(), CLOCK.size, access=mmap.ACCESS_READ)
        self._fast = fast

    def now(self) -> datetime:
        (added,) = CLOCK.unpack_from(self._added)
        return datetime.now(UTC) + timedelta(seconds=added + self._fast)

    def monotonic(self) -> float:
        return time.monotonic()


class Death:
    """Ends this process by SIGKILL at the point that it was ordered to die at.

    Attributes:
        at: That point; None: it lives.
        passed: The points that it passed since it was ordered to do something.
    """

    def __init__(self) -> None:
        self.at: str | None = None
        self.passed: list[str] = []

    def reached(self, point: str) -> None:
        if point == self.at:
            os.kill(os.getpid(), signal.SIGKILL)
        self.passed.append(point)

    def around(self, name: str, call: Callable[[], T]) -> T:
        """Call a port, with a point before its effect and one after it."""
        self.reached(f"before {name}")
        value = call()
        self.reached(f"after {name}")
        return value


class Wire:
    """The transport over httpx, with the points of a token call, and of those that are about orders."""

    def __init__(self, token_url: str, death: Death) -> None:
        self._token_url = token_url
        self._death = death
        # The hook is called when the head of an answer was received.
        self._client = httpx.Client(
            trust_env=False, verify=TLS, timeout=60, event_hooks={"response": [self._head]}
        )
        self._transport = HttpxTransport(self._client)

    def send(self, request: Request) -> Response:
        answer = self._death.around(
            _operation(request.method, request.url), lambda: self._transport.send(request)
        )
        if request.url == self._token_url:
            self._death.reached(ANSWERED)
        return answer

    def _head(self, answer: httpx.Response) -> None:
        url = str(answer.request.url)
        if url == self._token_url:
            self._death.reached(ROTATED)
        else:
            self._death.reached(f"answered {_operation(answer.request.method, url)}")


def _operation(method: str, url: str) -> str:
    """Return method and path of a request, without ids and query."""
    path, _, id = url.partition("?")[0].partition("/v2/")[2].partition("/")
    return f"{method} /{path}{'/{id}' if id else ''}"


class Store:
    """The store over SQL, with the points of a refresh, and those of each call, also before a commit ends."""

    def __init__(self, url: str, death: Death) -> None:
        self._store = SqlStateStore.open(url)
        self._death = death
        self._saving = False
        self._committing: str | None = None
        # PostgreSQL is told by the driver to commit, SQLite by a statement.
        event.listen(self._store._engine, "commit", lambda _: self._commits())
        event.listen(self._store._engine, "before_cursor_execute", self._executes)

    def read(self, tenant: str, keys: Sequence[str]) -> Mapping[str, Versioned]:
        kinds = "+".join(sorted({key.partition("/")[0] for key in keys}))
        return self._death.around(f"read {kinds}", lambda: self._store.read(tenant, keys))

    def scan(self, prefix: str, tenant: str | None = None) -> Sequence[Found]:
        return self._death.around(
            f"scan {prefix.partition('/')[0]}", lambda: self._store.scan(prefix, tenant)
        )

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        point = _point_of(writes)
        self._saving = point == SAVED
        self._committing = _named(writes)
        made = self._death.around(self._committing, lambda: self._store.commit(tenant, writes))
        self._saving = False
        self._committing = None
        if made and point is not None:
            self._death.reached(point)
        return made

    def _commits(self) -> None:
        if self._saving:
            self._death.reached(SAVING)
        if self._committing is not None:
            self._death.reached(f"in {self._committing}")

    def _executes(self, _connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement == "COMMIT":
            self._commits()


def _named(writes: Sequence[Write]) -> str:
    """Return the name of a commit: of one to the ledger, what happened to the order."""
    for write in writes:
        if write.key.startswith(ORDER_PREFIX) and write.body is not None:
            return f"commit {entry_from_json(write.body).history[-1].event}"
    return f"commit {writes[0].key.partition('/')[0]}"


def _point_of(writes: Sequence[Write]) -> str | None:
    """Return the point that comes after a commit; None if it writes no tokens."""
    for write in writes:
        if write.key.startswith(TOKENS_PREFIX) and write.body is not None:
            renewing = TOKENS_SCHEMA.load(write.key, write.body).renewing
            return SAVED if renewing is None else RIGHT_TAKEN
    return None


class WorkLog:
    """The work log of the example, with the points of a call."""

    def __init__(self, work: Any, death: Death) -> None:
        self._work = work
        self._death = death

    def work(self, tenant: str, project: str, period: Period) -> Work:
        done: Work = self._death.around("work", lambda: self._work.work(tenant, project, period))
        return done

    def finalised(self, tenant: str) -> Sequence[Order]:
        orders: Sequence[Order] = self._death.around("finalised", lambda: self._work.finalised(tenant))
        return orders


class HalfDone:
    """The catalogue of the example, with a point within the first changes."""

    def __init__(self, catalogue: Any, death: Death) -> None:
        self._catalogue = catalogue
        self._death = death

    def load(self, tenant: str, kind: Kind) -> Sequence[Record]:
        loaded: Sequence[Record] = self._catalogue.load(tenant, kind)
        return loaded

    def apply(self, tenant: str, changes: Sequence[Change]) -> Sequence[Outcome]:
        half = (len(changes) + 1) // 2
        first: Sequence[Outcome] = self._catalogue.apply(tenant, changes[:half])
        self._death.reached(APPLYING)
        rest: Sequence[Outcome] = self._catalogue.apply(tenant, changes[half:])
        return [*first, *rest]


async def _without_the_right(tokens: StoredTokens, id: str) -> bool:
    """Let everybody renew at any time: the mistake that the tests must find."""
    return True


def _set(setting: Setting) -> None:
    if setting["margin"] is not None:
        vars(_site)["MARGIN_SECONDS"] = setting["margin"]  # so that a test can wait for it
    if setting["without_the_right"]:
        StoredTokens.reserve = _without_the_right  # type: ignore[assignment,method-assign]


def serve(setting: Setting, line: socket.socket) -> None:
    """Do what the orders say, until there are no more."""
    _set(setting)
    death = Death()
    database = PORTS.Database(setting["busy"])
    visma = BusySync(
        catalogue=HalfDone(PORTS.SqliteCatalogue(database), death),
        work=WorkLog(PORTS.SqliteWorkLog(database), death),
        state=Store(setting["database"], death),
        client_id=setting["client_id"],
        client_secret=setting["client_secret"],
        redirect_uri=setting["redirect_uri"],
        endpoints=Endpoints(**setting["endpoints"]),
        encryption_keys=[setting["key"]],
        timeout=setting["timeout"],
        transport=Wire(setting["endpoints"]["token_url"], death),
        clock=SharedClock(setting["clock"], setting["fast"]),
    )
    tenant = visma.tenant(TENANT)
    with line.makefile("r") as orders:
        for order in map(json.loads, orders):
            death.at = order["die"]
            death.passed = []
            done = {**_done(tenant, order["do"], order["given"]), "passed": death.passed}
            line.sendall(json.dumps(done).encode() + b"\n")


def _done(tenant: Tenant, do: str, given: dict[str, Any]) -> Mapping[str, str]:
    if "order" in given:
        given["order"] = order_from_json(given["order"])
    try:
        result = getattr(tenant, do)(**given)
    except VismaBusySyncError as error:
        return {"ended": type(error).__name__, "says": str(error)}
    except Exception:  # noqa: BLE001 - told; no test expects it
        return {"ended": "broken", "says": traceback.format_exc()}
    return {"ended": "done", "says": str(result.outcome if isinstance(result, LoginResult) else result)}


def _received(door: socket.socket) -> Iterator[tuple[Setting, socket.socket]]:
    """Yield the setting and the socket of each process that is asked for."""
    while True:
        text, descriptors, _, _ = socket.recv_fds(door, 2**16, 1)
        if not text:
            return
        yield json.loads(text), socket.socket(fileno=descriptors[0])


def main(descriptor: int) -> None:
    """Fork a process for each setting that comes in."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system takes care of those that ended
    gc.freeze()
    with socket.socket(fileno=descriptor) as door:
        for setting, line in _received(door):
            with line:
                pid = os.fork()
                if pid == 0:
                    with contextlib.suppress(BaseException):
                        door.close()
                        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                        try:
                            serve(setting, line)
                        except BaseException:  # noqa: BLE001 - told; the test meets the end of the line
                            traceback.print_exc()
                            sys.stderr.flush()
                    # Without the clean-up of the process it was forked from.
                    os._exit(0)
            door.sendall(f"{pid}\n".encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
