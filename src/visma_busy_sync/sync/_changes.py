"""The values a plan is made of: planned changes, conflicts, warnings. Their reprs hide what names people."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TypeAlias, final

import attrs
from attrs import field, frozen

from visma_busy_sync.sync._records import Change, Kind, Value


class Action(enum.StrEnum):
    """What a planned change does to Busy's record."""

    CREATE = "create"
    ADOPT = "adopt"
    """Link the record for the first time; nothing of it changes."""

    UPDATE = "update"
    ARCHIVE = "archive"
    """Archive the record, and bring its other fields up to date."""

    RESTORE = "restore"
    """Bring an archived record back, and bring its other fields up to date."""

    NOTE = "note"
    """Bring the link of a linked record up to date; nothing of the record changes (D17)."""


class Reason(enum.StrEnum):
    """Why a change is planned."""

    NEW = "new"
    """eAccounting has the record, Busy does not."""

    ADOPTED = "adopted"
    """Both have the record; from now on they are linked."""

    CHANGED = "changed"
    """eAccounting changed the record."""

    FINISHED = "finished"
    """Finished in eAccounting, or no longer active there (R20)."""

    ONGOING_AGAIN = "ongoing_again"
    """In use again in eAccounting."""

    MISSING_AT_CONNECTION = "missing_at_connection"
    """Not in eAccounting when project sync was first switched on (R8)."""

    MISSING = "missing"
    """It was in eAccounting, and its id answers there now that it is gone (D8)."""

    RECREATED = "recreated"
    """eAccounting has it under a new id; the old one is gone (D11)."""

    NOTED = "noted"
    """Both sides agree or Busy's value stands; only the engine's notes change."""


@final
@frozen
class Pending:
    """Stands for Busy's id of a customer that the same plan creates.

    Attributes:
        eaccounting_id: The customer's id in eAccounting.
    """

    eaccounting_id: str


Shown: TypeAlias = Value | Pending
"""A value in a `FieldChange`."""


@final
@frozen
class FieldChange:
    """One field of a planned change.

    Attributes:
        field: Its name, see `FIELDS`.
        old: Busy's value now.
        new: The value to set. Among the kept ones: eAccounting's value, which is not taken.
        base: The value last seen in eAccounting; None if the field was never compared before. A project's
            `customer` is given here by its id in eAccounting.
        old_label: What to show a person for an `old` that is an id.
        new_label: What to show a person for a `new` that is an id.
    """

    field: str
    old: Shown = attrs.field(repr=False)
    new: Shown = attrs.field(repr=False)
    base: Value = attrs.field(default=None, repr=False)
    old_label: str | None = attrs.field(default=None, repr=False)
    new_label: str | None = attrs.field(default=None, repr=False)


@final
@frozen(kw_only=True)
class PlannedChange:
    """One change of the plan.

    Attributes:
        action: What it does.
        kind: The kind of the record.
        busy_id: Busy's id of the record; None if it is created.
        eaccounting_id: eAccounting's id of it; None if eAccounting does not have it.
        label: Number and name, for a person.
        fields: The fields that are set, old and new.
        kept: The fields that differ and in which Busy's value stands.
        reason: Why.
        adopted: Whether the change links the record for the first time, whatever else it does.
        company: eAccounting's id of the company.
        change: What the host is asked. A reference that is `Pending` is left out of it: see `resolve`.
    """

    action: Action
    kind: Kind
    busy_id: str | None
    eaccounting_id: str | None
    label: str = field(repr=False)
    fields: tuple[FieldChange, ...] = ()
    kept: tuple[FieldChange, ...] = ()
    reason: Reason
    adopted: bool = False
    company: str
    change: Change = field(repr=False)

    @property
    def pending(self) -> Pending | None:
        """The customer that must be known before the change is complete; None if there is none."""
        return next((each.new for each in self.fields if isinstance(each.new, Pending)), None)


class ConflictCode(enum.StrEnum):
    """What a person should look at or decide."""

    AMBIGUOUS = "ambiguous"
    DIVERGED = "diverged"
    LINK_UNREADABLE = "link_unreadable"
    LINKED_TWICE = "linked_twice"
    NUMBER_TAKEN = "number_taken"
    ORGANISATION_DIFFERS = "organisation_differs"


class WarningCode(enum.StrEnum):
    """What a person should know; nothing waits for it."""

    ARCHIVING_WAITS = "archiving_waits"
    CUSTOMER_UNKNOWN = "customer_unknown"
    DUPLICATE_UPSTREAM = "duplicate_upstream"
    INACTIVE_UNKNOWN = "inactive_unknown"
    MISSING_UPSTREAM = "missing_upstream"
    RECREATED = "recreated"
    SAME_NAME = "same_name"
    SAME_NUMBER = "same_number"
    UNSURE_READ = "unsure_read"


