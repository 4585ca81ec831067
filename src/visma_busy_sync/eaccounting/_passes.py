"""Passes over the pages of a list by their numbers.

Pages are read until nothing new comes. Rows may come and go while pages are read, so one pass is never
proof: one deletion and one insertion between two pages hide a row with all totals right. The answer is
*sure* only after two passes in a row that gave the same ids, none twice and none behind an empty page,
with a total that was the same on each page and equal to their number.

Then the ids are exactly those that the list held between the two passes, given that the totals are honest
and that an id that left does not come back. For each id was there in the first pass and in the second, so
all of them were there in between; and the total leaves no room for another. The order of the rows need not
be known, nor stay the same. What comes or goes during the second pass is for the next reading.

A pass ends with the page that brings nothing, because what Meta says of the last one may be untrue. Only a
pass that with its last page confirms the one before it stops there, if Meta agrees: the page is the last, and
holds fewer rows than was granted and asked for. That saves one request per list and gives away nothing: the
proof above needs the first page's total and the ids only; and the pass before was read to its end, so a Meta
that hides rows behind the last page was found out there, since neither ids nor totals agree then. A first
pass that stopped early would believe Meta alone.

A total that lies, an empty page in the middle, a server that ignores `$page` or grants a smaller page
than asked for make the answer unsure at worst: never an endless loop.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, Generic, TypeVar

from attrs import define, field

from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Page
from visma_busy_sync.eaccounting._execute import Env, execute
from visma_busy_sync.eaccounting._query import Filter
from visma_busy_sync.eaccounting.errors import NotFound, Rejected, UnreadableAnswer
from visma_busy_sync.eaccounting.models import UNSET, Model

M = TypeVar("M", bound=Model)

MOST_PASSES: Final = 4

# After so many pages in a row that bring nothing new, the server's count of pages is not believed any more.
_MOST_BARREN_PAGES: Final = 3

# A million rows. A server whose list never ends must not hold a worker for ever.
MOST_PAGES: Final = 10_000


@define
class Pass(Generic[M]):
    """One pass over the pages: feed it each page until `done`.

    Attributes:
        number: The page to read next.
        done: Whether there is none.
        rows: The rows so far, by id.
        totals: The totals that the pages told.
        clean: Whether no row came twice, and none behind an empty page.
        server_time: The server's clock at the first page; None if it did not say.
        latest: The rows of the last page, as they came.
        earlier: The pass before, read to its end; None if there is none to confirm.
    """

    number: int = 1
    done: bool = False
    rows: dict[str, M] = field(factory=dict[str, M])
    totals: set[int | None] = field(factory=set[int | None])
    clean: bool = True
    server_time: datetime | None = None
    latest: tuple[M, ...] = ()
    earlier: Pass[M] | None = None
    _barren: int = 0
    _last: int | None = None

    def feed(self, page: Page[M], *, size: int = PAGE_SIZE) -> list[M]:
        """Take in page `number`, asked for with `size` rows, and return its rows new in this pass.

        Then either `done` is set, or `number` is the next page to read.
        """
        if self.number == 1 and page.meta.server_time_utc is not UNSET:
            self.server_time = page.meta.server_time_utc
        self.totals.add(page.total)
        self.latest = page.rows
        fresh: dict[str, M] = {}
        for row in page.rows:
            id: str = getattr(row, "id")  # noqa: B009 - every listed model has one
            if id not in self.rows:
                fresh[id] = row
            self.rows[id] = row
        # Rows behind a page without any: that page was not what the list held.
        gap = bool(fresh) and self._barren > 0
        self.clean = self.clean and len(fresh) == len(page.rows) and not gap
        self._barren = 0 if fresh else self._barren + 1
        last = page.meta.total_number_of_pages
        self._last = None if last is UNSET else last
        beyond = self._last is None or self.number >= self._last
        self.done = not fresh and (beyond or self._barren >= _MOST_BARREN_PAGES)
        self.done = self.done or (self._is_told_to_be_last(page, size) and self.confirms(self.earlier))
        self.number += 1
        return list(fresh.values())

    def _is_told_to_be_last(self, page: Page[M], size: int) -> bool:
        granted = page.meta.page_size
        return self._last == self.number and granted is not UNSET and len(page.rows) < min(granted, size)

    def ends_with_refusal(self) -> bool:
        """Whether a refusal of page `number` means that the list ended before; then `done` is set.

        Whether the page after the last one is empty or an error is not documented.
        """
        self.done = self.number > 1 and (self._last is None or self.number > self._last)
        return self.done

    def confirms(self, earlier: Pass[M] | None) -> bool:
        """Whether this pass and the one before it prove each other."""
        return (
            earlier is not None
            and self.clean
            and earlier.clean
            and self.rows.keys() == earlier.rows.keys()
            and self.totals == earlier.totals == {len(self.rows)}
        )


def endless(operation: str) -> UnreadableAnswer:
    """Make the error for a list that does not end."""
    reason = f"the list has more than {MOST_PAGES} pages and does not end"
    advice = "Narrow the list by a filter, or report it to the API support."
    return UnreadableAnswer(operation=operation, status=200, reason=reason, advice=advice)


async def next_rows(
    endpoint: Endpoint[M],
    env: Env,
    current: Pass[M],
    *,
    size: int = PAGE_SIZE,
    where: Filter | None = None,
    order_by: str | None = None,
) -> list[M]:
    """Read the next page of a pass that is not `done`, and return its new rows.

    Raises:
        UnreadableAnswer: If the list does not end.
        EAccountingError: If the page cannot be read.
    """
    page = endpoint.page(current.number, size=size, where=where, order_by=order_by)
    if current.number > MOST_PAGES:
        raise endless(page.name)
    try:
        answer = await execute(page, env)
    except (Rejected, NotFound):
        if current.ends_with_refusal():
            return []
        raise
    return current.feed(answer, size=size)


async def confirmed(
    endpoint: Endpoint[M],
    env: Env,
    first: Pass[M],
    *,
    size: int = PAGE_SIZE,
    where: Filter | None = None,
    order_by: str | None = None,
) -> tuple[Pass[M], bool]:
    """Read a list in passes until two of them prove each other, `first` being one that was begun.

    Returns:
        The last pass, with the server's clock of the first one, and whether it is proven.

    Raises:
        EAccountingError: If a page cannot be read; nothing is known then.
    """
    now = first
    for number in range(MOST_PASSES):
        if number:
            now.earlier = None  # else all passes would be kept
            now = Pass(earlier=now)
        while not now.done:
            await next_rows(endpoint, env, now, size=size, where=where, order_by=order_by)
        if now.confirms(now.earlier):
            break
    now.server_time = first.server_time or now.server_time
    return now, now.confirms(now.earlier)
