"""Why each field of a record is as it is after a plan was applied.

The plan says which fields it sets, which it keeps and which both sides changed; the link says what was last
seen and stored. From these the reason follows; nothing is decided here a second time.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, final

import attrs
from attrs import frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._changes import (
    ConflictCode,
    FieldChange,
    Pending,
    Reason,
    Shown,
    WarningCode,
    label_of,
)
from visma_busy_sync.sync._fates import Fate, RecordFate
from visma_busy_sync.sync._links import ArchiveReason, Noted
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import FIELDS, Kind, Record, Value
from visma_busy_sync.sync._render import shown
from visma_busy_sync.sync._seen import Seen


class FieldReason(enum.StrEnum):
    """Why a field is as it is after a plan was applied."""

    CREATED = "created"
    """It comes with a record that is created."""

    CUSTOMER_UNKNOWN = "customer_unknown"
    """Who the customer is in Busy is not known."""

    NOT_HELD = "not_held"
    """The host does not have this field."""

    NOT_COMPARED = "not_compared"
    """The two sides of the record are not compared, or there is but one."""

    UNCHANGED = "unchanged"
    """Neither side changed it."""

    CHANGED_IN_BUSY = "changed_in_busy"
    """Only Busy changed it, so it stays (R22)."""

    CHANGED_IN_EACCOUNTING = "changed_in_eaccounting"
    """Only eAccounting changed it, so it comes through."""

    AGREED = "agreed"
    """eAccounting changed it, or it is compared for the first time, and both have the same (D17)."""

    DIVERGED_TAKEN = "diverged_taken"
    """Both changed it; eAccounting owns the field."""

    DIVERGED_KEPT = "diverged_kept"
    """Both changed it; Busy owns the field (R22)."""

    FIRST_FILLED = "first_filled"
    """At first sight: Busy has nothing there (D5)."""

    FIRST_TAKEN = "first_taken"
    """At first sight: both have a value; eAccounting owns the field."""

    FIRST_KEPT = "first_kept"
    """At first sight: both have a value; Busy owns the field (D4)."""

    FIRST_NOTHING = "first_nothing"
    """At first sight: eAccounting has nothing there."""

    FINISHED = "finished"
    """Archived: finished in eAccounting, or not active there (R20)."""

    MISSING = "missing"
    """Archived: no longer in eAccounting (D8)."""

    MISSING_AT_CONNECTION = "missing_at_connection"
    """Archived: not in eAccounting when project sync was first switched on (R8)."""

    WAITS = "waits"
    """To be archived once a person allows it (D16)."""

    ONGOING_AGAIN = "ongoing_again"
    """Restored: archived because it was finished, which it is no more (R20)."""

    BACK = "back"
    """Restored: archived because it was gone, and it is there again (D8)."""

    FOUND = "found"
    """Restored: archived because this or another company did not have it (D10, D14)."""

    ACTIVE = "active"
    """In use on both sides."""

    ARCHIVED = "archived"
    """Out of use on both sides."""

    ARCHIVED_IN_BUSY = "archived_in_busy"
    """Archived in Busy, not by a sync with this company; that is never undone."""

    BROUGHT_BACK = "brought_back"
    """A person brought back what had been archived (D9)."""

    FINISHED_UNSURELY = "finished_unsurely"
    """Finished, but nothing is archived from an unsure reading (D15)."""

    STILL_ACTIVE = "still_active"
    """Gone from eAccounting and in use in Busy."""


OWNED: Final = frozenset(
    {
        FieldReason.DIVERGED_TAKEN,
        FieldReason.DIVERGED_KEPT,
        FieldReason.FIRST_TAKEN,
        FieldReason.FIRST_KEPT,
    }
)
"""Where the setting `owners` decided."""

_UNJUDGED: Final = frozenset(
    {Fate.CONFLICT, Fate.UNCONFIRMED, Fate.UNLISTED, Fate.POSTPONED, Fate.NOT_IMPORTED}
)
"""Fates of which nothing follows, not even for whether the record is archived."""

_ARCHIVED: Final[Mapping[str, FieldReason]] = {
    ArchiveReason.FINISHED: FieldReason.FINISHED,
    ArchiveReason.MISSING: FieldReason.MISSING,
    ArchiveReason.MISSING_AT_CONNECTION: FieldReason.MISSING_AT_CONNECTION,
}
"""By the reason of a change or of a link, which have the same words for it."""

_RESTORED: Final[Mapping[ArchiveReason, FieldReason]] = {
    ArchiveReason.FINISHED: FieldReason.ONGOING_AGAIN,
    ArchiveReason.MISSING: FieldReason.BACK,
    ArchiveReason.MISSING_AT_CONNECTION: FieldReason.FOUND,
}


@final
@frozen(kw_only=True)
class ExplainedField:
    """Why one field is as it is after a plan was applied.

    Attributes:
        field: Its name, see `FIELDS`.
        reason: Why.
        old: Busy's value when the plan was made; None where Busy lacks the record or the field.
        new: Busy's value after it was applied.
        theirs: eAccounting's value; None where nothing of the record was read. A project's `customer` is
            given by its id in eAccounting, here and in `base`.
        base: The value last seen in eAccounting.
        has_base: Whether there is a base. If not, the field was never compared before.
        settings: The choice that decided, if one did: its name and its value.
        labels: What to show a person for values that are ids.
    """

    field: str
    reason: FieldReason
    old: Shown = attrs.field(repr=False)
    new: Shown = attrs.field(repr=False)
    theirs: Shown = attrs.field(repr=False)
    base: Value = attrs.field(repr=False)
    has_base: bool
    settings: Mapping[str, str]
    labels: Mapping[str, str] = attrs.field(repr=False)

    def shown(self, value: Shown, language: Language) -> str:
        """Return one of its values for a person."""
        return shown(value, self.labels.get(_id(value)), language)


@final
@frozen(kw_only=True)
class Case:
    """One record with all that is known of it.

    Attributes:
        fate: What becomes of it.
        row: The record in eAccounting, if it was read.
        record: The record in Busy, if it has it.
        noted: What the link between them says; nothing, where there is none that can be read.
        seen: What the plan was made from, if it is known.
    """

    fate: RecordFate
    row: Upstream | None
    record: Record | None
    noted: Noted
    seen: Seen | None

    def fields(self) -> tuple[ExplainedField, ...]:
        """Explain each field of which anything is known."""
        mentioned = {**self._kept, **self._set}
        sides = self.row is not None or self.record is not None
        return tuple(
            self._field(name, mentioned.get(name))
            for name in FIELDS[self.fate.kind]
            if sides or name in mentioned
        )

    @property
    def _set(self) -> Mapping[str, FieldChange]:
        planned = self.fate.planned
        return {} if planned is None else {each.field: each for each in planned.fields}

    @property
    def _kept(self) -> Mapping[str, FieldChange]:
        planned = self.fate.planned
        return {} if planned is None else {each.field: each for each in planned.kept}

    def _field(self, name: str, change: FieldChange | None) -> ExplainedField:
        reason = self._reason(name, change)
        base = self.noted.base
        old: Shown = None
        if self.record is not None:
            old = self.record.values.get(name)
        elif change is not None:
            old = change.old
        theirs: Shown = None
        if self.row is not None:
            theirs = self.row.values.get(name)
        elif change is not None and name in self._kept:
            theirs = change.new
        new = old
        if self.fate.fate is not Fate.HELD_BACK and change is not None and name in self._set:
            new = change.new
        elif self.fate.fate is Fate.CREATE and self.fate.planned is not None:
            new = self.fate.planned.values[name]
        return ExplainedField(
            field=name,
            reason=reason,
            old=old,
            new=new,
            theirs=theirs,
            base=base.get(name),
            has_base=name in base,
            settings=self._settings(name) if reason in OWNED else {},
            labels=self._labels(change, (old, new, theirs, base.get(name))) if name == "customer" else {},
        )

    def _reason(self, name: str, change: FieldChange | None) -> FieldReason:
        if self.record is not None and name not in self.record.values:
            return FieldReason.NOT_HELD
        if name == "archived":
            return self._reason_archived(change)
        unknown = any(each.code is WarningCode.CUSTOMER_UNKNOWN for each in self.fate.warnings)
        if name == "customer" and unknown:
            return FieldReason.CUSTOMER_UNKNOWN
        if self.fate.fate is Fate.CREATE:
            return FieldReason.CREATED
        if change is not None:
            return self._reason_changed(name, change)
        if self.row is None or self.record is None or self.fate.fate in _UNJUDGED:
            return FieldReason.NOT_COMPARED
        if name not in self.row.values:
            return FieldReason.NOT_COMPARED
        if name not in self.noted.base or self.noted.base[name] != self.row.values[name]:
            return FieldReason.AGREED
        # An empty text and no value are one thing.
        same = (self.record.values[name] or None) == (self.noted.stored.get(name) or None)
        return FieldReason.UNCHANGED if same else FieldReason.CHANGED_IN_BUSY

    def _reason_changed(self, name: str, change: FieldChange) -> FieldReason:
        taken = name in self._set
        diverged = (each for each in self.fate.conflicts if each.code is ConflictCode.DIVERGED)
        if any(name in each.fields for each in diverged):
            return FieldReason.DIVERGED_TAKEN if taken else FieldReason.DIVERGED_KEPT
        if name in self.noted.base:
            return FieldReason.CHANGED_IN_EACCOUNTING
        if taken:
            return FieldReason.FIRST_FILLED if not change.old else FieldReason.FIRST_TAKEN
        return FieldReason.FIRST_NOTHING if not change.new else FieldReason.FIRST_KEPT

    def _reason_archived(self, change: FieldChange | None) -> FieldReason:
        fate, planned = self.fate.fate, self.fate.planned
        why = self.noted.archive_reason
        if fate is Fate.HELD_BACK:
            return FieldReason.WAITS
        if change is not None and planned is not None:
            if change.new is True:
                return _ARCHIVED.get(planned.reason, FieldReason.FINISHED)
            return FieldReason.FOUND if why is None else _RESTORED[why]
        if fate is Fate.CREATE:
            return FieldReason.CREATED
        if self.record is None or fate in _UNJUDGED:
            return FieldReason.NOT_COMPARED
        if self.record.values["archived"] is True:
            return self._reason_still_archived(why)
        return self._reason_still_active(why)

    def _reason_still_archived(self, why: ArchiveReason | None) -> FieldReason:
        if (
            self.row is not None
            and self.row.values.get("archived") is True
            and why is not ArchiveReason.FINISHED
        ):
            return FieldReason.ARCHIVED
        return FieldReason.ARCHIVED_IN_BUSY if why is None else _ARCHIVED[why]

    def _reason_still_active(self, why: ArchiveReason | None) -> FieldReason:
        if self.row is not None and self.row.values.get("archived") is False:
            return FieldReason.ACTIVE
        if why is not None or self.noted.base.get("archived") is True:
            return FieldReason.BROUGHT_BACK
        if self.row is not None:
            return FieldReason.FINISHED_UNSURELY
        gone = self.fate.fate is Fate.GONE or self.fate.reason is Reason.MISSING
        return FieldReason.STILL_ACTIVE if gone else FieldReason.NOT_COMPARED

    def _settings(self, name: str) -> Mapping[str, str]:
        if self.seen is None:
            return {}
        settings, kind = self.seen.settings, self.fate.kind
        by_kind = f"{kind}.{name}"
        key = by_kind if by_kind in settings.owners else name
        return {f"owners[{key}]": str(settings.owner_of(kind, name))}

    def _labels(self, change: FieldChange | None, values: tuple[Shown, ...]) -> Mapping[str, str]:
        labels = {} if self.seen is None else {id: _customer(self.seen, id) for id in map(_id, values)}
        if change is not None:
            labels[_id(change.old)] = change.old_label or ""
            labels[_id(change.new)] = change.new_label or ""
        return {id: label for id, label in labels.items() if label}


def _id(value: Shown) -> str:
    if isinstance(value, Pending):
        return value.eaccounting_id
    return value if isinstance(value, str) else ""


def _customer(seen: Seen, id: str) -> str:
    found = seen.held.get(Kind.CUSTOMER, {}).get(id) or seen.rows.get(Kind.CUSTOMER, {}).get(id)
    return "" if found is None else label_of(found.values)