ADVICE: Mapping[ConflictCode | WarningCode, str] = {
    ConflictCode.AMBIGUOUS: (
        "Several records could be the same one, so none of them is linked, created or archived. "
        "Make numbers, names and organisation numbers unique."
    ),
    ConflictCode.DIVERGED: (
        "The field was changed in eAccounting and in Busy since the last sync. Which value stands "
        "is a setting for each field; by itself number and customer come from eAccounting, all else stays "
        "Busy's. Check which value is right. To take eAccounting's, "
        "enter it in Busy by hand: the link notes what eAccounting has, so this difference is told once."
    ),
    ConflictCode.LINK_UNREADABLE: (
        "The link stored beside Busy's record cannot be read, so the record is left alone, and so is what "
        "in eAccounting may belong to it. Restore or remove the link, or use the newer version that wrote it."
    ),
    ConflictCode.LINKED_TWICE: (
        "Two records of Busy are linked to this one, so all of them are left alone. Remove the wrong link."
    ),
    ConflictCode.NUMBER_TAKEN: (
        "Busy has another record with this number that does not belong to this one: it has another name, "
        "say, or belongs to one that eAccounting no longer has. eAccounting's record is created beside it. "
        "Change one of the numbers."
    ),
    ConflictCode.ORGANISATION_DIFFERS: (
        "Number and name agree, but the organisation numbers do not, so the two are not linked. "
        "Correct the organisation number on one side."
    ),
    WarningCode.ARCHIVING_WAITS: (
        "eAccounting has no projects, so none of Busy's is archived now. The first sync that finds some "
        "there archives those of Busy's that eAccounting does not have."
    ),
    WarningCode.CUSTOMER_UNKNOWN: (
        "The project's customer is not in Busy or cannot be told, so it is not set. The next sync sets it "
        "as soon as it is known."
    ),
    WarningCode.DUPLICATE_UPSTREAM: "eAccounting answered this record more than once; the last one counts.",
    WarningCode.INACTIVE_UNKNOWN: (
        "eAccounting listed nothing that is finished or out of use, and did not answer when asked for it. If "
        "there is any, it is not imported as long as it is so; whatever is linked stays as it is."
    ),
    WarningCode.MISSING_UPSTREAM: (
        "Linked, but no longer found in eAccounting. A project is archived in Busy as soon as eAccounting "
        "confirms that it is gone, and restored if it comes back; nothing is deleted. Customers and products "
        "stay as they are."
    ),
    WarningCode.RECREATED: (
        "eAccounting has this record under a new id, and the old one is gone there; number and name agree. "
        "Busy's record is linked to the new one."
    ),
    WarningCode.SAME_NAME: (
        "Busy has a record with this name, but a name alone is not enough to link the two. "
        "Give both the same organisation number or number if they are the same."
    ),
    WarningCode.SAME_NUMBER: "eAccounting has several records with this number; each is imported.",
    WarningCode.UNSURE_READ: (
        "eAccounting may not have answered every record, so nothing is adopted or archived, and what "
        "resembles a record of Busy is not created. The next complete reading makes up for it."
    ),
}
"""What to tell a person, by code."""


@final
@frozen(kw_only=True)
class Conflict:
    """Something that a person should look at or decide.

    `str(conflict)` is one line that shows number and name, so it belongs in no log; its repr hides them.

    Attributes:
        code: What it is.
        kind: The kind of the records.
        busy_id: Busy's id of the record, if exactly one takes part.
        eaccounting_id: eAccounting's id of the record, if one takes part.
        label: Number and name, for a person.
        advice: What is done meanwhile, and how to end the conflict.
        busy_ids: Busy's ids of all records that take part.
        fields: The names of the fields it is about.
    """

    code: ConflictCode
    kind: Kind
    busy_id: str | None = None
    eaccounting_id: str | None = None
    label: str = field(repr=False)
    advice: str = field(repr=False)
    busy_ids: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return _finding(self.code, self.kind, self.label, self.advice, self.fields)


@final
@frozen(kw_only=True)
class PlanWarning:
    """Something that a person should know.

    `str(warning)` is one line that shows number and name, so it belongs in no log; its repr hides them.

    Attributes:
        code: What it is.
        kind: The kind of the record.
        busy_id: Busy's id of the record, if it has one.
        eaccounting_id: eAccounting's id of the record, if it has one.
        label: Number and name, for a person.
        advice: What it means, and what to do if anything.
    """

    code: WarningCode
    kind: Kind
    busy_id: str | None = None
    eaccounting_id: str | None = None
    label: str = field(repr=False)
    advice: str = field(repr=False)

    def __str__(self) -> str:
        return _finding(self.code, self.kind, self.label, self.advice)


def _finding(
    code: ConflictCode | WarningCode, kind: Kind, label: str, advice: str, fields: tuple[str, ...] = ()
) -> str:
    subject = f"{kind} {in_one_line(label)}".strip()
    about = f" ({', '.join(fields)})" if fields else ""
    return f"{code} {subject}{about}: {advice}"


def in_one_line(text: str) -> str:
    """Return `text` with line ends and all else that cannot be seen shown as escapes.

    Raw, they would break the layout of what a person reads, or make it show what is not there.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


def label_of(values: Mapping[str, Value]) -> str:
    """Return number and name of a record, as far as it has them."""
    number, name = values.get("number"), values.get("name")
    return f"{number} {name}" if number and name else str(number or name or "")
