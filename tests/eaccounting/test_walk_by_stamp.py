"""Reading along the change stamp, over every way in which a list may be served."""

from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import pytest

from visma_busy_sync.eaccounting import F
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting._resources import AsyncResource, Resource
from visma_busy_sync.eaccounting._walk import Inactive, Manner, Walk, changes, walk, walk_some
from visma_busy_sync.sandbox.profile import Profile

from .drift import BEGIN, Listed, drifting
from .given import Bench, stepped

ENDPOINTS: Final[dict[str, Any]] = {
    "projects": endpoints.PROJECTS,
    "customers": endpoints.CUSTOMERS,
    "articles": endpoints.ARTICLES,
}

LISTED: Final = Manner(inactive=Inactive.LISTED)


def read(listed: Listed, *, size: int = 5, manner: Manner | None = None) -> Walk[Any]:
    bench = Bench(listed, max_retries=0)
    return stepped(walk)(ENDPOINTS[listed.resource], bench.env, page_size=size, manner=manner)


def read_changes(listed: Listed, since: datetime, manner: Manner | None = None) -> Walk[Any] | None:
    bench = Bench(listed, max_retries=0)
    return stepped(changes)(ENDPOINTS[listed.resource], bench.env, since, manner=manner)


def ids(found: Walk[Any]) -> set[str]:
    return {row.id for row in found.rows}


def all_ids(listed: Listed) -> set[str]:
    return {row["Id"] for row in listed.rows}


def filled(count: int, resource: str = "projects", **switches: Any) -> Listed:
    listed = Listed(resource, Profile(**switches))
    for _ in range(count):
        listed.add()
    return listed


def options(listed: Listed, name: str) -> list[str | None]:
    queries = (parse_qs(urlsplit(url).query) for url in listed.requests)
    return [query.get(name, [None])[0] for query in queries]


@pytest.mark.parametrize("resource", ENDPOINTS)
def test_a_long_list_is_read_once_along_its_stamp(resource: str) -> None:
    """From the oldest stamp on, always the first page; offsets only where the end is proven."""
    listed = filled(500, resource)
    found = read(listed, size=100, manner=LISTED)
    assert found.sure
    assert found.all_stamped
    assert found.manner == LISTED
    assert ids(found) == all_ids(listed)
    # By pages it would take eleven. Two are for rows without a stamp.
    assert len(listed.requests) <= (11 if resource == "customers" else 9)
    assert options(listed, "$page").count("1") >= len(listed.requests) - 2
    assert found.server_time == BEGIN + timedelta(seconds=1, milliseconds=500)


def test_thousands_of_rows_take_little_more_than_their_pages() -> None:
    """Half of what two passes take."""
    listed = filled(5000)
    assert read(listed, size=100, manner=LISTED).sure
    assert len(listed.requests) <= 55


def test_a_short_list_is_read_by_pages() -> None:
    """Two passes over one page cost less than a walk."""
    listed = filled(7)
    assert read(listed, size=10, manner=LISTED).sure
    assert len(listed.requests) == 3


@pytest.mark.parametrize("count", [5, 6, 14, 15, 16])
@pytest.mark.parametrize("older", [0, 3, 7])
def test_rows_that_share_a_stamp_and_fill_pages_are_all_read(count: int, older: int) -> None:
    """As after an import of many rows at once."""
    listed = filled(older)
    for _ in range(count):
        listed.add(tie=True)
    for _ in range(older):
        listed.add()
    found = read(listed)
    assert found.sure
    assert ids(found) == all_ids(listed)


def test_rows_without_a_stamp_are_read_too() -> None:
    """The API says that customers may have none; what changed cannot be read then."""
    listed = filled(20, "customers")
    for _ in range(8):
        listed.add(stamped=False)
    found = read(listed)
    assert found.sure
    assert ids(found) == all_ids(listed)
    assert not found.all_stamped
    assert "ChangedUtc eq null" in options(listed, "$filter")


