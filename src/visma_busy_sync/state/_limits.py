"""The budget of calls as a document, shared by all processes that share a `StateStore`.

Each (client id, endpoint) has one document, under the reserved tenant that belongs to nobody. It holds the
calls that count and the places of those who wait, as `eaccounting._window` has them. Each asker writes it
once, where nobody came in between; else it tries again after a random pause.
"""

from __future__ import annotations

import hashlib
import math
import re
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import accumulate, pairwise, starmap
from typing import Final, TypeAlias, TypeVar, final

from attrs import frozen

from visma_busy_sync._core.forks import tell_of_forks
from visma_busy_sync._core.world import Clock, NoRoom, Permit, Runtime
from visma_busy_sync.eaccounting._limits import (
    CALLS_PER_WINDOW,
    WINDOW_SECONDS,
    WindowLimiter,
    rules,
)
from visma_busy_sync.eaccounting._window import EMPTY, Place, Window
from visma_busy_sync.ports import AsyncStateStore, Versioned
from visma_busy_sync.state._documents import DAMAGED, DocumentUnreadable, Schema
from visma_busy_sync.state._orders import NOBODY

T = TypeVar("T")
Change: TypeAlias = Callable[[Window, int], Window]

LIMIT_PREFIX: Final = "limit/"
SLACK_SECONDS: Final = 1.0

_FIRST_PAUSE_SECONDS: Final = 0.01
_LONGEST_PAUSE_SECONDS: Final = 0.5
_TELLING_SECONDS: Final = 5.0  # how long a change is tried that nobody waits for

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_PLAIN_CLIENT: Final = re.compile(r"[A-Za-z0-9._-]{1,40}")
_PLAIN_TEMPLATE: Final = re.compile(r"(/?[A-Za-z0-9._{}-]+){1,8}")
_LONGEST_TEMPLATE: Final = 80


@frozen(kw_only=True)
class Calls:
    """A window of calls as it is stored: moments in milliseconds since 1970.

    Rising numbers are written as their differences in one text, such as "1767225600000 0 5 12". A full
    window is then a quarter as long, and read ten times as fast, as with a list of numbers.

    Attributes:
        ends: When each call that is counted leaves the window.
        numbers: Of those who wait.
        starts: When each of these may begin.
        closed_until: Nobody starts before.
        asked: The number of the last asker.
    """

    ends: str
    numbers: str
    starts: str
    closed_until: int
    asked: int


CALLS_SCHEMA: Final = Schema(Calls)


@frozen(kw_only=True)
class Usage:
    """How much of a budget of calls is used at this moment, by all processes together.

    Attributes:
        endpoint: Whose budget it is; a path template without its first slash, or a hash of an odd one.
        counted: How many calls count now.
        waiting: How many wait for room.
        budget: How many may count at once.
        closed_seconds: For how long nobody may call, since eAccounting asked to hold off; 0: not at all.
    """

    endpoint: str
    counted: int
    waiting: int
    budget: int
    closed_seconds: float = 0.0


@frozen
class _PermitOfItsOwn(Permit):
    """A permit that was taken from the process's own budget."""


def limit_key(client_id: str, template: str) -> str:
    """Return the key of the budget of an endpoint; texts that are long or odd are hashed."""
    short = len(template) <= _LONGEST_TEMPLATE and _PLAIN_TEMPLATE.fullmatch(template)
    return f"{_prefix_of(client_id)}{template.removeprefix('/') if short else _hashed(template)}"


def _prefix_of(client_id: str) -> str:
    client = client_id if _PLAIN_CLIENT.fullmatch(client_id) else _hashed(client_id)
    return f"{LIMIT_PREFIX}{client}/"


def _hashed(text: str) -> str:
    # The tilde is in no plain text, so that none is taken for another's hash.
    return f"~{hashlib.sha256(text.encode(errors='surrogatepass')).hexdigest()[:32]}"


