"""The sliding window of calls as a value: who may call when.

The server counts a call when it receives it, which is at some moment between the permit and the answer.
So a call leaves our count one window after the last moment at which it may have been received. Then the
server can never count more than we do.

Every asker gets a place at once, in the order of asking, and with it the moment at which it may start. A
later asker never starts before an earlier one. A place can be pushed to a later moment, never to an earlier
one: who waits sleeps until its moment and looks again then (`Rules.begin`).

There are two ways to know how long a call was under way:

- **Told:** the end of each call is told (`slack` is None). Until then the call counts, however long that is.
- **Assumed:** where a process may vanish, a call is taken to be received within `slack` of its start. If it
  ends later, that is told, and it counts from its end.

All moments are whole milliseconds, rounded down. The window is one longer than the server's, which makes up
for the rounding.

What lies further ahead than anything can by these rules comes from a clock that is wrong, or was. It is not
believed: one such machine must not stop all others.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Sequence
from typing import Final, NamedTuple, final

from attrs import frozen

LONGEST_HOLD: Final = 3_600_000
"""For how long a server is believed to ask to hold off, in milliseconds: an hour."""


@frozen
class Place:
    """A place in the order of calls.

    Attributes:
        number: Of the asker; later askers have greater ones.
        start: From when it may call.
    """

    number: int
    start: int


class Window(NamedTuple):  # no attrs class: one is changed several times in each call
    """The calls of one key that count now, and those that wait.

    Attributes:
        ends: When each call that is counted leaves the window, in order.
        waiting: The places whose moment had not come when this was made, in order of number and start.
        under_way: Calls that began and have not ended, where ends are told.
        closed_until: Nobody starts before.
        asked: The number of the last asker.
    """

    ends: tuple[int, ...] = ()
    waiting: tuple[Place, ...] = ()
    under_way: int = 0
    closed_until: int = 0
    asked: int = 0


EMPTY = Window()


@final
@frozen(kw_only=True)
class Rules:
    """What a window allows. Every method takes a window and returns the one that comes of it.

    Attributes:
        budget: How many calls the window holds, from 1.
        window: Its length.
        slack: How long after its start a call may be received; None: the end of every call is told.
    """

    budget: int
    window: int
    slack: int | None

    def at(self, window: Window, now: int) -> Window:
        """Let time go by: calls leave the window, and places whose moment has come begin."""
        window = self._believed(window, now)
        if window.waiting and window.waiting[0].start <= now:
            window = self._begun(window, now)
        ends = window.ends
        if ends and ends[0] <= now:
            ends = ends[bisect_right(ends, now) :]
        return window if ends is window.ends else window._replace(ends=ends)

    def counts_until(self, start: int) -> int:
        """Return until when a call that starts at `start` counts, as long as no end is told."""
        return start + (self.slack or 0) + self.window

    def take(self, window: Window, *, now: int) -> tuple[Window, Place]:
        """Give the next place to an asker; who cannot wait for its moment throws both away."""
        window = self.at(window, now)
        place = Place(window.asked + 1, now)
        window = window._replace(asked=place.number)
        counted = len(window.ends) + window.under_way
        if counted < self.budget and not window.waiting and window.closed_until <= now:
            return self._counted(window, [place]), place  # the usual case, and the quickest
        window = self._pushed(window._replace(waiting=(*window.waiting, place)), now)
        place = window.waiting[-1]
        return self.at(window, now), place

    def begin(self, window: Window, place: Place, *, now: int) -> tuple[Window, Place]:
        """Look again at a place whose moment should have come: return it as it is now.

        It may begin if its start is not later than `now`.
        """
        window = self.at(window, now)
        for each in window.waiting:
            if each.number == place.number:  # it was pushed
                return window, each
        overdue = self.slack is not None and now > place.start + self.slack
        if not overdue and window.closed_until <= now:
            return window, place
        # Its moment came, but the asker slept on, or the server asked to hold off just then. It was counted
        # too early: it goes back to its old place in the order.
        window = self._undone(window, place)
        waiting = sorted((*window.waiting, Place(place.number, now)), key=lambda each: each.number)
        window = self._pushed(window._replace(waiting=tuple(waiting)), now)
        place = next(each for each in window.waiting if each.number == place.number)
        return self.at(window, now), place

    def leave(self, window: Window, place: Place, *, now: int) -> Window:
        """Give a place back that was not used.

        Those behind it keep theirs, since they sleep. Where ends are assumed, a place whose moment has come
        is not given back: nobody can tell any more which of the calls that count it is.
        """
        window = self.at(window, now)
        waiting = tuple(each for each in window.waiting if each.number != place.number)
        if len(waiting) < len(window.waiting):
            return window._replace(waiting=waiting)
        return self._undone(window, place) if self.slack is None else window

    def ended(self, window: Window, *, until: int, at: int, now: int) -> Window:
        """Count a call from its end.

        Args:
            window: The window.
            until: Until when it counts so far.
            at: When it ended.
            now: The present moment.
        """
        window = self.at(window, now)
        if self.slack is None:
            window = window._replace(under_way=window.under_way - 1)
        else:
            window = window._replace(ends=_without(window.ends, until))
        # With slack here too: it also stands for the difference between two clocks.
        ends = tuple(sorted((*window.ends, self.counts_until(at))))
        return self.at(self._pushed(window._replace(ends=ends), now), now)

    def hold_off(self, window: Window, *, until: int, now: int) -> Window:
        """Let nobody start before `until`."""
        window = self.at(window, now)
        return self._pushed(window._replace(closed_until=max(window.closed_until, until)), now)

    def is_idle(self, window: Window, now: int) -> bool:
        """Tell whether nothing would be lost if the window were forgotten."""
        counted = window.waiting or window.under_way or window.closed_until > now
        return not counted and (not window.ends or window.ends[-1] <= now)

    def _believed(self, window: Window, now: int) -> Window:
        """Take back what only a clock that is wrong, or was set back, can have written.

        Those who wait keep their order.
        """
        latest = self.counts_until(now)
        if window.ends and window.ends[-1] > latest:
            window = window._replace(ends=tuple(min(end, latest) for end in window.ends))
        rounds = 1 + len(window.waiting) // self.budget
        furthest = now + LONGEST_HOLD + rounds * (latest - now)
        if window.closed_until > furthest:
            window = window._replace(closed_until=0)
        if not window.waiting or window.waiting[-1].start <= furthest:
            return window
        places = (each if each.start <= furthest else Place(each.number, now) for each in window.waiting)
        return self._pushed(window._replace(waiting=tuple(places)), now)

    def _begun(self, window: Window, now: int) -> Window:
        """Count the places whose moment has come as calls."""
        if self.slack is None:
            # A call that is still under way may have been in the way all the time.
            window = self._pushed(window, now)
        count = bisect_right(window.waiting, now, key=lambda place: place.start)
        return self._counted(window._replace(waiting=window.waiting[count:]), window.waiting[:count])

    def _counted(self, window: Window, begun: Sequence[Place]) -> Window:
        """Count places as calls."""
        if self.slack is None:
            return window._replace(under_way=window.under_way + len(begun))
        ends = (*window.ends, *(self.counts_until(place.start) for place in begun))
        return window._replace(ends=tuple(sorted(ends)))

    def _undone(self, window: Window, place: Place) -> Window:
        """Take back that a place has begun."""
        if self.slack is None:
            return window._replace(under_way=window.under_way - 1)
        # Places are only ever pushed to later. So if this one was pushed meanwhile and the end that is taken
        # away here is another's, then its own, which stays, is later and stands for that one.
        return window._replace(ends=_without(window.ends, self.counts_until(place.start)))

    def _pushed(self, window: Window, now: int) -> Window:
        """Push each place that waits to the first moment at which there is room for it."""
        if not window.waiting:
            return window
        # What is under way ends now at the earliest.
        taken = sorted((*window.ends, *(self.counts_until(now),) * window.under_way))
        earliest = max(now, window.closed_until)
        planned: list[Place] = []
        for place in window.waiting:
            earliest = max(earliest, place.start)
            if len(taken) >= self.budget:
                earliest = max(earliest, taken[-self.budget])
            planned.append(Place(place.number, earliest))
            insort(taken, self.counts_until(earliest))
        return window._replace(waiting=tuple(planned))


def _without(ends: Sequence[int], end: int) -> tuple[int, ...]:
    """Return `ends` without one that is `end`, if there is one."""
    at = bisect_right(ends, end)
    found = at > 0 and ends[at - 1] == end
    return (*ends[: at - 1], *ends[at:]) if found else tuple(ends)
