"""A process is killed in the middle of a refresh: how long the others wait, and what is lost."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from .host import LIFETIME_SECONDS, RIGHT_SECONDS, Answer, Host, Process, all_do, endings
from .worker import ANSWERED, RIGHT_TAKEN, ROTATED, SAVED, SAVING

POINTS = (RIGHT_TAKEN, ROTATED, ANSWERED, SAVING, SAVED)
BETWEEN = {ROTATED, ANSWERED, SAVING}
"""Where the server has given what nobody has stored yet."""

SERVERS: Mapping[str, Mapping[str, Any]] = {
    "refused": {"rotation": True, "reuse": "refused"},
    "fatal": {"rotation": True, "reuse": "fatal"},
    "graceful": {"rotation": True, "reuse": "graceful", "grace_seconds": 3600},
    "no rotation": {"rotation": False},
}
LOSES = {"refused", "fatal"}
"""Servers that do not take a refresh token which they have replaced."""


def killed_in_a_refresh(host: Host, victim: Process, point: str) -> None:
    """Let the access token end, and a process die when it renews it."""
    host.pass_time(LIFETIME_SECONDS)
    refreshes = host.counted("refreshes")
    assert victim.does("readiness", die=point) == Answer("killed")
    assert host.counted("refreshes") == refreshes + (point != RIGHT_TAKEN)


def after_the_right_ended(host: Host, others: Sequence[Process]) -> Sequence[Answer]:
    """Let the others come at once, and time pass for as long as the right lasts."""
    for each in others:
        each.order("readiness")
    host.pass_time(RIGHT_SECONDS)
    return [each.answer() for each in others]


@pytest.mark.parametrize("server", SERVERS)
def test_whoever_is_killed_in_a_refresh_stops_nobody_for_longer_than_the_right_lasts(
    host: Host, server: str
) -> None:
    """And only between rotation and save it costs the login, where the server forgives nothing."""
    host.control("PATCH", "/profile", SERVERS[server])
    *others, last = host.hire(4)
    host.log_in(last)
    assert last.does("sync").ended == "done"
    busy = host.records()
    for point in POINTS:
        (victim,) = host.hire(1)
        killed_in_a_refresh(host, victim, point)
        refreshes, refusals = host.counted("refreshes"), host.counted("refusals")
        answers = all_do(others, "readiness") if point == SAVED else after_the_right_ended(host, others)
        if point in BETWEEN and server in LOSES:
            assert endings(answers) == {"ReconnectNeeded"}, (point, answers)
            assert last.does("sync").ended == "ReconnectNeeded"
            assert host.counted("refreshes") == refreshes
            assert host.counted("refusals") == refusals + 1, "one asked; the others read that it is dead"
            host.log_in(last)
            assert endings(all_do(others, "readiness")) == {"done"}
        else:
            assert endings(answers) == {"done"}, (point, answers)
            assert host.counted("refreshes") == refreshes + (point != SAVED)
            assert host.counted("refusals") == refusals
        assert last.does("sync").says.startswith("nothing to do"), point
        assert host.records() == busy
        assert len(host.token_documents()) == 1


@pytest.mark.parametrize("fast", [0, 3600], ids=["right clock", "clock an hour fast"])
def test_the_right_of_a_killed_process_ends_without_the_clock_being_moved(host: Host, fast: float) -> None:
    """After its time, which others measure themselves where the clocks of machines differ."""
    brief = {"timeout": 3, "margin": 0.5}
    victim, other = host.hire(1, **brief, fast=fast)[0], host.hire(1, **brief)[0]
    host.log_in(other)
    killed_in_a_refresh(host, victim, RIGHT_TAKEN)
    assert other.does("readiness").ended == "done"
    assert host.counted("refreshes") == 1


def test_nobody_renews_while_the_right_of_a_killed_process_lasts(host: Host) -> None:
    """A process that was killed cannot be told from one that is slow; a second token call could be fatal."""
    host.control("PATCH", "/profile", SERVERS["fatal"])
    victim, *others = host.hire(4)
    host.log_in(victim)
    killed_in_a_refresh(host, victim, RIGHT_TAKEN)
    host.pass_time(RIGHT_SECONDS / 2)
    for each in others:
        each.order("status")
        each.order("readiness")
    assert endings([each.answer() for each in others]) == {"done"}
    time.sleep(0.5)  # in which one of them would renew, if it did not wait
    assert host.counted("refreshes") == 0
    host.pass_time(RIGHT_SECONDS / 2)
    assert endings([each.answer() for each in others]) == {"done"}
    assert host.counted("refreshes") == 1
