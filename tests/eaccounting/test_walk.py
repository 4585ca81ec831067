"""Reading whole lists from a model server that does everything a server may do wrong."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from attrs import define, field
from hypothesis import example, given, settings
from hypothesis import strategies as st

from visma_busy_sync.eaccounting import F
from visma_busy_sync.eaccounting import _endpoints as endpoints
from visma_busy_sync.eaccounting import _passes as walking
from visma_busy_sync.eaccounting._endpoints import Page
from visma_busy_sync.eaccounting._passes import MOST_PASSES, Pass
from visma_busy_sync.eaccounting._resources import AsyncResource, Resource
from visma_busy_sync.eaccounting._walk import Walk, walk
from visma_busy_sync.eaccounting.errors import EAccountingError, NotFound, Rejected, UnreadableAnswer
from visma_busy_sync.eaccounting.http import Request, Response
from visma_busy_sync.eaccounting.models import UNSET, PageMeta, Unit

from .given import Bench, answer, stepped


def id_of(n: int) -> str:
    return str(uuid.UUID(int=n))


@define
class Server:
    """A list of numbered rows in a fixed order, and how it is served.

    Attributes:
        rows: The numbers, in order.
        changes: Before request n, what is inserted (a fraction of the range) and the position deleted.
        cap: The largest page granted.
        page_count, total, page_size: What Meta claims, given the truth; None: the member is missing.
        empty: Pages that come back empty once.
        ignores_page: Always the first page.
        beyond: What the page after the last one gives.
    """

    rows: list[float]
    changes: dict[int, list[tuple[float | None, int | None]]] = field(factory=dict)
    cap: int = 1000
    page_count: Callable[[int], int | None] = lambda n: n
    total: Callable[[int], int | None] = lambda n: n
    empty: frozenset[int] = frozenset()
    ignores_page: bool = False
    beyond: Response | None = None
    page_size: Callable[[int], int | None] = lambda n: n
    requests: int = 0
    first_pages: list[frozenset[float]] = field(factory=list)
    _at_start: list[float] = field(factory=list)

    def __call__(self, request: Request) -> Response:
        self.requests += 1
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}
        number, size = int(query["$page"]), min(int(query["$pagesize"]), self.cap)
        self._change()
        if number == 1:
            self.first_pages.append(frozenset(self.rows))
        pages = -(-len(self.rows) // size)
        if number > max(pages, 1) and self.beyond is not None:
            return self.beyond
        start = 0 if self.ignores_page else (number - 1) * size
        shown = [] if number in self.empty else self.rows[start : start + size]
        meta = {
            "CurrentPage": number,
            "PageSize": self.page_size(size),
            "TotalNumberOfPages": self.page_count(pages),
            "TotalNumberOfResults": self.total(len(self.rows)),
            "ServerTimeUtc": f"2026-03-31T12:00:{self.requests % 60:02}Z",
        }
        return answer(
            200,
            {
                "Meta": {name: value for name, value in meta.items() if value is not None},
                "Data": [{"Id": key(row), "Name": "x"} for row in shown],
            },
        )

    def _change(self) -> None:
        for inserted, deleted in self.changes.get(self.requests, []):
            if deleted is not None and self.rows:
                del self.rows[deleted % len(self.rows)]
            # An id never comes back: a new row is one that never was.
            if inserted is not None and inserted not in self._seen():
                self.rows = sorted([*self.rows, inserted])
            self._at_start += self.rows

    def _seen(self) -> set[float]:
        return {*self._at_start, *self.rows}


def key(row: float) -> str:
    return id_of(round(row * 1_000_000))


def read(server: Server, *, page_size: int = 2) -> Walk[Unit]:
    bench = Bench(server, max_retries=0)
    return stepped(walk)(endpoints.UNITS, bench.env, page_size=page_size)


def ids(found: Walk[Unit]) -> set[str]:
    return {row.id for row in found.rows}


def at_start_of_last_pass(server: Server) -> set[str]:
    return {key(row) for row in server.first_pages[-1]}


@pytest.mark.parametrize("count", range(8))
@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_quiet_list_is_read_surely(count: int, size: int) -> None:
    """Two passes that agree; the server's clock is that of the beginning."""
    server = Server([float(n) for n in range(count)])
    found = read(server, page_size=size)
    assert found.sure
    assert [row.id for row in found.rows] == [key(row) for row in server.rows]
    assert found.server_time is not None
    assert found.server_time.second == 1


