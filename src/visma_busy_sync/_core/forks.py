"""What a child of `os.fork` cannot go on with: its parent's locks, connections and half-done work.

The child has a copy of everything, but of the threads only the one that forked. A lock that another thread
held is never opened again, work that another thread was at never ends, and what is sent over a connection
is mixed with what the parent sends. Whoever holds such a thing is told in the child, before anything else
runs there, and begins anew. What is true in one process only cannot begin anew: it is refused.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Final, Protocol, final

from visma_busy_sync._core.errors import ConfigurationError


class Forked(Protocol):
    """Holds something that a child of a fork cannot go on with."""

    def forked(self) -> None:
        """Begin anew: this process is a new child, and has no other thread."""
        ...


# One hook for all: a hook cannot be taken back, and a host may make a client for each request.
_TOLD: Final[weakref.WeakSet[Forked]] = weakref.WeakSet()


def tell_of_forks(holder: Forked) -> None:
    """Have a holder told in each child of a fork, for as long as it lives."""
    _TOLD.add(holder)


def _in_child() -> None:
    for holder in list(_TOLD):
        holder.forked()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=_in_child)


@final
class OneProcess:
    """Remembers in which process something was made, where it is true in that one only.

    Args:
        what: What it is, as an error names it, such as `A MemoryStateStore`.
        advice: What to do instead.
    """

    def __init__(self, what: str, *, advice: str) -> None:
        self._what = what
        self._advice = advice
        self._made_in = os.getpid()

    def require(self) -> None:
        """Require that process.

        Raises:
            ConfigurationError: If this is another one.
        """
        if os.getpid() != self._made_in:
            raise ConfigurationError(
                f"{self._what} was made before this process was forked, and is of use only there: its copy "
                "here does not see what happens to it, nor the other way round.",
                advice=self._advice,
            )


@final
class HomeLock:
    """A lock around what is kept in the memory of one process."""

    def __init__(self, what: str) -> None:
        self._home = OneProcess(
            what, advice="Make it in the process that uses it, or use the SQL stores, which processes share."
        )
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._home.require()  # first: in a child the lock may be closed for ever
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
