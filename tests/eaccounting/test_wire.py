"""Servers that break, drip, lie or never end, on real sockets: what both shells make of them."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gzip
import json
import socket
import traceback
import zlib
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import certifi
import httpx
import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync._core.runtimes import AsyncioRuntime, SystemClock
from visma_busy_sync.eaccounting import AsyncEAccounting, EAccounting, Operation
from visma_busy_sync.eaccounting._execute import execute
from visma_busy_sync.eaccounting._timed import Timekeeper
from visma_busy_sync.eaccounting.errors import AnswerLost, EAccountingError, NotSent, UnreadableAnswer
from visma_busy_sync.eaccounting.http import NoAnswerError, NotSentError, Request, Response, TooLargeError
from visma_busy_sync.eaccounting.transport import AsyncHttpxTransport, HttpxTransport
from visma_busy_sync.testing.scheduler import VirtualClock

from .given import READ, WRITE, Bench, evolve, plain
from .wire import TOKEN, Behave, Peer, awaiting, blocking, endpoints, serving

GOOD: Final = b'{"Name": "x"}'
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"

Call = Callable[..., Any]


@pytest.fixture(scope="module", autouse=True)
def one_authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Trust one certificate only: reading all of them takes longer than most of these tests."""
    end = "-----END CERTIFICATE-----\n"
    first = Path(certifi.where()).read_text(encoding="utf-8").partition(end)[0] + end
    file = tmp_path_factory.mktemp("authority") / "one.pem"
    file.write_text(first, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(file))
        yield


@pytest.fixture(params=[pytest.param(blocking, id="blocking"), pytest.param(awaiting, id="asyncio")])
def call(request: pytest.FixtureRequest) -> Call:
    """Make one call, in each shell."""
    shell: Call = request.param
    return shell


BOTH = pytest.mark.parametrize("operation", [READ, WRITE], ids=["read", "write"])


def whole(body: bytes, head: bytes = HEAD) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def answering(data: bytes) -> Behave:
    """Read a request, send `data`, and hang up."""

    def behave(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)

    return behave


def after_request(do: Callable[[Peer], object]) -> Behave:
    def behave(peer: Peer) -> None:
        peer.read_request()
        do(peer)

    return behave


def sending(data: bytes, then: Callable[[Peer], object]) -> Behave:
    """Read a request, send `data`, and go on with `then`."""

    def behave(peer: Peer) -> None:
        peer.read_request()
        peer.send(data)
        then(peer)

    return behave


CHUNKED: Final = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"

ENDLESS: Final[dict[str, Behave]] = {
    "silent": after_request(Peer.play_dead),
    "drips its status": after_request(lambda peer: peer.drip(b"HTTP/1.1 200 O", then=b"K")),
    "drips headers": after_request(lambda peer: peer.drip(HEAD + b"X-Long: ")),
    "drips the body": sending(HEAD + b"Content-Length: 1000000\r\n\r\n", lambda peer: peer.drip(b"")),
    "never ends a chunked body": sending(CHUNKED, lambda peer: peer.drip(b"", then=b"1\r\nx\r\n")),
    "drips the size of a chunk": sending(CHUNKED, lambda peer: peer.drip(b"5;")),
    "goes silent in the body": sending(HEAD + b"Content-Length: 100\r\n\r\n{", Peer.play_dead),
    "only ever tells to continue": after_request(
        lambda peer: peer.drip(b"", then=b"HTTP/1.1 100 Continue\r\n\r\n")
    ),
}


@BOTH
def test_the_deadline_ends_a_call_to_a_server_that_does_not_end(
    call: Call, operation: Operation[Any]
) -> None:
    """Though bytes go on coming within the timeout; a write that was sent is in doubt."""

    def lost(behave: Behave) -> tuple[bool, bool]:
        with serving(behave) as wire, pytest.raises(AnswerLost, match="deadline") as caught:
            call(operation, wire.url, timeout=20, deadline=2, max_retries=3)
        return caught.value.may_have_happened, wire.outlasted

    with ThreadPoolExecutor(len(ENDLESS)) as pool:
        calls = {name: pool.submit(lost, behave) for name, behave in ENDLESS.items()}
        found = {name: each.result() for name, each in calls.items()}
    assert found == dict.fromkeys(ENDLESS, (operation is WRITE, False))


