"""Read a whole list, and say how sure the answer is.

Pages are read until one comes back empty, or brings nothing new. Rows may come and go while pages are
read, so one pass is never proof: one deletion and one insertion between two pages hide a row with all
totals right. The answer is *sure* only after two passes in a row that gave the same ids, none twice,
with a total that was the same on each page and equal to their number. A total that lies, an empty page
in the middle, a server that ignores `$page` or grants a smaller page than asked for make the answer
unsure at worst: never an endless loop, never a false *sure*.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Generic, TypeVar

from attrs import define, field, frozen

from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Page
from visma_busy_sync.eaccounting._execute import Env, execute
from visma_busy_sync.eaccounting.errors import Rejected
from visma_busy_sync.eaccounting.models import UNSET, Model

M = TypeVar("M", bound=Model)

_MOST_PASSES: Final = 4
# After so many empty pages in a row the server's count of pages is not believed any more.
_MOST_EMPTY_PAGES: Final = 3


@frozen
class Walk(Generic[M]):
    """A whole list as read.

    Attributes:
        rows: Each row once, as the last pass saw it.
        sure: Whether these are surely all rows that the list held at the end of the reading.
        server_time: The server's clock when the reading began; None if it did not say.
    """

    rows: Sequence[M]
    sure: bool
    server_time: datetime | None


@define
class Pass(Generic[M]):
    """One pass over the pages: feed it each page until `done`."""

    number: int = 1
    done: bool = False
    rows: dict[str, M] = field(factory=dict[str, M])
    totals: set[int | None] = field(factory=set[int | None])
    clean: bool = True
    server_time: datetime | None = None
    _empty: int = 0

    def feed(self, page: Page[M]) -> list[M]:
        """Take in page `number` and return its rows that this pass had not seen.

        Then either `done` is set, or `number` is the next page to read.
        """
        if self.number == 1 and page.meta.server_time_utc is not UNSET:
            self.server_time = page.meta.server_time_utc
        self.totals.add(page.total)
        fresh: list[M] = []
        for row in page.rows:
            id: str = getattr(row, "id")  # noqa: B009 - every listed model has one
            if id not in self.rows:
                fresh.append(row)
            self.rows[id] = row
        self.clean = self.clean and len(fresh) == len(page.rows)
        self._empty = 0 if page.rows else self._empty + 1
        last = page.meta.total_number_of_pages
        beyond = last is UNSET or self.number >= last
        stuck = bool(page.rows) and not fresh
        self.done = stuck or (not page.rows and (beyond or self._empty >= _MOST_EMPTY_PAGES))
        self.number += 1
        return fresh

    def end(self) -> None:
        """Note that the server refused the page after the last one."""
        self.done = True

    def confirms(self, earlier: Pass[M] | None) -> bool:
        """Whether this pass and the one before it prove each other."""
        return (
            earlier is not None
            and self.clean
            and earlier.clean
            and self.rows.keys() == earlier.rows.keys()
            and self.totals == earlier.totals == {len(self.rows)}
        )


async def walk(endpoint: Endpoint[M], env: Env, *, page_size: int = PAGE_SIZE) -> Walk[M]:
    """Read all rows of a list.

    Raises:
        EAccountingError: If a page cannot be read; nothing is known then.
    """
    earlier: Pass[M] | None = None
    server_time: datetime | None = None
    for _ in range(_MOST_PASSES):
        now = await _pass(endpoint, env, page_size)
        server_time = server_time or now.server_time
        if now.confirms(earlier):
            return Walk(tuple(now.rows.values()), sure=True, server_time=server_time)
        earlier = now
    rows = tuple(earlier.rows.values()) if earlier else ()
    return Walk(rows, sure=False, server_time=server_time)


async def _pass(endpoint: Endpoint[M], env: Env, page_size: int) -> Pass[M]:
    current: Pass[M] = Pass()
    while not current.done:
        try:
            page = await execute(endpoint.page(current.number, size=page_size), env)
        except Rejected:
            if current.number == 1:
                raise
            current.end()  # whether the page after the last one is empty or an error is not documented
        else:
            current.feed(page)
    return current
