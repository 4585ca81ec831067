"""Errors of the eAccounting client.

```
EAccountingError                   never raised itself
├── NotSent                        the server surely did not get the request
├── AnswerLost                     the request may have arrived, no whole answer came back
├── UnreadableAnswer               an answer came, but not one the API promises (HTML, cut off, empty ...)
├── ApiError                       the API answered with an error; never raised itself
│   ├── NotFound                   404, or ErrorCode 3000
│   ├── Unauthorized               401: the access token is not accepted
│   ├── AccessDenied               403 or an access code: company, user, scope, module, subscription
│   ├── RateLimited                429, or 4010 below 500
│   ├── ServerFault                5xx, or 5000 to 5002
│   └── Rejected                   any other refusal of this very request
└── LoginError                     never raised itself
    ├── LoginRefused               the user or Visma said no at the login page
    ├── StateMismatch              the callback does not belong to this login
    ├── CodeRefused                the authorisation code is used up, too old, or of another login
    ├── ClientRefused              client id or secret are wrong
    └── ReconnectNeeded            the refresh token is dead (password changed, revoked): log in again
```

Which of them leave it open whether a write took effect is said by `may_have_happened`. What fails while
a token is fetched on the way to a call carries the token call's name in `operation`: the call itself was
not sent then.
"""

from __future__ import annotations

from typing import Final

import attrs
from attrs import frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.eaccounting.codes import REQUEST_TIMEOUT, WriteFate, write_fate

__all__ = [
    "AccessDenied",
    "AnswerLost",
    "ApiError",
    "ClientRefused",
    "CodeRefused",
    "EAccountingError",
    "FieldError",
    "LoginError",
    "LoginRefused",
    "NotFound",
    "NotSent",
    "RateLimited",
    "ReconnectNeeded",
    "Rejected",
    "ServerFault",
    "StateMismatch",
    "Unauthorized",
    "UnreadableAnswer",
]

POST_TOKEN: Final = "POST token"  # noqa: S105 - the name of a call
POST_REVOCATION: Final = "POST revocation"
"""How errors name the calls to the identity server; they have no path template."""

_STATUS_PAGE: Final = "https://status.visma.com/"
_WRONG_SERVER: Final = "Check that the API address is right; a proxy or a maintenance page may be answering."


class EAccountingError(VismaBusySyncError):
    """Base of what can go wrong with eAccounting.

    Attributes:
        operation: Method and path template of the call, e.g. `GET /projects/{id}`; never the address.
    """

    def __init__(self, message: str, *, operation: str, advice: str = "") -> None:
        if type(self) in _BASES:
            raise TypeError(f"{type(self).__name__} is a base and is not raised itself")
        self.operation = operation
        super().__init__(f"{operation}: {message}", advice=advice)

    @property
    def may_have_happened(self) -> bool:
        """Whether a write may have taken effect all the same.

        Never after a read, and never while a token was fetched: then there was no write.
        """
        writes = not self.operation.startswith("GET ") and self.operation != POST_TOKEN
        return writes and self._is_uncertain()

    def _is_uncertain(self) -> bool:
        """Whether the server may have carried out the request."""
        return False


class NotSent(EAccountingError):
    """The request was not sent: no connection came about, or no room in the budget of calls.

    Attributes:
        reason: Why, in a few words.
        retry_after: Seconds until there is room in the budget of calls, as far as is known; None where the
            budget is not the reason.
    """

    def __init__(self, *, operation: str, reason: str, retry_after: float | None = None) -> None:
        self.reason = reason
        self.retry_after = retry_after
        super().__init__(
            f"nothing was sent: {reason}.",
            operation=operation,
            advice=f"Check the network and {_STATUS_PAGE}, then try again."
            if retry_after is None
            else f"Wait {retry_after:g} seconds, then try again.",
        )


class AnswerLost(EAccountingError):
    """The connection broke, or nothing came in time, after the request may have been sent.

    Attributes:
        reason: What happened to the connection, in a few words.
    """

    def __init__(self, *, operation: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"no whole answer came back ({reason}).", operation=operation, advice=_lost_advice(operation)
        )

    def _is_uncertain(self) -> bool:
        return True


def _lost_advice(operation: str) -> str:
    if operation == POST_TOKEN:
        return f"Try again.{_LOGIN_ADVICE}"
    if operation.startswith("GET "):
        return "Try again; nothing was changed."
    return "It may have taken effect: look before sending it again."


class UnreadableAnswer(EAccountingError):
    """An answer came that the API does not promise.

    Attributes:
        status: The HTTP status.
        reason: What is wrong with it, without repeating it: of a record that the API's description does
            not allow, the member's path and the record's id.
    """

    def __init__(self, *, operation: str, status: int, reason: str, advice: str = _WRONG_SERVER) -> None:
        self.status = status
        self.reason = reason
        if status >= 500 or status in _TRY_LATER:
            advice = f"Try again later; {_STATUS_PAGE} tells of faults and maintenance."
        if operation == POST_TOKEN:
            advice += _LOGIN_ADVICE
        super().__init__(
            f"the answer with HTTP status {status} cannot be read: {reason}.",
            operation=operation,
            advice=advice,
        )

    def _is_uncertain(self) -> bool:
        # Also a 4xx: what cannot be read may be a proxy's, in front of a server that did carry it out.
        return write_fate(self.status, code=None, readable=False) is WriteFate.UNKNOWN