@pytest.mark.parametrize(
    "behave",
    [Peer.play_dead, lambda peer: peer.drip(b"\x16\x03\x03\x40\x00", then=b"\x02")],
    ids=["silent", "dripping"],
)
def test_a_handshake_that_does_not_end_leaves_no_doubt(call: Call, behave: Behave) -> None:
    """Nothing of the request has gone out yet."""
    with serving(behave) as wire, pytest.raises(NotSent, match="deadline") as caught:
        call(WRITE, wire.url.replace("http:", "https:"), timeout=20, deadline=0.25)
    assert not wire.outlasted
    assert not caught.value.may_have_happened


@contextlib.contextmanager
def full_queue() -> Iterator[int]:
    """Listen, but accept nobody: the queue is full, and further attempts to connect hang."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_a_connection_that_does_not_come_about_leaves_no_doubt(call: Call) -> None:
    """The deadline ends it before the timeout does."""
    with full_queue() as port, pytest.raises(NotSent, match="deadline"):
        call(WRITE, f"http://127.0.0.1:{port}", timeout=20, deadline=0.25)


@pytest.mark.parametrize("behave", [Peer.play_dead, Peer.sip], ids=["nothing", "a little now and then"])
def test_a_server_that_hardly_reads_is_given_up(call: Call, behave: Behave) -> None:
    """A part of the write went out, so it is in doubt."""
    big = Operation("POST", "/things", plain, body="x" * 32_000_000)
    with serving(behave) as wire, pytest.raises(AnswerLost, match="deadline") as caught:
        call(big, wire.url, timeout=20, deadline=1)
    assert not wire.outlasted
    assert caught.value.may_have_happened


def test_the_timeout_still_ends_a_silence(call: Call) -> None:
    """Before the deadline does."""
    with serving(ENDLESS["silent"]) as wire, pytest.raises(AnswerLost, match="ReadTimeout"):
        call(WRITE, wire.url, timeout=0.5, deadline=20)
    assert not wire.outlasted


BREAKS: Final[dict[str, tuple[Behave, type[EAccountingError]]]] = {
    "closed at once": (lambda _: None, AnswerLost),
    "reset after the request": (after_request(Peer.reset), AnswerLost),
    "closed after the request": (answering(b""), AnswerLost),
    "closed in the headers": (answering(HEAD), AnswerLost),
    "reset in the body": (sending(HEAD + b"Content-Length: 100\r\n\r\n{", Peer.reset), AnswerLost),
    "body shorter than told": (answering(HEAD + b"Content-Length: 100\r\n\r\n" + GOOD), AnswerLost),
    "body longer than told": (answering(HEAD + b"Content-Length: 5\r\n\r\n" + GOOD), UnreadableAnswer),
    "chunks that do not end": (
        answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\n{}  \r\n"),
        AnswerLost,
    ),
    "chunks that are none": (answering(HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), AnswerLost),
    "two lengths": (answering(HEAD + b"Content-Length: 2\r\nContent-Length: 13\r\n\r\n" + GOOD), AnswerLost),
    "no HTTP": (answering(b"SSH-2.0-OpenSSH_9.9\r\n"), AnswerLost),
    "status that is none": (answering(b"HTTP/1.1 9999 OK\r\n\r\n"), AnswerLost),
    "header without a name": (answering(HEAD + b": x\r\n\r\n"), AnswerLost),
    "endless header": (answering(HEAD + b"X-Long: " + b"x" * 300_000), AnswerLost),
    "gzip that is none": (answering(whole(GOOD, HEAD + b"Content-Encoding: gzip\r\n")), AnswerLost),
    "gzip that is cut off": (
        answering(whole(gzip.compress(GOOD)[:-6], HEAD + b"Content-Encoding: gzip\r\n")),
        AnswerLost,
    ),
    "gzip with a wrong sum": (
        answering(whole(gzip.compress(GOOD)[:-8] + bytes(8), HEAD + b"Content-Encoding: gzip\r\n")),
        AnswerLost,
    ),
    "another compression": (
        answering(whole(zlib.compress(GOOD), HEAD + b"Content-Encoding: deflate\r\n")),
        AnswerLost,
    ),
    "compressed twice": (
        answering(
            whole(gzip.compress(gzip.compress(GOOD)), HEAD + b"Content-Encoding: gzip, gzip\r\n"),
        ),
        AnswerLost,
    ),
    "empty 200": (answering(whole(b"")), UnreadableAnswer),
    "200 without a length": (answering(HEAD + b"\r\n"), UnreadableAnswer),
    "a web page with 200": (
        answering(whole(b"<html></html>", b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n")),
        UnreadableAnswer,
    ),
    "half of the JSON": (answering(whole(GOOD[:7])), UnreadableAnswer),
    "204": (answering(b"HTTP/1.1 204 No Content\r\n\r\n"), UnreadableAnswer),
    "another protocol": (
        answering(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        EAccountingError,
    ),
}


@BOTH
@pytest.mark.parametrize(("behave", "error"), BREAKS.values(), ids=BREAKS.keys())
def test_a_broken_answer_is_a_typed_error(
    call: Call, operation: Operation[Any], behave: Behave, error: type[EAccountingError]
) -> None:
    """The server may have carried out the request, so a write is in doubt, never *not sent*."""
    with serving(behave) as wire, pytest.raises(error) as caught:
        call(operation, wire.url, max_retries=0, deadline=20)
    assert caught.value.may_have_happened is (operation is WRITE)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert TOKEN not in text
    assert str(wire.port) not in text


def test_a_reset_before_the_request_is_read_is_a_typed_error(call: Call) -> None:
    """It may come while connecting, and then nothing was sent; else there is doubt."""
    with serving(Peer.reset) as wire, pytest.raises((NotSent, AnswerLost)) as caught:
        call(WRITE, wire.url, max_retries=0, deadline=20)
    assert caught.value.may_have_happened is isinstance(caught.value, AnswerLost)


def test_a_port_where_nobody_listens_is_not_sent(call: Call) -> None:
    """No doubt about that."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotSent) as caught:
        call(WRITE, f"http://127.0.0.1:{port}", max_retries=0)
    assert not caught.value.may_have_happened


