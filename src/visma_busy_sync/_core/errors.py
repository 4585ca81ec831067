"""The root of every error this package raises. The whole tree is drawn in `visma_busy_sync.errors`."""

from __future__ import annotations

from typing import Any


class VismaBusySyncError(Exception):
    """Base of every error of this package; catch it to catch them all.

    Each says what happened, why, and what to do next. None of them holds a token, a client secret or
    the content of a record.

    Attributes:
        advice: What to do next, one or two sentences; empty where the message already says it.
    """

    def __init__(self, message: str, *, advice: str = "") -> None:
        if type(self) is VismaBusySyncError:
            message = "VismaBusySyncError is a base and is not raised itself"
            raise TypeError(message)
        self.message = message
        self.advice = advice
        super().__init__(f"{message} {advice}".strip())

    def __reduce__(self) -> tuple[Any, ...]:
        # Else unpickling and copying would call __init__ with the joined message only, which fails for
        # every subclass that needs more.
        return _restore, (type(self), self.args), self.__dict__


class ConfigurationError(VismaBusySyncError):
    """The host application set something up wrongly; nothing was changed or sent."""


def advise_also(error: VismaBusySyncError, more: str) -> None:
    """Add to an error's advice what only a caller further out knows."""
    error.advice = f"{error.advice} {more}".strip()
    error.args = (f"{error.message} {error.advice}",)


def _restore(cls: type[VismaBusySyncError], args: tuple[Any, ...]) -> VismaBusySyncError:
    return cls.__new__(cls, *args)