@final
class StoreLimiter:
    """A sliding window per key, shared by all processes over one `StateStore`.

    It is meant for a budget that several processes or machines share; `WindowLimiter` costs less where there
    is one process. A call costs one read and one commit. One that has to wait costs another read; one that
    ends later than `slack` after its start, another commit.

    The server never counts more than the budget, if

    - each call reaches it within `slack` of its permit, or ends within one window after that. A call that is
      under way for longer still counts from its end, but others may have started meanwhile;
    - the machines' clocks differ by less than what calls leave of `slack`.

    A process that ends between permit and release, or is cancelled while the store writes, costs one call of
    the budget for one window.

    What the store raises while a place is asked for comes out as it is: nothing was sent. After that the
    call's own outcome counts: what could not be stored is kept, and stored with this process's next call.

    A stored budget is no more than that. One that is damaged counts as empty, and is replaced. One that a
    newer version of this package wrote is left alone: until it can be read, this process keeps a budget of
    its own. Either way the server may count more calls than we do; its 429 then says how long to wait. What
    only a wrong clock can have written, such as a wait of more than an hour, is not believed.

    Args:
        store: Where the budget is kept.
        clock: The time of day, as near as may be to the other machines'.
        runtime: How to wait.
        client_id: Whose budget it is; the keys are within it.
        budget: How many calls each key may make in a window, from 1.
        window: Seconds, above 0.
        slack: Seconds between a permit and the moment at which the server has received the call, differences
            of clocks included; at least 0.
    """

    def __init__(
        self,
        store: AsyncStateStore,
        *,
        clock: Clock,
        runtime: Runtime,
        client_id: str,
        budget: int = CALLS_PER_WINDOW,
        window: float = WINDOW_SECONDS,
        slack: float = SLACK_SECONDS,
    ) -> None:
        self._rules = rules(budget=budget, window=window, slack=slack)
        self._store = store
        self._clock = clock
        self._runtime = runtime
        self._client_id = client_id
        self._alone = WindowLimiter(clock=clock, runtime=runtime, budget=budget, window=window)
        self.forked()
        tell_of_forks(self)

    def forked(self) -> None:
        """Begin without anything owed: the parent stores what its calls changed."""
        self._guard = threading.Lock()  # never held across an await
        self._owed: dict[str, tuple[Change, ...]] = {}

    async def acquire(self, key: str, *, patience: float) -> Permit:
        """Wait until one more call under `key` is within the budget, and take it.

        Raises:
            NoRoom: If it cannot be had within the patience; then at once, as soon as that is known.
            TimeoutError: If the patience ended while others changed the budget all the time.
        """
        give_up = self._clock.monotonic() + patience
        try:
            return await self._acquire(key, give_up)
        except DocumentUnreadable:
            pass
        permit = await self._alone.acquire(key, patience=max(0.0, give_up - self._clock.monotonic()))
        return _PermitOfItsOwn(permit.key, permit.until)

    async def _acquire(self, key: str, give_up: float) -> Permit:
        place, wait = await self._update(key, partial(self._take, give_up=give_up), give_up=give_up)
        try:
            while wait > 0:
                await self._runtime.sleep(wait / 1000)
                begin = partial(self._begin, place=place, give_up=give_up)
                place, wait = await self._update(key, begin, give_up=give_up)
        except GeneratorExit:  # the coroutine was dropped: nothing can be awaited any more
            raise
        except BaseException:
            await self._tell(key, lambda window, now: self._rules.leave(window, place, now=now))
            raise
        return Permit(key, self._rules.counts_until(place.start) / 1000)

    async def release(self, permit: Permit) -> None:
        """Say that the call has ended; it counts from now if that is later than was assumed."""
        if isinstance(permit, _PermitOfItsOwn):
            await self._alone.release(permit)
            return
        rules, until, at = self._rules, round(permit.until * 1000), self._now()
        if at + rules.window > until:
            await self._tell(permit.key, lambda window, now: rules.ended(window, until=until, at=at, now=now))

    async def hold_off(self, key: str, *, seconds: float) -> None:
        """Let nobody call under `key` for `seconds`."""
        await self._alone.hold_off(key, seconds=seconds)
        until = self._now() + math.ceil(seconds * 1000) + 1  # since now was rounded down
        await self._tell(key, lambda window, now: self._rules.hold_off(window, until=until, now=now))

    async def usage(self) -> Sequence[Usage]:
        """Return how much of each endpoint's budget is used now, in the order of endpoints; nothing is taken.

        A budget that cannot be read is left out.
        """
        prefix, now = _prefix_of(self._client_id), self._now()
        used: list[Usage] = []
        for found in await self._store.scan(prefix, NOBODY):
            with suppress(DocumentUnreadable):  # of a newer version; this process keeps its own then
                window = self._rules.at(_window_in(found.key, found.document) or EMPTY, now)
                used.append(
                    Usage(
                        endpoint=found.key.removeprefix(prefix),
                        counted=len(window.ends),
                        waiting=len(window.waiting),
                        budget=self._rules.budget,
                        closed_seconds=max(0, window.closed_until - now) / 1000,
                    )
                )
        return sorted(used, key=lambda each: each.endpoint)

    def _now(self) -> int:
        return (self._clock.now() - _EPOCH) // _MILLISECOND

    def _latest(self, now: int, give_up: float) -> float:
        # Patience is measured on the clock that nobody sets.
        return now + max(0.0, give_up - self._clock.monotonic()) * 1000

    def _take(self, window: Window, now: int, *, give_up: float) -> tuple[Window, tuple[Place, int]]:
        """Take a place; return it with the milliseconds until it may begin."""
        window, place = self._rules.take(window, now=now)
        if place.start > self._latest(now, give_up):
            raise NoRoom(place.start - now)
        return window, (place, place.start - now)

    def _begin(
        self, window: Window, now: int, *, place: Place, give_up: float
    ) -> tuple[Window, tuple[Place, int]]:
        begun, place = self._rules.begin(window, place, now=now)
        if place.start > self._latest(now, give_up):
            raise NoRoom(place.start - now)
        # That time went by is seen by all; it is no reason to write.
        changed = begun != self._rules.at(window, now)
        return begun if changed else window, (place, place.start - now)

    async def _tell(self, key: str, change: Change) -> None:
        """Carry out a change that must not be lost, even if the caller is cancelled or the store fails."""
        with self._guard:
            self._owed[key] = (*self._owed.get(key, ()), change)

        async def pay() -> None:
            give_up = self._clock.monotonic() + _TELLING_SECONDS
            # Whatever the store raises: the call has an outcome of its own, which an error of the bookkeeping
            # must not replace. The next call of this process tries again, and lets the error out.
            with suppress(Exception):
                await self._update(key, lambda window, _: (window, None), give_up=give_up)

        await self._runtime.to_end(pay)

    async def _update(
        self, key: str, change: Callable[[Window, int], tuple[Window, T]], *, give_up: float
    ) -> T:
        """Change a window, and pay what is owed to it, again and again until nobody came in between.

        Raises:
            TimeoutError: If others came in between until the patience ended.
            DocumentUnreadable: If a newer version of this package wrote it; what is owed is forgotten.
        """
        document = limit_key(self._client_id, key)
        longest = _FIRST_PAUSE_SECONDS
        while True:
            with self._guard:
                owed = self._owed.get(key, ())
            found = (await self._store.read(NOBODY, [document])).get(document)
            now = self._now()
            try:
                before = _window_in(document, found)
            except DocumentUnreadable:
                self._paid(key, owed)
                raise
            window = before or EMPTY
            for each in owed:
                window = each(window, now)
            window, result = change(window, now)
            write = CALLS_SCHEMA.write(document, found, _calls_of(window))
            if window == before or await self._store.commit(NOBODY, [write]):
                self._paid(key, owed)
                return result
            pause = self._runtime.random() * longest
            if self._clock.monotonic() + pause > give_up:
                raise TimeoutError("the budget of calls is being changed by others all the time")
            await self._runtime.sleep(pause)
            longest = min(2 * longest, _LONGEST_PAUSE_SECONDS)

    def _paid(self, key: str, changes: tuple[Change, ...]) -> None:
        with self._guard:
            owed = tuple(each for each in self._owed.pop(key, ()) if each not in changes)
            if owed:
                self._owed[key] = owed