GOOD_ANSWERS: Final[dict[str, bytes]] = {
    "plain": whole(GOOD),
    "until the end of the connection": HEAD + b"\r\n" + GOOD,
    "in chunks": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n6\r\n"
    + GOOD[:6]
    + b"\r\n7\r\n"
    + GOOD[6:]
    + b"\r\n0\r\n\r\n",
    "after 100 and 103": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n" + whole(GOOD),
    "gzip": whole(gzip.compress(GOOD), HEAD + b"Content-Encoding: GZIP\r\n"),
    "gzip of two members": whole(
        gzip.compress(GOOD[:5]) + gzip.compress(GOOD[5:]), HEAD + b"Content-Encoding: x-gzip\r\n"
    ),
    "gzip in small chunks": HEAD
    + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"".join(b"1\r\n%c\r\n" % each for each in gzip.compress(GOOD))
    + b"0\r\n\r\n",
    "named as not compressed": whole(GOOD, HEAD + b"Content-Encoding: identity\r\n"),
}


@BOTH
@pytest.mark.parametrize("data", GOOD_ANSWERS.values(), ids=GOOD_ANSWERS.keys())
def test_every_way_to_send_a_good_answer_is_read(call: Call, operation: Operation[Any], data: bytes) -> None:
    """Compressed or not, in pieces or whole."""
    with serving(answering(data)) as wire:
        assert call(operation, wire.url, max_retries=0, deadline=20) == {"Name": "x"}


def test_a_slow_answer_within_the_deadline_is_read(call: Call) -> None:
    """Byte by byte is no fault by itself."""
    with serving(after_request(lambda peer: peer.drip(whole(GOOD)))) as wire:
        assert call(READ, wire.url, timeout=20, deadline=30) == {"Name": "x"}


