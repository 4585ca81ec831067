"""How a command ends: one table from what went wrong to the exit code."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, final

from visma_busy_sync import ConnectionState, LoginOutcome, VismaBusySyncError, errors
from visma_busy_sync.orders import State


class Exit(enum.IntEnum):
    """The exit codes of all commands."""

    DONE = 0
    """It is done."""
    FAILED = 1
    """It failed, and trying again does not help by itself."""
    CHANGES = 2
    """Changes are pending; only from `plan --detailed-exitcode`."""
    BLOCKED = 3
    """A guard stopped it: a person has to look, decide or mend something first."""
    RECONNECT = 4
    """There is no connection that works: `connect` helps."""
    USAGE = 64
    """The command was not understood, or lacks what cannot be asked for (EX_USAGE)."""
    TRY_LATER = 75
    """Nothing is wrong with what was asked: try again later (EX_TEMPFAIL)."""
    INTERRUPTED = 130
    """Ctrl-C."""


EXITS: Final[Mapping[type[VismaBusySyncError], Exit]] = MappingProxyType(
    {
        # What the host or the installation must put right.
        errors.ClientRefused: Exit.FAILED,
        errors.CompanyUnidentified: Exit.FAILED,
        errors.ConfigurationError: Exit.FAILED,
        errors.DocumentError: Exit.FAILED,
        errors.DocumentTooNew: Exit.FAILED,
        errors.DocumentUnreadable: Exit.FAILED,
        errors.DocumentUnwritable: Exit.FAILED,
        errors.EncryptionKeyMissing: Exit.FAILED,
        errors.IllegalTransition: Exit.FAILED,
        errors.LinkUnreadable: Exit.FAILED,
        errors.NotFound: Exit.FAILED,
        errors.NothingToConfirm: Exit.FAILED,
        errors.NotRevoked: Exit.FAILED,
        errors.OrderNotTransferred: Exit.FAILED,
        errors.OrderRejected: Exit.FAILED,
        errors.OrderUnknown: Exit.FAILED,
        errors.PdfExtraMissing: Exit.FAILED,
        errors.PlanUnreadable: Exit.FAILED,
        errors.PortContractBroken: Exit.FAILED,
        errors.ProjectUnknown: Exit.FAILED,
        errors.RecordUnknown: Exit.FAILED,
        errors.Rejected: Exit.FAILED,
        errors.UnreadableAnswer: Exit.FAILED,
        # What was stopped on purpose, so that nothing is archived, billed twice or lost.
        errors.AccessDenied: Exit.BLOCKED,
        errors.ArchivingNotAllowed: Exit.BLOCKED,
        errors.DraftChanged: Exit.BLOCKED,
        errors.DraftStillThere: Exit.BLOCKED,
        errors.EntryTaken: Exit.BLOCKED,
        errors.FixedPriceBilled: Exit.BLOCKED,
        errors.ImportRefused: Exit.BLOCKED,
        errors.NotReady: Exit.BLOCKED,
        errors.NotThisDraft: Exit.BLOCKED,
        errors.OrderChanged: Exit.BLOCKED,
        errors.OrderClosed: Exit.BLOCKED,
        errors.OrderNeedsAttention: Exit.BLOCKED,
        errors.OrderNotReady: Exit.BLOCKED,
        errors.OrderOutcomeUnknown: Exit.BLOCKED,
        errors.OrderRevised: Exit.BLOCKED,
        errors.OrdersNotSent: Exit.BLOCKED,
        errors.OtherCompany: Exit.BLOCKED,
        errors.PurgeRefused: Exit.BLOCKED,
        errors.WrongCompany: Exit.BLOCKED,
        # What a login cures.
        errors.CodeRefused: Exit.RECONNECT,
        errors.LoginRefused: Exit.RECONNECT,
        errors.NotConnected: Exit.RECONNECT,
        errors.ReconnectNeeded: Exit.RECONNECT,
        errors.StateMismatch: Exit.RECONNECT,
        errors.Unauthorized: Exit.RECONNECT,
        errors.Unsealable: Exit.RECONNECT,
        # What passes.
        errors.AnswerLost: Exit.TRY_LATER,
        errors.ConnectionChanged: Exit.TRY_LATER,
        errors.NotSent: Exit.TRY_LATER,
        errors.OrderBeingSent: Exit.TRY_LATER,
        errors.RateLimited: Exit.TRY_LATER,
        errors.SearchIncomplete: Exit.TRY_LATER,
        errors.ServerFault: Exit.TRY_LATER,
        errors.StoreBusy: Exit.TRY_LATER,
        errors.StoreUnavailable: Exit.TRY_LATER,
        errors.SyncRunning: Exit.TRY_LATER,
    }
)
"""Every error that is raised; a test requires that a new one is placed here."""

LOGIN_EXITS: Final[Mapping[LoginOutcome, Exit]] = MappingProxyType(
    {
        LoginOutcome.CONNECTED: Exit.DONE,
        LoginOutcome.ALREADY_CONNECTED: Exit.DONE,
        LoginOutcome.CONFIRM_COMPANY: Exit.BLOCKED,
        LoginOutcome.IN_PROGRESS: Exit.TRY_LATER,
        LoginOutcome.CANCELLED: Exit.RECONNECT,
        LoginOutcome.REFUSED: Exit.RECONNECT,
        LoginOutcome.NOT_THIS_LOGIN: Exit.RECONNECT,
        LoginOutcome.EXPIRED: Exit.RECONNECT,
        LoginOutcome.CODE_REFUSED: Exit.RECONNECT,
        LoginOutcome.SCOPE_MISSING: Exit.RECONNECT,
        LoginOutcome.NOT_READY: Exit.BLOCKED,
        LoginOutcome.COMPANY_UNIDENTIFIED: Exit.FAILED,
    }
)
"""How `connect` ends."""

STATUS_EXITS: Final[Mapping[ConnectionState, Exit]] = MappingProxyType(
    {
        ConnectionState.CONNECTED: Exit.DONE,
        ConnectionState.RECONNECT_NEEDED: Exit.RECONNECT,
        ConnectionState.LOGIN_PENDING: Exit.RECONNECT,
        ConnectionState.DISCONNECTED: Exit.RECONNECT,
        ConnectionState.LOCKED: Exit.FAILED,
    }
)
"""How `status` ends."""

WAITING_EXITS: Final[Mapping[State, Exit]] = MappingProxyType(
    {
        State.NEEDS_ATTENTION: Exit.BLOCKED,
        State.GONE_UPSTREAM: Exit.BLOCKED,
        State.OUTCOME_UNKNOWN: Exit.TRY_LATER,
        State.SENDING: Exit.TRY_LATER,
        State.WITHDRAWING: Exit.TRY_LATER,
    }
)
"""How a look at orders ends where it leaves one in such a state; in all others it is done."""

_FIRST: Final = (Exit.FAILED, Exit.RECONNECT, Exit.BLOCKED, Exit.TRY_LATER, Exit.CHANGES, Exit.DONE)
"""Of several things that happened to several orders, what counts."""


@final
class Stopped(Exception):
    """A command ends here, for a reason of the command line's own.

    Attributes:
        message: Why.
        advice: What to do; empty where the message says it.
        code: How it ends.
    """

    def __init__(self, message: str, *, advice: str = "", code: Exit = Exit.USAGE) -> None:
        self.message = message
        self.advice = advice
        self.code = code
        super().__init__(message)


@final
class AppFailed(Exception):
    """What `--app` names failed to give an integration; the cause is the application's own error.

    Attributes:
        app: What `--app` named.
    """

    def __init__(self, app: str) -> None:
        self.app = app
        super().__init__(app)


def exit_of(error: BaseException) -> Exit:
    """Return how an error ends a command; an error of the host's own is a failure."""
    if isinstance(error, Stopped):
        return error.code
    if isinstance(error, errors.UnreadableAnswer) and error.status >= 500:
        return Exit.TRY_LATER  # a page of a proxy or of maintenance
    known = (EXITS[kind] for kind in type(error).__mro__ if kind in EXITS)
    return next(known, Exit.FAILED)


def worst(codes: list[Exit]) -> Exit:
    """Return what counts of several ends; done where there are none."""
    return min(codes, key=_FIRST.index, default=Exit.DONE)