def _calls_of(window: Window) -> Calls:
    return Calls(
        ends=_packed(window.ends),
        numbers=_packed(place.number for place in window.waiting),
        starts=_packed(place.start for place in window.waiting),
        closed_until=window.closed_until,
        asked=window.asked,
    )


def _window_in(key: str, found: Versioned | None) -> Window | None:
    """Return a stored window; None if it is damaged.

    Raises:
        DocumentUnreadable: If a newer version of this package wrote it.
    """
    if found is None:
        return EMPTY
    try:
        calls = CALLS_SCHEMA.load(key, found.body)
        places = zip(_unpacked(calls.numbers), _unpacked(calls.starts), strict=True)
        return Window(
            ends=_unpacked(calls.ends),
            waiting=tuple(starmap(Place, places)),
            closed_until=calls.closed_until,
            asked=calls.asked,
        )
    except DocumentUnreadable as error:
        if error.reason != DAMAGED:
            raise
    except ValueError:
        pass
    return None


def _packed(rising: Iterable[int]) -> str:
    return " ".join(str(after - before) for before, after in pairwise((0, *rising)))


def _unpacked(text: str) -> tuple[int, ...]:
    differences = [int(each) for each in text.split()]
    if any(each < 0 for each in differences):
        raise ValueError(text)
    return tuple(accumulate(differences))
