"""The sandbox's own time: the system's, plus what a test added to it."""

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Tell the time; ``advance`` moves it forward so that tokens and codes expire without waiting."""

    def __init__(self) -> None:
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """Return the sandbox's time, aware, UTC."""
        return datetime.fromtimestamp(time.time(), UTC) + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._offset += timedelta(seconds=seconds)

    def reset(self) -> None:
        """Go back to the system's time."""
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)

    def stamp(self) -> str:
        """Return a change stamp; each one is later than the one before, so a change always shows."""
        self._last = max(self.now(), self._last + timedelta(microseconds=1))
        return self._last.strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def server_time(self) -> str:
        """Return ``Meta.ServerTimeUtc`` in the form of the API description (whole seconds, ``Z``)."""
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")
