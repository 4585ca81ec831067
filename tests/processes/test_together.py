"""Processes that sync, log in and disconnect at the same time."""

from __future__ import annotations

import pytest

from visma_busy_sync.integration._alone import LEASE_LASTS

from .host import LIFETIME_SECONDS, SESSION, Answer, Host, all_do, endings
from .worker import APPLYING

SEEN_LATE_SECONDS = 1
"""How late an answer of the sandbox comes, so that others come in between."""


def test_a_sync_that_was_killed_is_finished_by_another_process(host: Host) -> None:
    """Until the lease ends the others hear that a sync runs; then Busy ends as if nothing had happened."""
    victim, *others = host.hire(3)
    host.log_in(victim)
    assert victim.does("sync", die=APPLYING) == Answer("killed")
    begun = host.records()
    assert begun
    assert endings(all_do(others, "sync")) == {"SyncRunning"}
    host.pass_time(LEASE_LASTS.total_seconds() / 2)
    assert endings(all_do(others, "sync")) == {"SyncRunning"}
    assert host.records() == begun
    host.pass_time(LEASE_LASTS.total_seconds() / 2)
    first, second = others
    assert first.does("sync").ended == "done"
    assert second.does("sync").says.startswith("nothing to do")
    for kind, path, number in (
        ("project", "projects", "Number"),
        ("customer", "customers", "CustomerNumber"),
        ("product", "articles", "Number"),
    ):
        ours = sorted(record["number"] for record in host.records() if record["kind"] == kind)
        assert ours == sorted(row[number] for row in host.control("GET", f"/records/{path}"))


def test_of_processes_that_sync_at_once_one_does_it(host: Host) -> None:
    """The others hear that it runs; none of them does half of it."""
    processes = host.hire(4)
    host.log_in(processes[0])
    answers = all_do(processes, "sync")
    assert endings(answers) <= {"done", "SyncRunning"}
    assert len([each for each in answers if each.says.startswith("applied:")]) == 1
    assert processes[0].does("sync").says.startswith("nothing to do")


def test_of_processes_that_complete_a_login_at_once_one_does_it(host: Host) -> None:
    """The code is exchanged once; whoever else got the page is told that it is under way, or done."""
    processes = host.hire(6)
    back = host.callback(processes[0])
    host.control(
        "POST",
        "/faults",
        {"method": "POST", "path": "/connect/token", "kind": "delay", "seconds": SEEN_LATE_SECONDS},
    )
    answers = all_do(processes, "complete_login", callback_url=back, session=SESSION)
    assert endings(answers) == {"done"}, answers
    said = [answer.says for answer in answers]
    assert said.count("connected") == 1
    assert set(said) <= {"connected", "in_progress", "already_connected"}
    assert host.counted("code_exchanges") == 1
    assert host.counted("refusals") == 0
    assert len(host.token_documents()) == 1
    assert endings(all_do(processes, "readiness")) == {"done"}


@pytest.mark.parametrize("rotation", [True, False], ids=["rotation", "no rotation"])
def test_a_disconnect_while_others_renew_leaves_no_tokens_behind(host: Host, rotation: bool) -> None:
    """Neither here nor at Visma: what comes back for a login that has ended is revoked."""
    host.control("PATCH", "/profile", {"rotation": rotation, "reuse": "fatal"})
    leaver, *others = host.hire(6)
    host.log_in(leaver)
    host.pass_time(LIFETIME_SECONDS)
    host.control(
        "POST",
        "/faults",
        {"method": "POST", "path": "/connect/token", "kind": "delay", "seconds": SEEN_LATE_SECONDS},
    )
    for each in others:
        each.order("readiness")
    host.until(lambda: host.counted("refreshes") == 1)
    assert leaver.does("disconnect").ended == "done"
    assert host.token_documents() == []
    answers = [each.answer() for each in others]
    assert endings(answers) <= {"ReconnectNeeded", "NotConnected"}, answers
    assert host.token_documents() == []
    assert host.counted("alive_logins") == 0
    host.log_in(leaver)
    assert endings(all_do(others, "readiness")) == {"done"}


def test_a_disconnect_at_any_moment_leaves_no_tokens_behind(host: Host) -> None:
    """However the steps of those who renew and of the one who leaves happen to fall."""
    leaver, *others = host.hire(6)
    for _ in range(8):
        host.log_in(leaver)
        host.pass_time(LIFETIME_SECONDS)
        for each in (*others, leaver):
            each.order("disconnect" if each is leaver else "readiness")
        assert leaver.answer().ended == "done"
        answers = [each.answer() for each in others]
        assert endings(answers) <= {"done", "ReconnectNeeded", "NotConnected"}, answers
        assert host.token_documents() == []
        assert host.counted("alive_logins") == 0