@BOTH
@pytest.mark.parametrize(
    ("status", "target"),
    [
        (301, "http://evil.example:{other}/{token}"),
        (302, "http://127.0.0.1:{other}/"),
        (303, "/elsewhere"),
        (307, "//evil.example/"),
        (308, "http://127.0.0.1:{other}/{token}"),
        (300, ""),
        (304, "/elsewhere"),
    ],
    ids=str,
)
def test_a_redirect_is_an_error_and_goes_nowhere(
    call: Call, operation: Operation[Any], status: int, target: str
) -> None:
    """Neither to another host nor to the same one; the error names neither address nor token."""
    with serving(lambda _: None) as other, serving(lambda _: None) as wire:
        location = target.format(other=other.port, token=TOKEN).encode()
        wire.behave = answering(
            b"HTTP/1.1 %d X\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, location)
        )
        with pytest.raises(UnreadableAnswer, match="leads elsewhere") as caught:
            call(operation, wire.url, max_retries=3)
    assert (other.connections, wire.connections) == (0, 1)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert not [word for word in (TOKEN, "evil.example", str(other.port), "/elsewhere") if word in text]


BOMB: Final = gzip.compress(bytes(3_000_000))
BOMB_HEAD: Final = HEAD + b"Content-Encoding: gzip\r\n"

TOO_LARGE: Final[dict[str, bytes]] = {
    "long": whole(b" " * 1_000_001),
    "long without a length": HEAD + b"\r\n" + b" " * 1_000_001,
    "long in chunks": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"fffff\r\n"
    + b" " * 0xFFFFF
    + b"\r\n0\r\n\r\n",
    "compressed": whole(BOMB, BOMB_HEAD),
    "compressed, in members": whole(gzip.compress(bytes(400_000)) * 3, BOMB_HEAD),
}


async def outcome(sending: Awaitable[Response]) -> Response | Exception:
    try:
        return await sending
    except (NotSentError, NoAnswerError, TooLargeError) as error:
        return error


async def each_way(request: Request, **options: Any) -> list[Response | Exception]:
    """Send a request with each of our transports, own and given."""
    async with httpx.AsyncClient() as other:
        with httpx.Client() as client:
            blocking = [HttpxTransport(**options), HttpxTransport(client, **options)]
            waiting = [AsyncHttpxTransport(**options), AsyncHttpxTransport(other, **options)]
            found = await asyncio.gather(
                *(outcome(asyncio.to_thread(each.send, request)) for each in blocking),
                *(outcome(each.send(request)) for each in waiting),
            )
    for transport in blocking:
        transport.close()
    for async_transport in waiting:
        await async_transport.close()
    return found


@pytest.mark.anyio
@pytest.mark.parametrize("data", TOO_LARGE.values(), ids=TOO_LARGE.keys())
async def test_an_answer_that_is_too_large_is_not_held(data: bytes) -> None:
    """Whether it is long on the wire or only after decompressing; just within the bound it is read."""
    with serving(answering(data)) as wire:
        for error in await each_way(Request("GET", wire.url, {}), most_bytes=1_000_000):
            assert isinstance(error, TooLargeError)
            assert (error.status, error.most) == (200, 1_000_000)
    with serving(answering(data)) as wire:
        for answer in await each_way(Request("GET", wire.url, {}), most_bytes=3_000_000):
            assert isinstance(answer, Response)
            assert 1_000_000 < len(answer.body) <= 3_000_000


@pytest.mark.anyio
async def test_a_bomb_within_a_bomb_stays_shut() -> None:
    """3 kB that would be 300 MB: another layer is never opened."""
    data = gzip.compress(gzip.compress(bytes(300_000_000), 1))
    with serving(answering(whole(data, HEAD + b"Content-Encoding: gzip, gzip\r\n"))) as wire:
        for error in await each_way(Request("GET", wire.url, {})):
            assert isinstance(error, NoAnswerError)


