"""Errors of the eAccounting client.

```
EAccountingError                   never raised itself
├── NotSent                        no connection: the server surely did not get the request
├── AnswerLost                     the request may have arrived, no whole answer came back
├── UnreadableAnswer               an answer came, but not one the API promises (HTML, cut off, empty ...)
├── ApiError                       the API answered with an error
│   ├── NotFound                   404, or ErrorCode 3000
│   ├── Unauthorized               401: the access token is not accepted
│   ├── AccessDenied               403 or an access code: company, user, scope, module, subscription
│   ├── RateLimited                429 or 4010
│   ├── ServerFault                5xx
│   └── Rejected                   any other refusal of this very request
└── LoginError                     never raised itself
    ├── LoginRefused               the user or Visma said no at the login page
    ├── StateMismatch              the callback does not belong to this login
    ├── CodeRefused                the authorisation code is used up, too old, or another one
    ├── ClientRefused              client id or secret are wrong
    └── ReconnectNeeded            the refresh token is dead (password changed, revoked): log in again
```

Which of them leave it open whether a write took effect is said by `may_have_happened`.
"""

from __future__ import annotations

from attrs import frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.eaccounting.codes import UNCERTAIN_CODES


class EAccountingError(VismaBusySyncError):
    """Base of what can go wrong with eAccounting.

    Attributes:
        operation: Method and path template of the call, e.g. `GET /projects/{id}`; never the address.
    """

    def __init__(self, message: str, *, operation: str, advice: str = "") -> None:
        self.operation = operation
        super().__init__(f"{operation}: {message}", advice=advice)

    @property
    def may_have_happened(self) -> bool:
        """Whether a write may have taken effect all the same."""
        return False


class NotSent(EAccountingError):
    """No connection came about: nothing was sent."""

    def __init__(self, *, operation: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"eAccounting could not be reached ({reason}); nothing was sent.",
            operation=operation,
            advice="Check the network and https://status.visma.com/, then try again.",
        )


class AnswerLost(EAccountingError):
    """The connection broke, or nothing came in time, after the request may have been sent."""

    def __init__(self, *, operation: str, reason: str) -> None:
        self.reason = reason
        super().__init__(
            f"no whole answer came back ({reason}).",
            operation=operation,
            advice="A read may be repeated. A write may have taken effect: look before sending it again.",
        )

    @property
    def may_have_happened(self) -> bool:
        """Whether a write may have taken effect: yes."""
        return True


class UnreadableAnswer(EAccountingError):
    """An answer came that the API does not promise.

    Attributes:
        status: The HTTP status.
        reason: What is wrong with it, without repeating it.
    """

    def __init__(self, *, operation: str, status: int, reason: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(
            f"the answer with HTTP status {status} cannot be read: {reason}.",
            operation=operation,
            advice="Check that the API address is right; a proxy or a maintenance page may be answering.",
        )

    @property
    def may_have_happened(self) -> bool:
        """Whether a write may have taken effect: after a success, a redirect or a server's own fault."""
        return self.status < 400 or self.status >= 500 or self.status == 408


@frozen
class FieldError:
    """What the API says about one field of a request.

    Attributes:
        field: Its name, as the API answers it.
        code: The code, a text here.
    """

    field: str
    code: str


class ApiError(EAccountingError):
    """The API answered with an error.

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

    @property
    def may_have_happened(self) -> bool:
        """Whether a write may have taken effect: after 5xx, 408 and the codes 5000 to 5002."""
        return self.status >= 500 or self.status == 408 or self.code in UNCERTAIN_CODES


class NotFound(ApiError):
    """The object does not exist, or one that the request refers to does not."""


class Unauthorized(ApiError):
    """The access token is not accepted."""


class AccessDenied(ApiError):
    """The company, the user, the scope, the module or the subscription does not allow it."""


class RateLimited(ApiError):
    """The budget of calls is used up.

    Attributes:
        retry_after: Seconds to wait.
    """

    retry_after: float = 60.0


class ServerFault(ApiError):
    """The API failed inside."""


class Rejected(ApiError):
    """The API refuses this very request."""


class LoginError(EAccountingError):
    """Base of what can go wrong while connecting or renewing the connection."""


class LoginRefused(LoginError):
    """The login page sent the user back with an error.

    Attributes:
        error: The OAuth 2 error code, e.g. `access_denied` when the user pressed Cancel.
    """

    def __init__(self, *, error: str) -> None:
        self.error = error
        cancelled = error == "access_denied"
        super().__init__(
            "the login was cancelled." if cancelled else f"Visma refused the login ({error}).",
            operation="GET authorize",
            advice="Press connect to try again."
            if cancelled
            else "Check client id, redirect address, scopes.",
        )


class StateMismatch(LoginError):
    """The callback does not belong to a login that was begun here."""

    def __init__(self, reason: str = "its state is not the one that was handed out") -> None:
        super().__init__(
            f"the callback does not belong to this login: {reason}.",
            operation="GET callback",
            advice="Press connect to begin again; nothing was changed.",
        )


class CodeRefused(LoginError):
    """The authorisation code was refused: used before, older than 5 minutes, or not of this login."""

    def __init__(self) -> None:
        super().__init__(
            "Visma refused the authorisation code: it works once and for 5 minutes.",
            operation="POST token",
            advice="Press connect to begin again.",
        )


class ClientRefused(LoginError):
    """Visma does not know the application.

    Attributes:
        error: The OAuth 2 error code.
    """

    def __init__(self, *, error: str) -> None:
        self.error = error
        super().__init__(
            f"Visma refused the application itself ({error}).",
            operation="POST token",
            advice="Check client id, client secret, redirect address and scopes.",
        )


class ReconnectNeeded(LoginError):
    """The connection is dead: nothing but a new login cures it. Busy's data is not touched."""

    def __init__(self, reason: str = "Visma refused the refresh token") -> None:
        super().__init__(
            f"the connection to eAccounting must be made anew: {reason}.",
            operation="POST token",
            advice=(
                "Press connect and log in again; this happens when the user's password changes. "
                "Nothing in Busy is lost."
            ),
        )
