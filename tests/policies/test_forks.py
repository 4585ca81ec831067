"""What is promised of processes that are forked, or spawned, after the SDK was set up in their parent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import pytest

from visma_busy_sync.sandbox.process import SandboxInfo

from .small_host import drafts

ROOT: Final = Path(__file__).parents[2]
# Far more than any scenario takes; who takes longer waits for a lock.
HANG_SECONDS: Final = 120


def go_through(scenario: str, sandbox: SandboxInfo, url: str) -> None:
    # A process of its own: a fork of the one that runs the tests has that one's threads and connections.
    ran = subprocess.run(
        [sys.executable, "-m", "tests.policies.forked", scenario, url],
        input=json.dumps(asdict(sandbox)),
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
        check=False,
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr, ran.stderr


@pytest.mark.parametrize("scenario", ["client", "async_client"])
def test_a_client_goes_on_in_parent_and_children(
    scenario: str, sandbox: SandboxInfo, sqlite_url: str
) -> None:
    """Each process has connections of its own, and gets the answers to its own questions."""
    go_through(scenario, sandbox, sqlite_url)


@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_a_host_that_is_forked_after_it_connected_sends_an_order_once(
    database: str, sandbox: SandboxInfo, request: pytest.FixtureRequest
) -> None:
    """Parent and children push the same order at once."""
    go_through("host", sandbox, request.getfixturevalue(database))
    assert drafts(sandbox) == 1


def test_what_is_in_memory_is_refused_in_a_child(sandbox: SandboxInfo, sqlite_url: str) -> None:
    """Else parent and child would each send the order, for neither sees what the other did."""
    go_through("memory", sandbox, sqlite_url)
    assert drafts(sandbox) == 1


def test_an_http_client_of_the_host_that_was_used_before_is_refused_in_a_child(
    sandbox: SandboxInfo, sqlite_url: str
) -> None:
    go_through("own_client", sandbox, sqlite_url)


def test_only_the_process_that_holds_a_token_set_renews_it(sandbox: SandboxInfo, sqlite_url: str) -> None:
    """A refresh token that two processes use ends the login of both."""
    go_through("held_tokens", sandbox, sqlite_url)


def test_what_other_threads_held_at_the_fork_holds_up_nobody(sandbox: SandboxInfo, sqlite_url: str) -> None:
    go_through("threads", sandbox, sqlite_url)


def test_what_a_call_left_to_tell_before_the_fork_is_told_once(sandbox: SandboxInfo, sqlite_url: str) -> None:
    go_through("left", sandbox, sqlite_url)


def test_processes_that_begin_anew_get_values(sandbox: SandboxInfo, sqlite_url: str) -> None:
    """`multiprocessing` with `spawn`: an order travels, and each process makes a BusySync of its own."""
    go_through("spawn", sandbox, sqlite_url)
    assert drafts(sandbox) == 1
