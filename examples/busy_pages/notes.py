"""The message that a page shows once, after something was done."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from busy_pages import labels
from busy_pages.errors import said_of
from busy_pages.texts import TEXTS
from visma_busy_sync import SyncReport, Transfer, VismaBusySyncError
from visma_busy_sync.integration import Language


@frozen
class Note:
    """A message: `good`, `wait` (done, but look) or `bad`. Hosts keep it in the session until it is shown."""

    tone: str
    text: str

    @classmethod
    def of_error(cls, error: VismaBusySyncError, language: Language) -> Note:
        """Return what an error of the package says to a person."""
        return cls("bad", said_of(error, language))

    @classmethod
    def of_text(cls, key: str, language: Language, *, tone: str = "good", **facts: object) -> Note:
        """Return one of the texts of the pages."""
        return cls(tone, TEXTS[key].of(language).format_map(facts))

    def to_plain(self) -> dict[str, str]:
        """Return it as a session can keep it."""
        return {"tone": self.tone, "text": self.text}

    @classmethod
    def from_plain(cls, plain: Mapping[str, str]) -> Note:
        """Return what `to_plain` gave."""
        return cls(plain["tone"], plain["text"])


def said_of_sync(report: SyncReport, language: Language) -> Note:
    """Return what a sync did, with the host's reasons for what it did not take."""
    told = [report.text(language), *(parked.text(language) for parked in report.refused)]
    return Note("wait" if report.refused or report.plan.archiving.waits else "good", "\n".join(told))


def said_of_push(transfer: Transfer, language: Language) -> Note:
    """Return what became of a push, and where eAccounting's amounts differ."""
    told = [TEXTS["pushed_before" if transfer.repeated else "pushed"].of(language)]
    told += dict.fromkeys(labels.DIFFERENCES[each.code].of(language) for each in transfer.differences)
    if transfer.changed_entries:
        told.append(TEXTS["pushed_changed"].of(language))
    return Note("good" if len(told) == 1 else "wait", "\n".join(told))
