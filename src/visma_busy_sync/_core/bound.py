"""What belongs to one process: it has connections, locks, keys or threads that wait for it."""

from __future__ import annotations

from typing import NoReturn


class ProcessBound:
    """Base of what is neither pickled nor copied; values are what travels between processes."""

    __slots__ = ()

    def __reduce__(self) -> NoReturn:
        message = (
            f"{type(self).__name__} is neither pickled nor copied: its connections, locks and secrets belong "
            "to this process. Make one in each process."
        )
        raise TypeError(message)
