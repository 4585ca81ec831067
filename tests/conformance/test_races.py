"""What only processes or hanging workers bring to light is told as well."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from visma_busy_sync.ports import Write
from visma_busy_sync.testing._kit import shells
from visma_busy_sync.testing._kit.children import ChildFailed
from visma_busy_sync.testing.conformance import STATE_CHECKS, PromiseBroken, run_check

from . import one_process, wrong

CHECKS = {check.name: check for check in STATE_CHECKS}
PROCESSES = CHECKS["processes_race_as_workers_do"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file for the store, whose module the children can import."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    return str(tmp_path / "store.db")


def test_a_lock_of_one_process_passes_with_threads_and_fails_with_processes(path: str) -> None:
    """So the race of processes shows what no race of threads can."""
    for name in ("no_update_is_lost", "of_those_who_change_one_wins"):
        run_check(CHECKS[name], partial(one_process.Bench, f"{path}.{name}"))
    with pytest.raises(PromiseBroken, match=r"3 processes counted to 12 each; the document says") as broken:
        run_check(PROCESSES, lambda: one_process.Bench(path))
    assert broken.value.promise.name == "one-winner"


@pytest.mark.parametrize(
    ("opener", "seen"),
    [("fail", "raised OSError: cannot open "), ("missing", "BadReference: .* has no missing")],
    ids=["the store cannot be opened", "the reference names nothing"],
)
def test_a_child_that_cannot_begin_is_told(path: str, opener: str, seen: str) -> None:
    """It is the harness that is wrong then, so no promise is said to be broken."""
    with pytest.raises(ChildFailed, match=f'a child process could not open "one_process:{opener}": .*{seen}'):
        run_check(PROCESSES, lambda: one_process.Bench(path, opener))


class LocksAsGiven(wrong.Store):
    """Locks document by document in the order of the writes, as an update by update does."""

    locks: dict[str, threading.Lock]

    def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
        if len(writes) < 2:
            return super().commit(tenant, writes)
        held: list[threading.Lock] = []
        try:
            for write in writes:
                lock = self.locks.setdefault(write.key, threading.Lock())
                if not lock.acquire(timeout=5):  # a real one would wait for ever
                    return False
                held.append(lock)
                self.meet.wait(timeout=5)
            return super().commit(tenant, writes)
        except threading.BrokenBarrierError:
            return False
        finally:
            for lock in held:
                lock.release()

    meet = threading.Barrier(2)


def test_workers_that_wait_for_each_other_are_told_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A deadlock fails the check after a while, instead of hanging the whole run."""
    monkeypatch.setattr(shells, "HANG_SECONDS", 0.5)
    LocksAsGiven.locks = {}
    check = CHECKS["keys_in_another_order_do_not_lock_each_other"]

    class Setup(LocksAsGiven):
        """Creates the two documents before the locks are in the way."""

        def commit(self, tenant: str, writes: Sequence[Write]) -> bool:
            if writes[0].expected is None:
                return wrong.Store.commit(self, tenant, writes)
            return super().commit(tenant, writes)

    with pytest.raises(PromiseBroken, match="they wait for each other") as broken:
        run_check(check, lambda: wrong.Bench(Setup))
    assert broken.value.promise.name == "one-winner"
