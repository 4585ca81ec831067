"""What became of a company's orders, also of those that are gone; and which of them lists do not show yet.

The records show what is there now, and the journal what was asked. Neither tells how often an order was made
where answers were lost and orders deleted.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from visma_busy_sync.sandbox.journal import ENTRIES_KEPT
from visma_busy_sync.sandbox.jsontext import Json
from visma_busy_sync.sandbox.profile import Profile

Event: TypeAlias = Literal["created", "changed", "converted", "shipped", "invoiced", "deleted"]
By: TypeAlias = Literal["api", "person"]
_Order: TypeAlias = Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Happening:
    """One event.

    Attributes:
        sequence: counts the company's events from 1.
        time: when, to the microsecond.
        event: what happened.
        by: who did it: a client of the API, or a person in eAccounting.
        order: the order right after it, or as it was when it was deleted.
        former_id: the id that the order had before, if a conversion gave it another one.
    """

    sequence: int
    time: datetime
    event: Event
    by: By
    order: _Order
    former_id: str | None

    def as_json(self) -> Mapping[str, Json]:
        """Return the event as the control endpoint shows it."""
        return {
            "sequence": self.sequence,
            "time": self.time.isoformat(timespec="microseconds"),
            "event": self.event,
            "by": self.by,
            "id": self.order["Id"],
            "former_id": self.former_id,
            "order": self.order,
        }


@dataclass(slots=True)
class OrderHistory:
    """The events of one company, oldest first, the last 20,000; ``sequence`` is how many there were.

    ``arrivals`` are the orders that came through the API: when, and how many list requests there had been.
    """

    entries: deque[Happening] = field(default_factory=lambda: deque(maxlen=ENTRIES_KEPT))
    sequence: int = 0
    lists: int = 0
    arrivals: dict[str, tuple[datetime, int]] = field(default_factory=dict[str, tuple[datetime, int]])

    def note(
        self, event: Event, by: By, order: _Order, now: datetime, *, former_id: str | None = None
    ) -> None:
        """Write an event down."""
        self.sequence += 1
        self.entries.append(Happening(self.sequence, now, event, by, order, former_id))
        key = _key(order)
        if event == "created" and by == "api":
            self.arrivals[key] = (now, self.lists)
        elif event == "deleted":
            self.arrivals.pop(key, None)
        elif former_id is not None and former_id.lower() in self.arrivals:
            self.arrivals[key] = self.arrivals.pop(former_id.lower())

    def listed(self, orders: Iterable[_Order], profile: Profile, now: datetime) -> list[_Order]:
        """Return the orders that a list shows by now, and count the request for it."""
        shown = [order for order in orders if not self.is_late(order, profile, now)]
        self.lists += 1
        return shown

    def is_late(self, order: _Order, profile: Profile, now: datetime) -> bool:
        """Tell whether an order that is stored is not to be seen yet."""
        arrival = self.arrivals.get(_key(order))
        if arrival is None:
            return False
        time, lists = arrival
        waited_long = now - time >= timedelta(seconds=profile.appears_after_seconds)
        return not waited_long or self.lists - lists < profile.appears_after


def _key(order: _Order) -> str:
    return str(order["Id"]).lower()
