"""How a command ends says what to do next, for every error that there is."""

from __future__ import annotations

import pytest

from visma_busy_sync import ConnectionState, LoginOutcome, errors
from visma_busy_sync.cli.exits import (
    EXITS,
    LOGIN_EXITS,
    STATUS_EXITS,
    WAITING_EXITS,
    Exit,
    Stopped,
    exit_of,
    worst,
)
from visma_busy_sync.orders import CLAIMING_STATES

# These are caught by their subclasses and never raised themselves.
BASES = {
    errors.ApiError,
    errors.ConnectionStateError,
    errors.EAccountingError,
    errors.LoginError,
    errors.OrderError,
    errors.VismaBusySyncError,
}


def test_every_error_has_its_place() -> None:
    """A new error must be placed in the table, and what is gone is taken out."""
    assert set(EXITS) == {getattr(errors, name) for name in errors.__all__} - BASES


def test_every_end_of_a_login_and_every_standing_of_a_connection_has_its_place() -> None:
    assert set(LOGIN_EXITS) == set(LoginOutcome)
    assert set(STATUS_EXITS) == set(ConnectionState)
    assert set(WAITING_EXITS) <= CLAIMING_STATES


def test_usage_is_not_taken_for_pending_changes() -> None:
    """2 is only ever said by `plan --detailed-exitcode`."""
    assert Exit.CHANGES not in {*EXITS.values(), *LOGIN_EXITS.values(), *STATUS_EXITS.values()}
    assert (Exit.CHANGES, Exit.USAGE) == (2, 64)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.NotConnected("acme"), 4),
        (errors.SyncRunning("acme"), 75),
        (errors.UnreadableAnswer(operation="GET /projects", status=503, reason="a page"), 75),
        (errors.UnreadableAnswer(operation="GET /projects", status=200, reason="a page"), 1),
        (errors.EncryptionKeyMissing("0123"), 1),
        (RuntimeError("of the host's own"), 1),
        (Stopped("no such month"), 64),
        (Stopped("no", code=Exit.FAILED), 1),
    ],
)
def test_an_error_ends_a_command_as_the_table_says(error: Exception, code: int) -> None:
    assert exit_of(error) == code


def test_an_error_of_the_hosts_that_is_a_kind_of_ours_ends_likewise() -> None:
    class TheirDatabaseIsDown(errors.StoreBusy):
        pass

    assert exit_of(TheirDatabaseIsDown("connection")) == Exit.TRY_LATER


def test_of_several_ends_the_one_counts_that_needs_somebody_most() -> None:
    assert worst([]) == Exit.DONE
    assert worst([Exit.DONE, Exit.TRY_LATER]) == Exit.TRY_LATER
    assert worst([Exit.TRY_LATER, Exit.BLOCKED, Exit.DONE]) == Exit.BLOCKED
    assert worst([Exit.BLOCKED, Exit.FAILED]) == Exit.FAILED