_LOGIN_ADVICE: Final = (
    " A connection to eAccounting is not lost by this; "
    "a login that was under way is begun anew: press connect."
)
_TRY_LATER: Final = frozenset({REQUEST_TIMEOUT, 429})


@frozen
class FieldError:
    """What the API says about one field of a request.

    Attributes:
        field: Its name, as the API answers it.
        code: The code, a text here.
        detail: The API's message about it. It may repeat what was sent, so it is in no message, no repr and
            no log of ours.
    """

    field: str
    code: str
    detail: str = attrs.field(default="", repr=False)


class ApiError(EAccountingError):
    """Base of the API's own answers that tell of an error.

    Attributes:
        status: The HTTP status.
        code: The API's ErrorCode; None if the answer had none.
        error_id: The id to quote to the API support; None if the answer had none.
        fields: The fields that it complains about.
        detail: The API's message for developers. It may repeat what was sent, so it is in no message,
            no repr and no log of ours.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        status: int,
        code: int | None = None,
        error_id: str | None = None,
        fields: tuple[FieldError, ...] = (),
        detail: str = "",
        advice: str = "",
    ) -> None:
        self.status = status
        self.code = code
        self.error_id = error_id
        self.fields = fields
        self.detail = detail
        super().__init__(message, operation=operation, advice=advice)

    def _is_uncertain(self) -> bool:
        readable = self.code is not None or self.error_id is not None
        return write_fate(self.status, code=self.code, readable=readable) is WriteFate.UNKNOWN


class NotFound(ApiError):
    """The object does not exist, or one that the request refers to does not."""


class Unauthorized(ApiError):
    """The access token is not accepted."""


class AccessDenied(ApiError):
    """The company, the user, the scope, the module or the subscription does not allow it."""


class RateLimited(ApiError):
    """The budget of calls is used up; the call was not carried out.

    Attributes:
        retry_after: Seconds to wait, as the server says; 60 if it does not.
    """

    def __init__(
        self,
        message: str,
        *,
        operation: str,
        status: int,
        code: int | None = None,
        error_id: str | None = None,
        fields: tuple[FieldError, ...] = (),
        detail: str = "",
        advice: str = "",
        retry_after: float = 60.0,
    ) -> None:
        self.retry_after = retry_after
        super().__init__(
            message,
            operation=operation,
            status=status,
            code=code,
            error_id=error_id,
            fields=fields,
            detail=detail,
            advice=advice or f"Wait {retry_after:g} seconds; the call may then be made again.",
        )


class ServerFault(ApiError):
    """The API failed inside."""


class Rejected(ApiError):
    """The API refuses this very request."""


class LoginError(EAccountingError):
    """Base of what can go wrong while connecting or renewing the connection."""


class LoginRefused(LoginError):
    """The login page sent the user back with an error.

    Attributes:
        error: The OAuth 2 error code, e.g. `access_denied` when the user pressed Cancel; `unknown_error`
            where the callback carried a word that is none of them.
    """

    def __init__(self, *, error: str) -> None:
        self.error = error
        if error == "access_denied":
            message, advice = "the login was cancelled.", "Press connect to try again."
        elif error in {"server_error", "temporarily_unavailable"}:
            message = f"Visma could not carry out the login ({error})."
            advice = "Press connect to try again later."
        else:
            message = f"Visma refused the login ({error})."
            advice = "Check client id, redirect address and scopes, then press connect again."
        super().__init__(message, operation="GET authorize", advice=advice)


class StateMismatch(LoginError):
    """The callback does not belong to a login that was begun here."""

    def __init__(self, reason: str = "its state is not the one that was handed out") -> None:
        super().__init__(
            f"the callback does not belong to this login: {reason}.",
            operation="GET callback",
            advice="Press connect to begin again; nothing was changed.",
        )


class CodeRefused(LoginError):
    """The authorisation code was refused: used before, older than 5 minutes, or not of this login.

    Visma answers a redirect address that is not the one of the login's beginning in the same way.
    """

    def __init__(self) -> None:
        super().__init__(
            "Visma refused the authorisation code: it works once, for 5 minutes, and only with the redirect "
            "address that the login began with.",
            operation=POST_TOKEN,
            advice="Press connect to begin again. If this comes each time, the processes that begin and "
            "complete logins have different redirect addresses (redirect_uri): give them the same.",
        )


class ClientRefused(LoginError):
    """Visma does not know the application.

    Attributes:
        error: The OAuth 2 error code.
    """

    def __init__(self, *, error: str, operation: str = POST_TOKEN) -> None:
        self.error = error
        super().__init__(
            f"Visma refused the application itself ({error}).",
            operation=operation,
            advice="Check client id, client secret, redirect address and scopes.",
        )


class ReconnectNeeded(LoginError):
    """The connection is dead: nothing but a new login cures it. Busy's data is not touched.

    Attributes:
        reason: Why, in a few words.
    """

    def __init__(
        self,
        reason: str = "Visma refused the refresh token",
        *,
        advice: str = (
            "Press connect and log in again; this happens when the user's password changes. "
            "Nothing in Busy is lost."
        ),
        operation: str = POST_TOKEN,
    ) -> None:
        self.reason = reason
        super().__init__(
            f"the connection to eAccounting must be made anew: {reason}.", operation=operation, advice=advice
        )


_BASES: Final = frozenset({EAccountingError, ApiError, LoginError})
