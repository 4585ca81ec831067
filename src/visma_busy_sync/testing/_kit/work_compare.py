"""What an answer of a `WorkLog` is compared with, and which promise a difference breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias, cast, final

import attrs

from visma_busy_sync.busy import Grouping, Order, Period, Prices, Work
from visma_busy_sync.testing._kit import work_promises as p
from visma_busy_sync.testing._kit.promises import Promise
from visma_busy_sync.testing._kit.stage import shown
from visma_busy_sync.testing._kit.work_books import FEW_DECIMALS, House, Site, cut, reach, utc_day

Wrong: TypeAlias = tuple[Promise, str]
"""A promise that an answer breaks, and what was seen."""

# What is odd in the checks of these alone: there a difference in it breaks them.
_ODD: Final[Mapping[Promise, tuple[type, ...]]] = {
    p.AMOUNTS_EXACT: (Decimal, dict, tuple),
    p.WORK_TEXTS_EXACT: (str,),
}


@final
class Comparison:
    """Compares answers with what people did.

    Args:
        promise: What the check is of.
        houses: What people did, by tenant.
    """

    def __init__(self, promise: Promise, houses: Mapping[str, House]) -> None:
        self._promise = promise
        self._houses = houses
        # What was told right before.
        self._right: dict[object, object] = {}

    def note_right(self, work: Work) -> None:
        """Take down that an answer was right."""
        self._right.update((_name_of(each), each) for each in work.entries)
        self._right.update((_name_of(each), each) for each in work.expenses)

    def wrong(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        """Tell in what an answer differs from what people did; nothing where it does not."""
        house = self._houses[site.tenant]
        books = house.projects[site.project]
        if work.project != books.project:
            yield self._differs("the project", work.project, books.project)
        yield from self._wrong_hours(site, work, period)
        yield from self._wrong_costs(site, work, period)
        yield from self._wrong_terms("prices", work.prices, books.prices, self._other_prices(site))
        others = [each.settings for tenant, each in self._houses.items() if tenant != site.tenant]
        yield from self._wrong_terms("settings", work.settings, house.settings, others)
        yield from self._wrong_references(site, work)
        yield from self._foreign(site, work)

    def _wrong_hours(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        booked = self._houses[site.tenant].projects[site.project].entries
        seen = {each.id: each for each in work.entries}
        yield from self._made_up("hours", seen, booked, site)
        for id, wanted in booked.items():
            day = utc_day(wanted)
            if id in seen and seen[id] != wanted:
                yield self._differs("hours", seen[id], wanted)
            elif id not in seen and day in reach(period):
                inside = period.first < day < period.last
                promise = p.WORK_AS_BOOKED if inside else p.HOURS_OF_THE_EDGES
                days = f"{period.first} to {period.last}"
                yield promise, f"hours that began on {wanted.start} are not in the work of {days}"

    def _wrong_costs(self, site: Site, work: Work, period: Period) -> Iterator[Wrong]:
        books = self._houses[site.tenant].projects[site.project]
        hours = {each.id for each in work.entries}
        seen = {each.id: each for each in work.expenses}
        yield from self._made_up("costs", seen, books.costs, site)
        for id, wanted in books.costs.items():
            if id in seen and seen[id] != wanted:
                yield self._differs("a cost", seen[id], wanted)
            elif wanted.entry is None and wanted.date in period and id not in seen:
                days = f"{period.first} to {period.last}"
                yield p.COSTS_BY_THEIR_DAY, f"a cost of {wanted.date} is not in the work of {days}"
            elif wanted.entry is not None and (wanted.entry in hours) != (id in seen):
                how = "without its hours" if id in seen else "missing, and its hours are there"
                yield p.COSTS_WITH_THEIR_HOURS, f"a cost of {wanted.date} on hours is {how}"

    def _made_up(
        self, what: str, seen: Mapping[str, object], booked: Mapping[str, object], site: Site
    ) -> Iterator[Wrong]:
        for id in seen.keys() - booked.keys():
            elsewhere = any(
                id in other.entries or id in other.costs
                for house in self._houses.values()
                for other in house.projects.values()
            )
            of = "of another project or tenant" if elsewhere else "that nobody booked"
            promise = p.WORK_APART if elsewhere else p.WORK_AS_BOOKED
            yield promise, f"the work on the project {site.project!r} has {what} {of}: {id!r}"

    def _other_prices(self, site: Site) -> Sequence[Prices | None]:
        return [
            books.prices
            for tenant, house in self._houses.items()
            for id, books in house.projects.items()
            if (tenant, id) != (site.tenant, site.project)
        ]

    def _wrong_terms(
        self, what: str, seen: object, wanted: object, others: Sequence[object]
    ) -> Iterator[Wrong]:
        if wanted is not None and seen != wanted:
            if seen in others:
                yield p.WORK_APART, f"the {what} are those of another project or tenant"
            else:
                yield self._differs(f"the {what}", seen, wanted)

    def _wrong_references(self, site: Site, work: Work) -> Iterator[Wrong]:
        house = self._houses[site.tenant]
        books = house.projects[site.project]
        types = {each.work_type for each in work.entries} | {each.work_type for each in work.expenses}
        products = {each.product for each in work.expenses}
        products |= {
            house.work_types[each.work_type].product
            for each in work.expenses
            if each.product is None and each.work_type in house.work_types
        }
        wanted: list[tuple[str, set[str | None], Mapping[str, object], Sequence[Any]]] = [
            ("work type", types, house.work_types, work.work_types),
            ("product", products, house.products, work.products),
        ]
        if work.project.allows_several_customers:
            customers = {each.customer for each in work.entries}
            customers |= {each.customer for each in work.expenses}
            wanted.append(("customer", customers, house.customers, work.customers))
        if work.settings.grouping is Grouping.TASK:
            wanted.append(("task", {each.task for each in work.entries}, books.tasks, work.tasks))
        if work.settings.names_in_texts:
            wanted.append(("member", {each.member for each in work.entries}, house.members, work.members))
        for what, ids, known, told in wanted:
            seen = {each.id: each for each in told}
            for id in ids & known.keys():
                if id not in seen:
                    yield p.ALL_THAT_BILLS_IT, f"a {what} is missing that hours or costs refer to: {id!r}"
                elif seen[id] != known[cast("str", id)]:
                    yield self._differs(f"a {what}", seen[id], known[cast("str", id)])

    def _foreign(self, site: Site, work: Work) -> Iterator[Wrong]:
        """Tell what is another tenant's, and tasks of another project."""
        mine = self._houses[site.tenant]
        for tenant, house in self._houses.items():
            pairs: list[tuple[str, Sequence[Any], Mapping[str, object], Mapping[str, object]]] = [
                (f"tasks of {id}", work.tasks, books.tasks, mine.projects[site.project].tasks)
                for id, books in house.projects.items()
            ]
            if tenant != site.tenant:
                pairs += [
                    ("customers", work.customers, house.customers, mine.customers),
                    ("products", work.products, house.products, mine.products),
                    ("work types", work.work_types, house.work_types, mine.work_types),
                    ("members", work.members, house.members, mine.members),
                ]
            for what, told, theirs, ours in pairs:
                if any(each.id in theirs and each.id not in ours for each in told):
                    yield p.WORK_APART, f"the work on the project {site.project!r} has {what} of others"

    def _differs(self, what: str, seen: object, wanted: object) -> Wrong:
        fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(wanted)))
        pairs = {each.name: (getattr(seen, each.name), getattr(wanted, each.name)) for each in fields}
        differ = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        told = [f"{name} {one!r} instead of {other!r}" for name, (one, other) in differ.items()]
        promise = p.WORK_AS_BOOKED
        if self._right.get(_name_of(wanted)) == wanted:
            promise = p.READING_CHANGES_NOTHING
            told.append("which was told right before, and nobody changed it")
        elif self._promise in _ODD and all(_is_odd(self._promise, pair) for pair in differ.values()):
            promise = self._promise
        seen = shown(f"{what} told with {', '.join(told)}")
        if all(cut(now, as_given) for now, as_given in differ.values()):
            seen += FEW_DECIMALS
        return promise, seen


