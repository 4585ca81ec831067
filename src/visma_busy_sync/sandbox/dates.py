"""Dates and times as texts, exact to 100 nanoseconds.

The API writes calendar dates as ``YYYY-MM-DDT00:00:00`` and stamps in UTC with ``Z``. A date is accepted
with or without time and offset; its calendar day counts as written, no time zone moves it.
"""

import re
from datetime import date, time
from functools import lru_cache

TICKS = 10_000_000  # per second, as in .NET

_FORM = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})"
    r"(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,12}))?)?\s?([Zz]|[+-]\d{2}:?\d{2})?)?",
    re.ASCII,
)
_FRACTION = re.compile(r"[.,]\d+")


@lru_cache(maxsize=65536)
def ticks(text: str) -> int | None:
    """Return a moment as a number of ticks; no offset means UTC; None when the text is no date."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        whole_day = date(int(year), int(month), int(day))
        clock = time(int(hour or 0), int(minute or 0), int(second or 0))
    except ValueError:
        return None
    offset = _offset_minutes(zone)
    if offset is None:
        return None
    minutes = (whole_day.toordinal() * 24 + clock.hour) * 60 + clock.minute - offset
    return (minutes * 60 + clock.second) * TICKS + int((fraction or "0")[:7].ljust(7, "0"))


def _offset_minutes(zone: str | None) -> int | None:
    if zone is None or zone in "Zz":
        return 0
    digits = zone[1:].replace(":", "")
    hours, minutes = int(digits[:2]), int(digits[2:])
    if hours > 14 or minutes > 59:
        return None
    total = hours * 60 + minutes
    return -total if zone[0] == "-" else total


def cut(text: str, decimals: int) -> str:
    """Return a moment with at most so many decimals of a second, cut off; what is no moment stays."""
    if ticks(text) is None:
        return text
    return _FRACTION.sub(lambda found: found[0][: decimals + 1] if decimals else "", text)


def calendar_day(text: str) -> date | None:
    """Return the calendar day as written, or None when the text is no date."""
    return date.fromisoformat(text[:10]) if ticks(text) is not None else None


def written(day: date) -> str:
    """Write a calendar day in the API's form."""
    return f"{day.isoformat()}T00:00:00"
