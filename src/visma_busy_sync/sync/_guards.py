"""What keeps a sync from archiving much at once by mistake.

A reading may be sure and wrong all the same: somebody emptied the wrong company, or the API answers for
another one. So a large part of the projects is archived as missing only if a person allows exactly that
set, which its digest names.
"""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Final, final

from attrs import evolve, field, frozen

from visma_busy_sync.sync._changes import PlannedChange, Reason

MOST: Final = 50
"""More projects than this are archived as missing only if a person allows it."""

SHARE: Final = 5
"""So is more than one in this many of the active linked projects (D16)."""

SMALL: Final = 10
"""Companies with fewer active linked projects than this are exempt from both."""


class Verdict(enum.StrEnum):
    """What becomes of the projects that are to be archived as missing."""

    OPEN = "open"
    """They are archived: they are few, or it is the first connection, whose plan is the preview."""

    BLOCKED = "blocked"
    """They are many, so they wait until a person allows exactly them."""

    ALLOWED = "allowed"
    """A person allowed exactly them."""

    OTHER_SET = "other_set"
    """A person allowed others than these, so they wait."""


@final
@frozen(kw_only=True)
class Archiving:
    """The projects that are archived because eAccounting does not have them.

    Attributes:
        busy_ids: Busy's ids of them, in order.
        digest: Names exactly this set, company included; empty if the set is. A sync takes it as the
            allowance.
        active: How many linked projects are active in Busy.
        verdict: What becomes of them.
        withheld: Their changes, if they wait.
    """

    busy_ids: tuple[str, ...] = ()
    digest: str = ""
    active: int = 0
    verdict: Verdict = Verdict.OPEN
    withheld: tuple[PlannedChange, ...] = field(default=(), repr=False)

    @property
    def waits(self) -> bool:
        """Whether they wait for a person."""
        return self.verdict in {Verdict.BLOCKED, Verdict.OTHER_SET}


def guarded(
    company: str, changes: Sequence[PlannedChange], *, active: int, allowed: str | None
) -> tuple[list[PlannedChange], Archiving]:
    """Judge what is archived as missing, and return the changes that go on, and the judgement.

    Args:
        company: eAccounting's id of the company.
        changes: All planned changes.
        active: How many linked projects are active in Busy.
        allowed: The digest of the set that a person allowed; None if nobody was asked.
    """
    missing = tuple(each for each in changes if archives_as_missing(each))
    ids = sorted(each.busy_id for each in missing if each.busy_id is not None)
    digest = digest_of(company, ids) if ids else ""
    later = sum(each.reason is Reason.MISSING for each in missing)
    verdict = _verdict(digest, later=later, active=active, allowed=allowed)
    archiving = Archiving(busy_ids=tuple(ids), digest=digest, active=active, verdict=verdict)
    if not archiving.waits:
        return list(changes), archiving
    return [each for each in changes if not archives_as_missing(each)], evolve(archiving, withheld=missing)


def digest_of(company: str, busy_ids: Iterable[str]) -> str:
    """Return a name for a set of projects: equal sets have equal ones, whatever their order."""
    text = json.dumps([company, *sorted(busy_ids)], separators=(",", ":"))
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]


def archives_as_missing(planned: PlannedChange) -> bool:
    """Whether a change archives a project because eAccounting does not have it."""
    return bool(planned.fields) and planned.reason in {Reason.MISSING, Reason.MISSING_AT_CONNECTION}


def _verdict(digest: str, *, later: int, active: int, allowed: str | None) -> Verdict:
    if not digest:
        return Verdict.OPEN
    if allowed is not None:
        return Verdict.ALLOWED if allowed == digest else Verdict.OTHER_SET
    many = active >= SMALL and (later > MOST or later * SHARE > active)
    return Verdict.BLOCKED if many else Verdict.OPEN