@BOTH
def test_an_answer_that_is_too_large_is_unreadable(call: Call, operation: Operation[Any]) -> None:
    """A read is not repeated for it, and a write is in doubt."""
    one: Any = HttpxTransport(most_bytes=4) if call is blocking else AsyncHttpxTransport(most_bytes=4)
    with serving(answering(whole(GOOD))) as wire:
        with pytest.raises(UnreadableAnswer, match="larger than 4 bytes") as caught:
            call(operation, wire.url, transport=one)
        assert wire.connections == 1
    assert caught.value.may_have_happened is (operation is WRITE)
    if isinstance(one, HttpxTransport):
        one.close()


@pytest.mark.parametrize("most", [0, -1, 1.5, True], ids=str)
def test_a_bound_of_size_is_a_number_of_bytes(most: Any) -> None:
    """From one."""
    for kind in (HttpxTransport, AsyncHttpxTransport):
        with pytest.raises(ConfigurationError, match="most_bytes"):
            kind(most_bytes=most)


@pytest.mark.anyio
async def test_a_clients_own_transport_keeps_the_deadline_in_the_body() -> None:
    """With a host's own httpx client too, between the pieces that come."""
    with serving(ENDLESS["drips the body"]) as wire:
        for error in await each_way(Request("GET", wire.url, {}, timeout=20, deadline=1)):
            assert isinstance(error, NoAnswerError)
            assert str(error) == "the deadline passed"
        assert not wire.outlasted


@pytest.mark.parametrize("url", ["http://api.example/v2", "https://api.example/v2"], ids=["http", "https"])
@pytest.mark.anyio
async def test_a_proxy_of_the_environment_is_used_within_the_deadline(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """As httpx reads it; a proxy that drips does not defeat the deadline either."""
    seen: list[bytes] = []

    def proxy(peer: Peer) -> None:
        seen.append(peer.read_request())
        peer.drip(b"HTTP/1.1 200 O", then=b"K")

    with serving(proxy) as wire:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, wire.url)
        request = Request("POST", url, {}, b"x", timeout=20, deadline=1)
        one, other = HttpxTransport(), AsyncHttpxTransport()
        found = await asyncio.gather(
            outcome(asyncio.to_thread(one.send, request)), outcome(other.send(request))
        )
        assert [(type(error), str(error)) for error in found] == [(NoAnswerError, "the deadline passed")] * 2
        assert not wire.outlasted
        one.close()
        await other.close()
    expected = b"POST http://api.example/v2 " if url.startswith("http:") else b"CONNECT api.example:443 "
    assert [each[: len(expected)] for each in seen] == [expected] * 2


def test_every_address_of_a_host_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one that answers is taken; all together get one deadline, not one each."""
    real = socket.getaddrinfo

    def many(host: str, port: int, *args: Any, **more: Any) -> Any:
        addresses = ["127.0.0.2", "127.0.0.1", "127.0.0.3"] if host == "api.example" else [host]
        return [each for address in addresses for each in real(address, port, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", many)
    transport = HttpxTransport()
    with serving(answering(whole(GOOD))) as wire:
        answer = transport.send(Request("GET", f"http://api.example:{wire.port}/", {}))
    assert answer.body == GOOD
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror))
    with pytest.raises(NotSentError, match="ConnectError"):
        transport.send(Request("GET", "http://gone.example/", {}))
    transport.close()


@contextlib.contextmanager
def black_hole(port: int) -> Iterator[str]:
    """Give an address at which a connection neither comes about nor is refused: its queue is full."""
    address = "127.0.0.2"
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                waiting.connect((address, port))
        yield address


@pytest.mark.anyio
async def test_an_address_that_never_answers_leaves_time_for_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Though the timeout is as long as the deadline."""
    real = socket.getaddrinfo
    blocking_transport, other = HttpxTransport(), AsyncHttpxTransport()
    with serving(answering(whole(GOOD))) as wire, black_hole(wire.port) as first:

        def both(host: str, port: int, *args: Any, **more: Any) -> Any:
            known = host in {"api.example", b"api.example"}
            addresses = [first, "127.0.0.1"] if known else [host]
            return [each for address in addresses for each in real(address, port, *args, **more)]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        request = Request("GET", f"http://api.example:{wire.port}/", {}, None, 1.0, deadline=1.0)
        answers = [blocking_transport.send(request), await other.send(request)]
    assert [answer.body for answer in answers] == [GOOD, GOOD]
    blocking_transport.close()
    await other.close()


