"""A reading along the change stamp: always the first page of what changed at or after the last stamp seen.

Rows come ordered by their stamp, and a row that changes gets a later one. So a row that stays in the list is
either on the page that is read, or ahead: none can slip back behind the reading, whatever comes, goes or
changes meanwhile. One pass is enough.

Rows that share one stamp and fill more than a page are read on with `$page` within the same filter until a
later stamp comes, and once more: such pages have an offset, so only two readings that agree are believed.

None of this is believed on the server's word. A row out of order or older than asked for shows that order
or filter are ignored; an end where the total says otherwise shows that Meta or the filter lies. Then the
reading has failed, and says so.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Generic, TypeVar

from attrs import define, field

from visma_busy_sync.eaccounting._endpoints import PAGE_SIZE, Endpoint, Stamp
from visma_busy_sync.eaccounting._execute import Env
from visma_busy_sync.eaccounting._passes import MOST_PAGES, MOST_PASSES, Pass, endless, next_rows
from visma_busy_sync.eaccounting._query import F, Filter
from visma_busy_sync.eaccounting.models import Model

M = TypeVar("M", bound=Model)

# Nothing is older, and the narrowest date type of SQL Server can hold it. It keeps rows without stamp out.
EARLIEST: Final = datetime(1753, 1, 1, tzinfo=UTC)


@define
class Keyset(Generic[M]):
    """One reading along the stamp: feed it the pages of `pages` until `done` or `failed`.

    Attributes:
        stamp: The stamp of the rows.
        since: The last stamp seen; all rows before it were read.
        pages: The pages of what changed at or after it.
        rows: The rows so far, by id.
        done: Whether the end was reached, and proven.
        failed: Whether the end could not be proven.
        contradicted: Whether that is so because the server ignores order or filter.
        believes_meta: Whether a page that has all rows that there are, as Meta says, is the end.
        oldest: The first stamp that was read; None before.
    """

    stamp: Stamp
    since: datetime = EARLIEST
    pages: Pass[M] = field(factory=Pass[M])
    rows: dict[str, M] = field(factory=dict[str, M])
    done: bool = False
    failed: bool = False
    contradicted: bool = False
    believes_meta: bool = False
    oldest: datetime | None = None
    _latest: datetime = field(init=False)
    _tie: frozenset[str] | None = None
    _readings: int = 0

    def __attrs_post_init__(self) -> None:
        self._latest = self.since

    def take(self) -> None:
        """Take in the page that `pages` was fed last."""
        for row in self.pages.latest:
            moment = self.stamp.of(row)
            if moment is None or moment < self._latest:
                self.failed = self.contradicted = True
                return
            self._latest = moment
            self.oldest = self.oldest or moment
        if self.believes_meta and self.pages.totals == {len(self.pages.rows)}:
            self.rows |= self.pages.rows
            self.done = True
        elif self._latest > self.since or self.pages.done:
            self._finish()

    def _finish(self) -> None:
        """Go on behind the last stamp, or end; if that is not proven, have the pages read again."""
        pages, moves = self.pages, self._latest > self.since
        self.rows |= pages.rows
        whole = self._is_of_one_moment() or self._agrees()
        if whole and moves:
            self._readings, self._tie = 0, None
        elif whole and pages.clean and pages.totals == {len(pages.rows)}:
            self.done = True
        else:
            self._readings += 1
            self.failed = self._readings == MOST_PASSES
            self._latest = self.since
        self.since, self.pages = self._latest, Pass()

    def _is_of_one_moment(self) -> bool:
        """Whether the first page has all rows of the stamp `since`."""
        first, second = self.pages.number == 2, self.pages.number == 3
        return first or (second and self.pages.done and not self.pages.latest)

    def _agrees(self) -> bool:
        """Whether the rows of the stamp `since` are the same ones as before."""
        tie = frozenset(id for id, row in self.pages.rows.items() if self.stamp.of(row) == self.since)
        before, self._tie = self._tie, tie
        return self.pages.clean and tie == before


async def along_stamp(
    endpoint: Endpoint[M],
    env: Env,
    reading: Keyset[M],
    *,
    size: int = PAGE_SIZE,
    where: Filter | None = None,
) -> None:
    """Read on until `reading` is done or has failed.

    Raises:
        Rejected: If the server does not filter or order by the stamp.
        EAccountingError: If a page cannot be read.
    """
    stamp = reading.stamp
    for _ in range(MOST_PAGES):
        behind = F.ge(stamp.member, reading.since)
        scope = behind if where is None else where & behind
        await next_rows(endpoint, env, reading.pages, size=size, where=scope, order_by=stamp.member)
        reading.take()
        if reading.done or reading.failed:
            return
    raise endless(endpoint.page().name)