@pytest.mark.parametrize("switches", [{"filters": "refused"}, {"ordering": "refused"}])
def test_a_refusal_leads_to_pages_and_is_told_for_the_next_time(switches: dict[str, Any]) -> None:
    """So the next reading does not ask again."""
    listed = filled(40, **switches)
    found = read(listed, size=10)
    assert found.sure
    assert ids(found) == all_ids(listed)
    assert found.manner == Manner(by_stamp=False)
    listed.requests.clear()
    again = read(listed, size=10, manner=found.manner)
    assert again.sure
    assert set(options(listed, "$orderby")) == {None}


@pytest.mark.parametrize("switches", [{"filters": "ignored"}, {"ordering": "ignored"}])
def test_what_is_ignored_in_silence_is_found_out(switches: dict[str, Any]) -> None:
    """By rows that are out of order, or older than asked for."""
    listed = filled(40, **switches)
    found = read(listed, size=10)
    assert found.sure
    assert ids(found) == all_ids(listed)
    assert found.manner == Manner(by_stamp=False)


def test_an_order_that_is_ignored_is_found_out_where_the_rows_happen_to_rise() -> None:
    """Rows 1 and 2 of a page rise, the third, on the next page, is older: it would never be seen."""
    listed = filled(3, ordering="ignored")
    for row, second in zip(listed.rows, (1, 5, 3), strict=True):
        row["ModifiedUtc"] = f"2026-03-31T11:00:0{second}Z"
    found = read(listed, size=2)
    assert found.sure
    assert ids(found) == all_ids(listed)
    assert found.manner == Manner(by_stamp=False)


@pytest.mark.parametrize("resource", ENDPOINTS)
@pytest.mark.parametrize("count", [4, 40])
def test_rows_that_lists_hide_are_asked_for(resource: str, count: int) -> None:
    """Finished projects, customers and articles not in use: all projects are imported."""
    listed = filled(count, resource, inactive_listed=False)
    for _ in range(count):
        listed.add(active=False)
    found = read(listed, size=10)
    assert found.sure
    assert ids(found) == all_ids(listed)
    assert found.manner.inactive is Inactive.HIDDEN
    listed.requests.clear()
    again = read(listed, size=10, manner=found.manner)
    assert again.sure
    assert ids(again) == all_ids(listed)


@pytest.mark.parametrize("switches", [{"filters": "refused"}, {"filters": "ignored"}])
def test_rows_that_cannot_be_asked_for_are_told(switches: dict[str, Any]) -> None:
    """Whether there are any is unknown; a list that shows one leaves no doubt."""
    assert read(filled(4, **switches)).inactive_unknown
    listed = filled(4, **switches)
    listed.add(active=False)
    assert not read(listed).inactive_unknown


def test_a_filter_that_is_refused_later_is_found_out_anew() -> None:
    """What was remembered may be out of date."""
    listed = filled(4, filters="refused")
    found = read(listed, manner=Manner(inactive=Inactive.HIDDEN))
    assert found.sure
    assert found.inactive_unknown
    assert found.manner.inactive is Inactive.UNKNOWN


def test_what_changed_takes_one_request() -> None:
    """Where one page has it all."""
    listed = filled(300)
    moment = listed.now
    changed = [listed.add()["Id"], listed.rows[17]["Id"]]
    listed.touch(listed.rows[17])
    found = read_changes(listed, moment + timedelta(microseconds=1))
    assert found is not None
    assert ids(found) == set(changed)
    assert len(listed.requests) == 1


def test_nothing_changed_takes_one_request() -> None:
    """The most frequent answer."""
    listed = filled(300)
    found = read_changes(listed, listed.now + timedelta(seconds=1))
    assert found is not None
    assert found.rows == ()
    assert found.server_time == listed.now
    assert len(listed.requests) == 1


def test_many_changes_are_read_along_the_stamp() -> None:
    """After a long pause."""
    listed = filled(900)
    found = read_changes(listed, BEGIN)
    assert found is not None
    assert ids(found) == all_ids(listed)


def test_changes_of_rows_that_lists_hide_are_read() -> None:
    """A project that was finished must come archived."""
    listed = filled(30, inactive_listed=False)
    moment = listed.now + timedelta(microseconds=1)
    listed.switch(listed.rows[3], active=False)
    listed.touch(listed.rows[3])
    found = read_changes(listed, moment, Manner(inactive=Inactive.HIDDEN))
    assert found is not None
    assert ids(found) == {listed.rows[3]["Id"]}


