"""Which days a command is about."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime
from typing import Annotated

from attrs import frozen
from cyclopts import Parameter

from visma_busy_sync.busy import Period
from visma_busy_sync.cli.exits import Stopped


@Parameter(name="*")
@frozen(kw_only=True)
class Days:
    """Which days.

    Attributes:
        month: The month, such as 2026-03; by default this one.
        first: The first day, such as 2026-03-01, instead of a month.
        last: The last day.
    """

    month: Annotated[str | None, Parameter(help="The month, such as 2026-03; by default this one.")] = None
    first: Annotated[
        date | None, Parameter(help="The first day, such as 2026-03-01, instead of a month.")
    ] = None
    last: Annotated[date | None, Parameter(help="The last day.")] = None

    def period(self, today: date) -> Period:
        """Return the days.

        Raises:
            Stopped: If they are none.
        """
        if self.month is not None and (self.first is not None or self.last is not None):
            raise Stopped("Both a month and days are given.", advice="Give --month, or --first and --last.")
        if self.first is not None or self.last is not None:
            if self.first is None or self.last is None or self.last < self.first:
                raise Stopped("--first and --last go together, in this order.")
            return Period(self.first, self.last)
        year, month = (today.year, today.month) if self.month is None else _month(self.month)
        return Period(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def today() -> date:
    """Return the date here."""
    return datetime.now().astimezone().date()


def _month(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if found is None or found[1] == "0000":
        raise Stopped(f"{text!r} is no month.", advice="Write it as 2026-03.")
    return int(found[1]), int(found[2])
