"""What an armed fault makes of an answer: another answer, part of one, a late one, or a cut connection."""

import asyncio
import gzip
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import repeat
from typing import Final

from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send

from visma_busy_sync.sandbox.errors import error_body
from visma_busy_sync.sandbox.faults import Fault, FaultKind
from visma_busy_sync.sandbox.web import JsonAnswer
from visma_busy_sync.sandbox.wire import cut_connection, finish_and_close, head, write

GARBAGE: Final = b'{"Id": "3f2504e0-4f89-11d3-9a0c-0305e82c33'
# How long to wait before the next try when a client does not read.
UNREAD_SECONDS: Final = 0.05
_BODILESS: Final = (204, 304)
_MEGABYTE: Final = b" " * (1 << 20)
# What HTTP lets pass (RFC 9110, 5.5) and few expect: bytes beyond ASCII, nothing, a very long value.
_ODD: Final = (
    (b"x-latin", "blåbærsyltetøy".encode("latin-1")),
    (b"x-bytes", bytes(range(0x80, 0x100))),
    (b"x-empty", b""),
    (b"x-long", b"x" * 8000),
)


async def _gone(receive: Receive, seconds: float | None = None) -> bool:
    """Wait until the connection is gone, or for some seconds; tell whether it is gone."""
    try:
        async with asyncio.timeout(seconds):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        return False
    return True


class _Spoilt(Response):
    """An answer that goes out as a fault says."""

    def __init__(self, fault: Fault, answer: Response) -> None:
        super().__init__(answer.body, answer.status_code, answer.headers)
        self.fault = fault


class Cut(_Spoilt):
    """No byte of the answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """Break the connection."""
        cut_connection(scope, reset=self.fault.reset)
        await _gone(receive)


class _Part(_Spoilt):
    """The promise of the whole body, and half of it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half, then close."""
        size = len(self.body)
        self.headers["content-length"] = str(max(size, 2))
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: size // 2], "more_body": True})
        finish_and_close(scope)
        await _gone(receive)


class _Late(_Spoilt):
    """The whole answer, later."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, and send unless the client is gone by then."""
        if not await _gone(receive, self.fault.seconds):
            await super().__call__(scope, receive, send)


class _Written(_Spoilt):
    """Bytes written as they are, below HTTP's rules, on a connection that ends then."""

    def __init__(self, fault: Fault, answer: Response, pieces: Iterable[bytes], *, pause: float = 0) -> None:
        super().__init__(fault, answer)
        self.pieces = pieces
        self.pause = pause

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """Write piece by piece, with a pause after each, until the client is gone."""
        for piece in self.pieces:
            while not write(scope, piece):
                if await _gone(receive, UNREAD_SECONDS):
                    return
            if await _gone(receive, self.pause):
                return
        if not self.fault.forever:
            finish_and_close(scope)
        await _gone(receive)


class _Endless(_Spoilt):
    """A body in chunks without an end, as fast as the client takes it; spaces, which JSON lets pass."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - as ASGI has it
        """Send until the client is gone."""
        del self.headers["content-length"]
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        while not await _gone(receive, 0):
            await send({"type": "http.response.body", "body": _MEGABYTE[:65_536], "more_body": True})


def _endless(fault: Fault, answer: Response) -> Response:
    return answer if answer.status_code in _BODILESS else _Endless(fault, answer)


def _closing(answer: Response) -> list[tuple[bytes, bytes]]:
    return [*answer.raw_headers, (b"connection", b"close")]


def _given(fault: Fault) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in fault.headers]


def _dripped(fault: Fault, answer: Response, first: bytes, slow: Iterable[bytes], last: bytes) -> Response:
    """Send the first part at once, then pieces at the fault's pace, then the last part."""

    def pieces() -> Iterator[bytes]:
        yield first
        yield from slow
        yield last

    return _Written(fault, answer, pieces(), pause=_step(fault) / fault.bytes_per_second)