@pytest.mark.anyio
@pytest.mark.parametrize("behave", ENDLESS.values(), ids=ENDLESS.keys())
async def test_a_cancelled_call_leaves_nothing_behind(behave: Behave) -> None:
    """No permit is kept, no task goes on, and the connection is closed."""
    transport = AsyncHttpxTransport()
    bench = Bench()
    with serving(behave) as wire:
        env = evolve(
            bench.env, api_url=wire.url, transport=transport, runtime=AsyncioRuntime(), clock=SystemClock()
        )
        others = asyncio.all_tasks()
        task = asyncio.create_task(execute(WRITE, env))
        while not wire.connections:  # noqa: ASYNC110 - counted in another thread
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == others
        pool: Any = transport._held.client._transport
        assert pool._pool.connections == []
    assert (bench.limiter.keys, bench.limiter.released) == (["/things"], 1)
    await transport.close()


@pytest.mark.anyio
async def test_a_caller_cancelled_in_a_pause_leaves_nothing_behind() -> None:
    """The permit of the attempt is back before the pause begins."""
    bench = Bench(NotSentError("x"))
    others = asyncio.all_tasks()
    task = asyncio.create_task(execute(WRITE, evolve(bench.env, runtime=Slow(), clock=SystemClock())))
    while not bench.limiter.released:  # noqa: ASYNC110 - one turn of the loop after the other
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == others
    assert (bench.limiter.keys, bench.limiter.released) == (["/things"], 1)


class Slow:
    """A runtime of asyncio whose chance makes the longest pause."""

    def __init__(self) -> None:
        inner = AsyncioRuntime()
        self.sleep, self.token, self.to_end = inner.sleep, inner.token, inner.to_end
        self.within, self.wait = inner.within, inner.wait

    def random(self) -> float:
        return 0.999


def test_a_connection_is_kept_for_the_next_call() -> None:
    """Each call has a deadline of its own: the one of the call before does not hold for it."""

    def twice(peer: Peer) -> None:
        peer.read_request()
        peer.send(whole(GOOD))
        peer.read_request()
        wire.over.wait(1.5)
        peer.send(whole(GOOD))

    with serving(twice) as wire, EAccounting(TOKEN, endpoints=endpoints(wire.url), deadline=1) as api:
        assert api.send(READ) == {"Name": "x"}
        assert api.with_options(deadline=20).send(READ) == {"Name": "x"}
        assert wire.connections == 1


@pytest.mark.anyio
async def test_calls_side_by_side_have_deadlines_of_their_own() -> None:
    """One that is given up takes no other with it."""

    def by_request(peer: Peer) -> None:
        request = peer.read_request()
        if b"/slow" in request:
            peer.play_dead()
        peer.send(whole(json.dumps({"Name": "x"}).encode()))

    slow = Operation("GET", "/slow", plain)
    with serving(by_request) as wire:
        async with AsyncEAccounting(TOKEN, endpoints=endpoints(wire.url), max_retries=0) as api:
            given_up = asyncio.create_task(api.with_options(deadline=1).send(slow))
            assert await api.send(READ) == {"Name": "x"}
            with pytest.raises(AnswerLost, match="deadline"):
                await given_up
            assert await api.send(READ) == {"Name": "x"}


def test_a_call_that_is_thrown_away_disturbs_nothing() -> None:
    """A loop that ends closes what still runs, perhaps in another context than it ran in."""
    keeper = Timekeeper(VirtualClock())
    exchange = keeper.exchange(0)
    contextvars.copy_context().run(exchange.__enter__)
    exchange.__exit__(None, None, None)
    assert not keeper.is_over
