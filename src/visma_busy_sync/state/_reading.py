"""How the lists of a company were read, so that the next reading need not begin from nothing."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from attrs import field, frozen

from visma_busy_sync.state._connection import hashed_company_id
from visma_busy_sync.state._documents import Schema


@frozen(kw_only=True)
class ListNotes:
    """What is known of one list.

    Attributes:
        since: From which change on it is to be read next, by eAccounting's clock; None: read it whole.
        whole_at: When it was last read whole and surely, by our clock; None: never.
        by_stamp: Whether it can be read along its change stamp.
        inactive: What it does with rows that are not in use: `unknown`, `listed` or `hidden`.
        learned_at: When these two were found out.
        open: eAccounting's ids of records that wait to be tried again.
    """

    since: datetime | None = None
    whole_at: datetime | None = None
    by_stamp: bool = True
    inactive: str = "unknown"
    learned_at: datetime | None = None
    open: list[str] = field(factory=list[str])


@frozen(kw_only=True)
class ReadingNotes:
    """What is known of the lists of a company.

    Attributes:
        login_id: The login that they were read with; another one may see other things.
        lists: By kind.
    """

    login_id: str
    lists: dict[str, ListNotes] = field(factory=dict[str, ListNotes])


READING_SCHEMA: Final = Schema(ReadingNotes, instead=ReadingNotes(login_id=""))
"""Instead of a damaged one nothing is known: the next reading is whole."""

READING_PREFIX: Final = "reading/"


def reading_key(company_id: str) -> str:
    """Return the key of a company's notes on reading; it tells no name."""
    return f"{READING_PREFIX}{hashed_company_id(company_id)}"