def _step(fault: Fault) -> int:
    """Return how many bytes go out at a time: about ten times a second, or one by one when it is slower."""
    return max(1, fault.bytes_per_second // 10)


def _sliced(fault: Fault, data: bytes) -> Iterator[bytes]:
    step = _step(fault)
    return (data[place : place + step] for place in range(0, len(data), step))


def _drip_headers(fault: Fault, answer: Response) -> Response:
    written = head(answer.status_code, _closing(answer))
    if not fault.forever:
        return _dripped(fault, answer, b"", _sliced(fault, written), bytes(answer.body))
    # A header that never ends, instead of the empty line.
    return _dripped(fault, answer, written[:-2] + b"x-more: ", repeat(b"x" * _step(fault)), b"")


def _drip_body(fault: Fault, answer: Response) -> Response:
    if not fault.forever:
        written = head(answer.status_code, _closing(answer))
        return _dripped(fault, answer, written, _sliced(fault, bytes(answer.body)), b"")
    del answer.headers["content-length"]
    written = head(answer.status_code, [*_closing(answer), (b"transfer-encoding", b"chunked")])
    step = _step(fault)
    return _dripped(fault, answer, written, repeat(b"%x\r\n%b\r\n" % (step, b" " * step)), b"")


def _wrong_length(fault: Fault, answer: Response) -> Response:
    answer.headers["content-length"] = str(max(0, len(answer.body) + fault.extra))
    return _Written(fault, answer, [head(answer.status_code, _closing(answer)) + answer.body])


def _with_headers(fault: Fault, answer: Response, headers: list[tuple[bytes, bytes]]) -> Response:
    written = head(answer.status_code, [*headers, *_given(fault)])
    return _Written(fault, answer, [written + answer.body])


def _duplicate_headers(fault: Fault, answer: Response) -> Response:
    return _with_headers(fault, answer, _closing(answer) * 2)


def _odd_headers(fault: Fault, answer: Response) -> Response:
    return _with_headers(fault, answer, [*_closing(answer), *_ODD])


def _bad_headers(fault: Fault, answer: Response) -> Response:
    written = head(answer.status_code, [*_closing(answer), *_given(fault)])
    return _Written(fault, answer, [written[:-2] + b"a line without a colon\0\r\n\r\n" + answer.body])


def _packed(answer: Response, body: bytes) -> Response:
    if answer.status_code not in _BODILESS:
        answer.body = body
        answer.headers.update({"content-length": str(len(body)), "content-encoding": "gzip"})
    return answer


def _bad_gzip(fault: Fault, answer: Response) -> Response:
    whole = gzip.compress(bytes(answer.body))
    # The last 8 bytes are checksum and size (RFC 1952, 2.3.1).
    wrong = whole[:-8] + bytes(byte ^ 0xFF for byte in whole[-8:-4]) + whole[-4:]
    bodies = {"garbage": GARBAGE, "cut": whole[: len(whole) // 2], "checksum": wrong}
    return _packed(answer, bodies[fault.gzip])


def _zip_bomb(fault: Fault, answer: Response) -> Response:
    return _packed(answer, bomb(bytes(answer.body), fault.megabytes))


def bomb(body: bytes, megabytes: int) -> bytes:
    """Pack a body behind megabytes of spaces, about a thousand times smaller than it unpacks.

    One megabyte is compressed once and repeated: after a full flush, nothing points back.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    spaces = packer.compress(_MEGABYTE) + packer.flush(zlib.Z_FULL_FLUSH)
    end = packer.compress(body) + packer.flush()
    check = 0
    for _ in range(megabytes):
        check = zlib.crc32(_MEGABYTE, check)
    size = megabytes * len(_MEGABYTE) + len(body)
    trailer = struct.pack("<II", zlib.crc32(body, check), size & 0xFFFFFFFF)
    return b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + spaces * megabytes + end + trailer


def down(form: str) -> Response:
    """Return what a server that is down answers: ``html``, or ``cut`` for nothing."""
    if form == "cut":
        return Cut(Fault("*", "*", "drop_before"), Response())
    return HTMLResponse("<html><body><h1>503 Service Unavailable</h1></body></html>", 503)


def _redirect(fault: Fault, _answer: Response) -> Response:
    return Response(None, fault.status, {**dict(fault.headers), "location": fault.url})


def _shown(fault: Fault, _answer: Response) -> Response:
    headers = dict(fault.headers)
    if fault.body == "empty" or fault.status in _BODILESS:
        return Response(None, fault.status, headers)
    if fault.body == "html":
        return HTMLResponse(f"<html><body><h1>{fault.status}</h1></body></html>", fault.status, headers)
    shown = error_body(fault.error_code, fault.message) if fault.payload is None else fault.payload
    return JsonAnswer(shown, fault.status, headers)


def _garbage(_fault: Fault, answer: Response) -> Response:
    if answer.status_code in _BODILESS:
        return answer
    answer.body = GARBAGE
    answer.headers.update({"content-length": str(len(GARBAGE)), "content-type": JsonAnswer.media_type})
    return answer


_SPOILERS: Final[Mapping[FaultKind, Callable[[Fault, Response], Response]]] = {
    "status": _shown,
    "drop_before": Cut,
    "drop_after": Cut,
    "garbage": _garbage,
    "truncate": _Part,
    "delay": _Late,
    "redirect": _redirect,
    "drip_headers": _drip_headers,
    "drip_body": _drip_body,
    "endless": _endless,
    "bad_gzip": _bad_gzip,
    "zip_bomb": _zip_bomb,
    "wrong_length": _wrong_length,
    "duplicate_headers": _duplicate_headers,
    "odd_headers": _odd_headers,
    "bad_headers": _bad_headers,
}


def spoilt(fault: Fault, answer: Response) -> Response:
    """Return what goes out instead of the answer."""
    return _SPOILERS[fault.kind](fault, answer)
