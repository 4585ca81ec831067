"""Fifty processes share one login: each time its access token ends, one of them renews it."""

from __future__ import annotations

import pytest

from .host import LIFETIME_SECONDS, Host, all_do, endings

PROCESSES = 50
EXPIRIES = 20

ON_SQLITE = pytest.mark.parametrize("host", ["sqlite_url"], ids=["sqlite"], indirect=True)


def renew_in_rounds(host: Host) -> None:
    processes = host.hire(PROCESSES)
    host.log_in(processes[0])
    for expiry in range(1, EXPIRIES + 1):
        host.pass_time(LIFETIME_SECONDS)
        answers = all_do(processes, "readiness")
        assert endings(answers) == {"done"}, (expiry, answers)
        assert host.counted("refreshes") == expiry
    assert host.counted("refusals") == 0
    assert host.counted("alive_logins") == 1


def test_fifty_processes_renew_a_login_once_each_time_it_ends(host: Host) -> None:
    """Twenty rounds take twenty token calls, none is refused, and every call of every process succeeds.

    A second use of a refresh token would end the login.
    """
    host.control("PATCH", "/profile", {"rotation": True, "reuse": "fatal"})
    renew_in_rounds(host)


@ON_SQLITE
def test_so_they_do_where_the_refresh_token_stays(host: Host) -> None:
    """Where a second token call would harm nobody, there is none either."""
    host.control("PATCH", "/profile", {"rotation": False})
    renew_in_rounds(host)


@ON_SQLITE
def test_a_second_token_call_would_be_counted(host: Host) -> None:
    """If the processes renewed without the right to, it would show soon."""
    host.control("PATCH", "/profile", {"rotation": False})
    processes = host.hire(10, without_the_right=True)
    host.log_in(processes[0])
    for expiry in range(1, EXPIRIES + 1):
        host.pass_time(LIFETIME_SECONDS)
        all_do(processes, "readiness")
        if host.counted("refreshes") > expiry:
            return
    pytest.fail("no two processes renewed the login at once")