def _is_odd(promise: Promise, pair: tuple[object, object]) -> bool:
    # Exactly: words such as an approval are texts too.
    return all(type(each) in _ODD[promise] for each in pair)


def _name_of(value: object) -> object:
    return type(value), getattr(value, "id", None)


def wrong_orders(seen: Sequence[Order], wanted: Sequence[Order]) -> Wrong | None:
    ids, right = [each.id for each in seen], [each.id for each in wanted]
    foreign = sorted(set(ids) - set(right))
    if foreign:
        return p.WORK_APART, f"orders are told that nobody finalised for the tenant: {', '.join(foreign)}"
    lacking = sorted(set(right) - set(ids))
    if lacking:
        return p.ORDERS_AS_FINALISED, f"orders wait and are not told: {', '.join(lacking)}"
    if ids != right:
        return p.ORDERS_ONCE, f"the orders {', '.join(right)} are told as {', '.join(ids)}"
    for one, other in zip(seen, wanted, strict=True):
        if one.revision != other.revision:
            return p.ORDERS_ONCE, f"revision {other.revision} was finalised, and {one.revision} is told"
        # Equal amounts may have other digits; the hash sees what the ledger will compare.
        if one != other or one.content_hash != other.content_hash:
            return p.ORDERS_AS_FINALISED, f"the order {one.id} is told otherwise than it was finalised"
    return None
