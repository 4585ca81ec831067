"""Requests and answers as values, and the one seam behind which HTTP happens."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Mapping
from typing import Any, Final, NoReturn, Protocol

from attrs import field, frozen

__all__ = [
    "DEADLINE_SECONDS",
    "TIMEOUT_SECONDS",
    "BlockingTransport",
    "NoAnswerError",
    "NotSentError",
    "Request",
    "Response",
    "TooLargeError",
    "Transport",
]

TIMEOUT_SECONDS: Final = 30.0
"""What connecting, and each wait for more bytes, may take by default."""

DEADLINE_SECONDS: Final = 90.0
"""What a call may take in all by default."""


@frozen
class Request:
    """An HTTP request, complete.

    Attributes:
        method: GET, POST, PUT or DELETE.
        url: The whole address.
        headers: Header names and values; they hold the token, so they are not in the repr.
        body: The bytes to send; None for none.
        timeout: Seconds that connecting, and each wait for more bytes, may take.
        deadline: Seconds that sending it and receiving the whole answer may take.
    """

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = TIMEOUT_SECONDS
    deadline: float = DEADLINE_SECONDS

    def __copy__(self) -> Request:
        return self

    def __deepcopy__(self, memo: object) -> Request:
        return self  # it never changes

    def __reduce__(self) -> NoReturn:
        message = "a Request is not pickled: its token would leave the process in clear text"
        raise TypeError(message)


@frozen
class Response:
    """An HTTP answer, complete.

    Attributes:
        status: The status code.
        headers: Header names in lower case, and their values.
        body: All bytes, decompressed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class NotSentError(Exception):
    """The request surely did not reach the server: no connection came about.

    Its text is shown to users: a few words, no address, nothing of the request.
    """


class NoAnswerError(Exception):
    """The request may have reached the server, but no whole answer came back.

    Its text is shown to users: a few words, no address, nothing of the request.
    """


class TooLargeError(Exception):
    """The answer is larger than the transport is ready to hold; the rest of it was not read.

    Attributes:
        status: The status code.
        most: The bytes that it may have, decompressed.
    """

    def __init__(self, *, status: int, most: int) -> None:
        self.status = status
        self.most = most
        super().__init__(f"more than {most} bytes")

    def __reduce__(self) -> tuple[Any, ...]:
        # The default calls the class with its text.
        return functools.partial(TooLargeError, status=self.status, most=self.most), ()


class Transport(Protocol):
    """Sends a request and returns the answer, whatever its status; follows no redirect.

    It keeps the request's deadline as well as it can. The asynchronous client cancels what takes longer;
    a blocked thread cannot be interrupted from outside.
    """

    def send(self, request: Request) -> Awaitable[Response]:
        """Send `request`.

        Raises:
            NotSentError: If the server surely did not get it.
            NoAnswerError: If it may have got it.
            TooLargeError: If the answer is too large.
        """
        ...


class BlockingTransport(Protocol):
    """`Transport` for the synchronous client."""

    def send(self, request: Request) -> Response:
        """Send `request`; raises as `Transport.send` does."""
        ...