@pytest.mark.parametrize(
    "switches", [{"filters": "refused"}, {"filters": "ignored"}, {"ordering": "refused"}], ids=str
)
def test_changes_that_the_server_cannot_tell_are_not_made_up(switches: dict[str, Any]) -> None:
    """None: then the whole list is to be read."""
    listed = filled(30, **switches)
    assert read_changes(listed, BEGIN + timedelta(milliseconds=20)) is None
    assert read_changes(listed, BEGIN, Manner(by_stamp=False)) is None


def test_a_list_without_stamp_has_no_changes() -> None:
    """Units tell not when they changed."""
    bench = Bench(Listed("units", Profile()))
    assert stepped(changes)(endpoints.UNITS, bench.env, BEGIN) is None


SCHEDULES: Final = 5500
SWITCHES: Final[dict[str, tuple[Any, ...]]] = {
    "filters": ("work", "refused", "ignored"),
    "ordering": ("work", "refused", "ignored"),
    "inactive_listed": (True, False),
    "inactive_filtered": (True, False),
    "totals": ("right", "short", "long", "zero"),
    "empty_page": (0, 2, 3),
    "paging": ("work", "ignored"),
    "stamps": ("told", "some_null", "null"),
    "unordered": ("insertion", "name", "shuffled"),
    "stamp_precision": ("ticks", "milliseconds", "seconds"),
    "page_cap": (1000, 5),
    "naming": ("pascal", "camel"),
}


@pytest.mark.parametrize("part", range(20))
def test_nothing_that_stays_is_missed_in_a_sure_reading(part: int) -> None:
    """Whatever comes, goes and changes between the pages, and however the list is served.

    But for a list that hides a page and counts as if it were not there: it cannot be told from a shorter one.
    """
    for seed in range(part * SCHEDULES // 20, (part + 1) * SCHEDULES // 20):
        chance = random.Random(seed)
        # As served by default in half of all things, so that combinations stay near to what may be real.
        chosen = {name: chance.choice((ways[0],) * len(ways) + ways) for name, ways in SWITCHES.items()}
        if chosen["totals"] == "short":
            chosen["empty_page"] = 0
        listed = drifting(seed, chance.choice(list(ENDPOINTS)), Profile(**chosen), rows=20, changes=4)
        found = read(listed, size=chance.randint(4, 6))
        missed = listed.always - ids(found)
        assert not (found.sure and missed), f"seed {seed}: {chosen} misses {missed}"


@pytest.mark.parametrize("count", [3, 250])
def test_a_list_of_the_client_is_walked_in_both_shells(count: int) -> None:
    """Once with all that is not in use, and then in the manner that was found out."""
    listed = filled(count, "customers", inactive_listed=False)
    listed.switch(listed.rows[0], active=False)
    blocking = Resource(endpoints.CUSTOMERS, Bench(listed, max_retries=0).env).walk()
    assert blocking.sure
    assert ids(blocking) == all_ids(listed)
    assert blocking.manner.inactive is Inactive.HIDDEN
    before = len(listed.requests)
    awaited = asyncio.run(
        AsyncResource(endpoints.CUSTOMERS, Bench(listed, max_retries=0).env).walk(manner=blocking.manner)
    )
    assert ids(awaited) == ids(blocking)
    assert len(listed.requests) - before < before


@pytest.mark.parametrize("filters", ["work", "refused", "ignored"])
@pytest.mark.parametrize("ordering", ["work", "refused", "ignored"])
def test_some_rows_of_a_list_are_read_surely_and_never_too_few(filters: str, ordering: str) -> None:
    """A filter that is refused or ignored costs reading, and deceives nobody."""
    listed = filled(40, filters=filters, ordering=ordering)
    since = sorted(str(row["ModifiedUtc"]) for row in listed.rows)[30]
    wanted = {row["Id"] for row in listed.rows if str(row["ModifiedUtc"]) >= since}
    bench = Bench(listed, max_retries=0)
    where = F.ge("ModifiedUtc", datetime.fromisoformat(since))
    found = stepped(walk_some)(endpoints.PROJECTS, bench.env, where, page_size=10)
    assert found.sure
    assert ids(found) >= wanted
    assert (ids(found) == wanted) == (filters == "work")