CHANGES = st.dictionaries(
    st.integers(1, 20),
    st.lists(
        st.tuples(
            st.none() | st.integers(0, 400).map(lambda n: n / 8 + 0.0625), st.none() | st.integers(0, 40)
        ),
        max_size=3,
    ),
    max_size=10,
)


@given(st.integers(0, 14), CHANGES, st.integers(1, 4))
@settings(max_examples=500)
@example(4, {2: [(99.0625, 0)]}, 2)  # one deleted, one inserted between two pages: totals all right
@example(4, {2: [(99.0625, 0)], 5: [(98.0625, 0)]}, 2)  # again in the second pass
@example(4, {6: [(0.0625, 0)]}, 2)  # exchanged behind the second pass's back
def test_sure_means_all_rows_of_one_moment(
    count: int, changes: dict[int, list[tuple[float | None, int | None]]], size: int
) -> None:
    """Under honest totals: the ids are those that the list held between the last two passes."""
    server = Server([float(n) for n in range(count)], changes)
    found = read(server, page_size=size)
    if found.sure:
        assert ids(found) == at_start_of_last_pass(server)


@given(
    st.integers(0, 14),
    CHANGES,
    st.integers(1, 4),
    st.integers(1, 4),
    st.sampled_from(
        [lambda n: n, lambda n: 0, lambda n: n + 3, lambda n: 10**9, lambda n: None, lambda n: -5]
    ),
    st.sampled_from([lambda n: n, lambda n: 0, lambda n: n + 1, lambda n: n // 2, lambda n: None]),
    st.frozensets(st.integers(1, 6), max_size=5),
    st.booleans(),
    st.sampled_from([None, answer(404), answer(400, {"ErrorCode": 6000}), answer(200, {"Data": []})]),
)
@settings(max_examples=500)
def test_no_server_can_hold_a_reader(
    count: int,
    changes: Any,
    size: int,
    cap: int,
    page_count: Any,
    total: Any,
    empty: frozenset[int],
    ignores_page: bool,
    beyond: Response | None,
) -> None:
    """Lying totals, empty pages, ignored `$page`, small pages, missing Meta, an error after the last page."""
    server = Server(
        [float(n) for n in range(count)], changes, cap, page_count, total, empty, ignores_page, beyond
    )
    try:
        found = read(server, page_size=size)
    except EAccountingError:
        found = None
    inserted = sum(len(batch) for batch in changes.values())
    assert server.requests <= MOST_PASSES * (count + inserted + len(empty) + 5)
    if found is not None and found.sure:
        assert total(len(server.first_pages[-1])) == len(found.rows)
        honest = total(0) == 0 and total(100) == 100
        assert not honest or ids(found) == at_start_of_last_pass(server)


@given(
    st.integers(0, 14),
    st.integers(1, 5),
    st.integers(1, 5),
    st.sampled_from([lambda n: n, lambda n: 1, lambda n: 2, lambda n: n + 1, lambda n: None]),
    st.integers(-1, 14),
    st.sampled_from([lambda n: n, lambda n: n + 1, lambda n: 1000, lambda n: 0, lambda n: None]),
    st.frozensets(st.integers(1, 4), max_size=2),
    st.booleans(),
)
@settings(max_examples=500)
@example(6, 5, 3, lambda n: 1, 3, lambda n: 1000, frozenset(), False)  # "one page of three, with room left"
def test_stopping_early_believes_no_more_than_reading_on(
    count: int,
    size: int,
    cap: int,
    page_count: Any,
    total: int,
    page_size: Any,
    empty: frozenset[int],
    ignores_page: bool,
) -> None:
    """Whatever Meta says of a quiet list: sure only where two passes to the very end would be sure too."""

    def server() -> Server:
        claimed = (lambda n: n) if total < 0 else (lambda _: total)
        return Server(
            [float(n) for n in range(count)],
            cap=cap,
            page_count=page_count,
            total=claimed,
            empty=empty,
            ignores_page=ignores_page,
            page_size=page_size,
        )

    def to_the_end(server: Server) -> Pass[Unit]:
        bench, reading = Bench(server, max_retries=0), Pass[Unit]()
        while not reading.done:
            stepped(walking.next_rows)(endpoints.UNITS, bench.env, reading, size=size)
        return reading

    found, (one, two) = read(server(), page_size=size), (to_the_end(server()) for _ in range(2))
    assert found.sure is two.confirms(one)
    assert ids(found) == two.rows.keys()


@pytest.mark.parametrize(
    ("count", "size", "requests"), [(0, 3, 2), (2, 3, 3), (3, 3, 4), (5, 3, 5), (6, 3, 6)], ids=str
)
def test_only_the_confirming_pass_stops_at_a_last_page_with_room(
    count: int, size: int, requests: int
) -> None:
    """The first pass reads one page past the end, and so does one whose last page is full."""
    server = Server([float(n) for n in range(count)])
    assert read(server, page_size=size).sure
    assert server.requests == requests


@pytest.mark.parametrize(
    "claims",
    [{"page_count": lambda _: None}, {"page_size": lambda _: None}, {"page_count": lambda n: n + 1}],
    ids=["no page count", "no page size", "more pages"],
)
def test_without_metas_word_each_pass_reads_on(claims: dict[str, Any]) -> None:
    """All of it must agree."""
    server = Server([1.0, 2.0], **claims)
    assert read(server, page_size=3).sure
    assert server.requests >= 4


@pytest.mark.parametrize(
    "server",
    [
        Server([1.0, 2.0, 3.0], total=lambda n: n + 1),
        Server([1.0, 2.0, 3.0], total=lambda n: 0),
        Server([1.0, 2.0, 3.0], total=lambda _: None),
        Server([1.0, 2.0, 3.0], empty=frozenset({1})),
        Server([1.0, 2.0, 3.0], ignores_page=True),
        Server([1.0, 2.0, 3.0], empty=frozenset({1}), total=lambda _: 1),
    ],
    ids=["too many", "zero", "missing", "empty page", "page ignored", "empty page in the total"],
)
def test_what_cannot_be_proven_is_unsure(server: Server) -> None:
    """Rows are given all the same; nothing is archived because of them."""
    assert not read(server).sure


def test_a_smaller_page_than_asked_for_is_no_end() -> None:
    """The end is an empty page, never a short one."""
    server = Server([float(n) for n in range(10)], cap=3)
    assert len(read(server, page_size=100).rows) == 10


def test_a_page_count_that_is_too_low_is_not_believed() -> None:
    """Reading goes on until nothing comes."""
    server = Server([float(n) for n in range(10)], page_count=lambda _: 1)
    found = read(server)
    assert found.sure
    assert len(found.rows) == 10


def test_a_page_that_repeats_the_one_before_is_no_end() -> None:
    """As many rows inserted in front as a page holds push all known rows onto the next page."""
    front: list[tuple[float | None, int | None]] = [(-1.0 - n / 8, None) for n in range(2)]
    server = Server([float(n) for n in range(6)], {2: front})
    bench = Bench(server, max_retries=0)
    rows = list(Resource(endpoints.UNITS, bench.env).list())
    assert len(rows) == 6
    bench = Bench(Server([float(n) for n in range(6)], {2: front}), max_retries=0)
    current: Pass[Unit] = Pass()
    while not current.done:
        stepped(walking.next_rows)(endpoints.UNITS, bench.env, current, size=2)
    assert {key(float(n)) for n in range(6)} <= current.rows.keys()
    assert not current.clean


REFUSALS = [answer(404), answer(400, {"ErrorCode": 6000}), answer(404, {"ErrorCode": 3000})]


@pytest.mark.parametrize("refusal", REFUSALS, ids=["404", "6000", "3000"])
@pytest.mark.parametrize("page_count", [lambda n: n, lambda _: None], ids=["count", "no count"])
def test_a_refusal_after_the_last_page_is_the_end(refusal: Response, page_count: Any) -> None:
    """Whether it is an empty page or an error is not documented."""
    server = Server([1.0, 2.0, 3.0], page_count=page_count, beyond=refusal)
    found = read(server)
    assert found.sure
    assert len(found.rows) == 3


@pytest.mark.parametrize("refusal", REFUSALS, ids=["404", "6000", "3000"])
def test_a_refusal_in_the_middle_is_no_end(refusal: Response) -> None:
    """Half a list must not pass for a whole one, neither for `walk` nor for `list`."""
    server = Server([1.0, 2.0, 3.0], page_count=lambda _: 5, beyond=refusal)
    with pytest.raises((Rejected, NotFound)):
        read(server)
    bench = Bench(server, max_retries=0)
    with pytest.raises((Rejected, NotFound)):
        list(Resource(endpoints.UNITS, bench.env).list())


@pytest.mark.parametrize("refusal", [*REFUSALS, answer(503)], ids=["404", "6000", "3000", "503"])
def test_a_refused_first_page_is_an_error(refusal: Response) -> None:
    """Not an empty list."""
    with pytest.raises(EAccountingError):
        stepped(walk)(endpoints.UNITS, Bench(refusal, max_retries=0).env)


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server may make up new rows for ever."""
    monkeypatch.setattr(walking, "MOST_PAGES", 20)
    pages = iter(range(10_000))

    def more(_: Request) -> Response:
        return answer(200, {"Data": [{"Id": id_of(next(pages))}]})

    bench = Bench(more)
    with pytest.raises(UnreadableAnswer, match="does not end"):
        stepped(walk)(endpoints.UNITS, bench.env)
    assert len(bench.script.requests) == 20


def test_a_huge_list_is_read_to_its_end() -> None:
    """The bound on pages is far away: a million rows."""
    assert walking.MOST_PAGES * endpoints.PAGE_SIZE >= 1_000_000


def test_a_list_gives_each_row_once_and_as_it_comes() -> None:
    """Page by page: what is not asked for is not read."""
    server = Server([float(n) for n in range(250)])
    bench = Bench(server)
    rows = iter(Resource(endpoints.UNITS, bench.env).list(where=F.eq("Code", "x"), order_by="Name desc"))
    assert server.requests == 0
    next(rows)
    assert server.requests == 1
    assert 1 + len(list(rows)) == 250
    query = parse_qs(urlsplit(bench.script.requests[-1].url).query)
    assert query == {
        "$page": ["4"],
        "$pagesize": ["100"],
        "$filter": ["Code eq 'x'"],
        "$orderby": ["Name desc"],
    }


@pytest.mark.anyio
async def test_the_asynchronous_list_does_the_same() -> None:
    """Page by page too."""
    server = Server([float(n) for n in range(250)])
    rows = AsyncResource(endpoints.UNITS, Bench(server).env).list()
    assert server.requests == 0
    assert len([row async for row in rows]) == 250
    assert server.requests == 4


def page(*numbers: int, pages: int | None = None, total: int | None = None) -> Page[Unit]:
    return Page(
        tuple(Unit(id=id_of(n)) for n in numbers),  # type: ignore[arg-type]
        PageMeta(
            total_number_of_pages=UNSET if pages is None else pages,
            total_number_of_results=UNSET if total is None else total,
        ),
    )


def test_a_pass_keeps_the_last_version_of_a_row() -> None:
    """One that came twice makes the pass unclean, also within one page."""
    current: Pass[Unit] = Pass()
    assert [row.id for row in current.feed(page(1, 2, 2, pages=2, total=3))] == [id_of(1), id_of(2)]
    assert not current.clean
    assert not current.done
    assert current.number == 2


def test_passes_confirm_each_other_only_if_all_agrees() -> None:
    """Ids, totals, cleanliness."""

    def one(*pages: Page[Unit]) -> Pass[Unit]:
        current: Pass[Unit] = Pass()
        for each in pages:
            current.feed(each)
        return current

    good = one(page(1, 2, total=2))
    assert good.confirms(one(page(2, 1, total=2)))
    assert not good.confirms(None)
    assert not good.confirms(one(page(1, 3, total=2)))
    assert not good.confirms(one(page(1, 2, total=3)))
    assert not good.confirms(one(page(1, total=2), page(2, total=3)))
    assert not good.confirms(one(page(1, 2), page(total=2)))
    assert not good.confirms(one(page(1, 2, 2, total=2)))
