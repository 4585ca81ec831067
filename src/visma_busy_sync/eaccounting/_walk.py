"""Read a whole list, and say how sure the answer is.

Pages are read until nothing new comes. Rows may come and go while pages are read, so one pass is never
proof: one deletion and one insertion between two pages hide a row with all totals right. The answer is
*sure* only after two passes in a row that gave the same ids, none twice and none behind an empty page,
with a total that was the same on each page and equal to their number.

Then the ids are exactly those that the list held between the two passes, given that the totals are
honest, that an id that left does not come back, and that rows keep their order. For no read row left
before the second pass read it again; so a row that was there all through the first pass could never slip
from an unread page to a read one, and would have been seen; and the total leaves no room for another.
What comes or goes during the second pass is for the next reading.

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

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen

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


@frozen
class Walk(Generic[M]):
    """A whole list as read.

    Attributes:
        rows: Each row once, as the last pass saw it.
        sure: Whether these are all rows that the list held between the last two passes.
        server_time: The server's clock when the reading began; None if it did not say.
    """

    rows: Sequence[M]
    sure: bool
    server_time: datetime | None


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
        earlier: The pass before, read to its end; None if there is none to confirm.
    """

    number: int = 1
    done: bool = False
    rows: dict[str, M] = field(factory=dict[str, M])
    totals: set[int | None] = field(factory=set[int | None])
    clean: bool = True
    server_time: datetime | None = None
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
        reason = f"the list has more than {MOST_PAGES} pages and does not end"
        advice = "Narrow the list by a filter, or report it to the API support."
        raise UnreadableAnswer(operation=page.name, status=200, reason=reason, advice=advice)
    try:
        answer = await execute(page, env)
    except (Rejected, NotFound):
        if current.ends_with_refusal():
            return []
        raise
    return current.feed(answer, size=size)


async def walk(endpoint: Endpoint[M], env: Env, *, page_size: int = PAGE_SIZE) -> Walk[M]:
    """Read all rows of a list.

    Raises:
        EAccountingError: If a page cannot be read; nothing is known then.
    """
    earlier: Pass[M] | None = None
    server_time: datetime | None = None
    for _ in range(MOST_PASSES):
        now: Pass[M] = Pass(earlier=earlier)
        while not now.done:
            await next_rows(endpoint, env, now, size=page_size)
        server_time = server_time or now.server_time
        if now.confirms(earlier):
            return Walk(tuple(now.rows.values()), sure=True, server_time=server_time)
        now.earlier = None  # else all passes would be kept
        earlier = now
    rows = tuple(earlier.rows.values()) if earlier else ()
    return Walk(rows, sure=False, server_time=server_time)
