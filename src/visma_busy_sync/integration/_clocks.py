"""Moments that another machine may have written down, by a clock that is not ours."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""By how much the clocks of two machines are believed to differ at most."""


def is_ahead(moment: datetime, *, now: datetime) -> bool:
    """Tell whether a moment lies so far in the future that a wrong clock must have told it."""
    return moment - now > CLOCKS_DIFFER


def is_recent(moment: datetime, span: timedelta, *, now: datetime) -> bool:
    """Tell whether a moment is less than `span` ago.

    What a wrong clock told is not: it would stay recent until that moment came, for days or for years.
    """
    return not is_ahead(moment, now=now) and now - moment < span
