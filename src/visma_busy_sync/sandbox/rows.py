"""Which rows a list holds, and in which order: what the profile hides, ``$filter`` and ``$orderby``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from visma_busy_sync.sandbox.company import Record
from visma_busy_sync.sandbox.profile import Profile
from visma_busy_sync.sandbox.query import (
    Condition,
    Kind,
    Order,
    Value,
    bad,
    comparable,
    parse_filter,
    parse_order,
)
from visma_busy_sync.sandbox.schema import Resource
from visma_busy_sync.sandbox.shown import drawn, shown

DRAFT: Final = 1


@dataclass(frozen=True, slots=True)
class _Ended:
    """What tells finished and inactive records of a resource: a member and its value there."""

    member: str
    kind: Kind
    value: Value

    def fits(self, record: Record) -> bool:
        return comparable(self.kind, record.get(self.member)) == self.value


_ENDED: Final[Mapping[str, _Ended]] = {
    "projects": _Ended("Status", "number", 2),
    "customers": _Ended("IsActive", "boolean", False),
    "articles": _Ended("IsActive", "boolean", False),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """What a query chooses from a resource under a profile."""

    resource: Resource
    profile: Profile
    condition: Condition | None
    order: Order | None

    def rows(self, stored: Iterable[Record], turn: int) -> list[Record]:
        """Return the rows in their order, as answers show them; ``turn`` decides how they are shuffled."""
        rows = [shown(self.resource.path, row, self.profile) for row in stored if self._lists(row)]
        if self.condition is not None:
            rows = [row for row in rows if self.condition.keeps(row)]
        return self._unordered(rows, turn) if self.order is None else self.order(rows)

    def _lists(self, row: Record) -> bool:
        if self.resource.path == "orders":
            return self.profile.drafts_listed or row.get("Status") != DRAFT
        ended = _ENDED.get(self.resource.path)
        if self.profile.inactive_listed or ended is None or not ended.fits(row):
            return True
        return self.condition is not None and ended.member in self.condition.reads

    def _unordered(self, rows: Sequence[Record], turn: int) -> list[Record]:
        if self.profile.unordered == "shuffled":
            return sorted(rows, key=lambda row: drawn(f"{turn} {row['Id']}"))
        if self.profile.unordered == "name" and self.resource.schema.member("Name") is not None:
            return parse_order("Name", self.resource.schema)(rows)
        return list(rows)


def _of(resource: Resource, orders: str, others: str) -> str:
    """Return what the switches say for a resource."""
    return orders if resource.path == "orders" and orders != "as_others" else others


def _works(option: str, switch: str) -> bool:
    if switch == "refused":
        bad(f"{option} is not supported here")
    return switch == "work"


def read_choice(options: Mapping[str, str], resource: Resource, profile: Profile) -> Choice:
    """Read ``$filter`` and ``$orderby``.

    Raises:
        ApiFault: 6000 or 6001; one of them is faulty, or is refused by the profile.
    """
    text, keys = options.get("$filter"), options.get("$orderby")
    condition: Condition | None = None
    order: Order | None = None
    if text is not None and _works("$filter", _of(resource, profile.order_filters, profile.filters)):
        condition = parse_filter(text, resource.schema)
        ended = _ENDED.get(resource.path)
        if not profile.inactive_filtered and ended is not None and ended.member in condition.reads:
            bad(f"$filter: '{ended.member}' cannot be filtered on here")
    if keys is not None and _works("$orderby", _of(resource, profile.order_ordering, profile.ordering)):
        order = parse_order(keys, resource.schema)
    return Choice(resource, profile, condition, order)
