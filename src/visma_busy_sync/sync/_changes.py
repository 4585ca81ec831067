"""The values a plan is made of: planned changes, conflicts, warnings. Their reprs hide what names people."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final, TypeAlias, final

import attrs
from attrs import field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._links import Noted, link_with
from visma_busy_sync.sync._records import Change, Kind, Link, Value
from visma_busy_sync.sync._texts import ADVICE, FIELD_NAMES, FINDING, KINDS, NAMELESS, TITLES

NOTHING: Final[Mapping[str, Value]] = {}
"""No values; one for all, because many changes set none."""


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

    DECIDED = "decided"
    """A person decided it (D13)."""

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
        values: The fields that the host is asked to set, without a customer that is `Pending`: see `resolve`.
        expected: For each of them, what Busy has now; empty for a record that is created.
        expected_link: The link that the record has now; None if it has none, or is created.
        noted: What its new link notes for the company.
        active_again: Whether the record is in use again, so that the new link forgets that another company's
            connection had it archived.
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
    values: Mapping[str, Value] = field(default=NOTHING, repr=False)
    expected: Mapping[str, Value] = field(default=NOTHING, repr=False)
    expected_link: Link | None = field(default=None, repr=False)
    noted: Noted = field(repr=False)
    active_again: bool = False

    @property
    def change(self) -> Change:
        """What the host is asked. Its link is written here, because most plans are only looked at.

        Raises:
            LinkUnreadable: If the link that the record has is not one of this package's.
        """
        return Change(
            kind=self.kind,
            id=self.busy_id,
            values=self.values,
            expected=self.expected,
            expected_link=self.expected_link,
            link=link_with(
                self.expected_link,
                self.company,
                self.noted,
                kind=self.kind,
                id=self.busy_id,
                active_again=self.active_again,
            ),
        )

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
    CUSTOMER_ARCHIVED = "customer_archived"
    CUSTOMER_UNKNOWN = "customer_unknown"
    DECISION_VOID = "decision_void"
    DUPLICATE_UPSTREAM = "duplicate_upstream"
    INACTIVE_UNKNOWN = "inactive_unknown"
    MISSING_UPSTREAM = "missing_upstream"
    RECREATED = "recreated"
    SAME_NAME = "same_name"
    SAME_NUMBER = "same_number"
    UNSURE_READ = "unsure_read"


@final
@frozen(kw_only=True)
class Conflict:
    """Something that a person should look at or decide.

    `str(conflict)` is one line in English, `text("nb")` in Norwegian. It shows number and name, so it belongs
    in no log; its repr hides them.

    Attributes:
        code: What it is.
        kind: The kind of the records.
        busy_id: Busy's id of the record, if exactly one takes part.
        eaccounting_id: eAccounting's id of the record, if one takes part.
        label: Number and name, for a person.
        advice: What is done meanwhile, and how to end the conflict, in English.
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

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: what it is, about what, and what to do."""
        return _finding(self, language, self.fields)

    def __str__(self) -> str:
        return self.text("en")


@final
@frozen(kw_only=True)
class PlanWarning:
    """Something that a person should know.

    `str(warning)` is one line in English, `text("nb")` in Norwegian. It shows number and name, so it belongs
    in no log; its repr hides them.

    Attributes:
        code: What it is.
        kind: The kind of the record.
        busy_id: Busy's id of the record, if it has one.
        eaccounting_id: eAccounting's id of the record, if it has one.
        label: Number and name, for a person.
        advice: What it means, and what to do if anything, in English.
    """

    code: WarningCode
    kind: Kind
    busy_id: str | None = None
    eaccounting_id: str | None = None
    label: str = field(repr=False)
    advice: str = field(repr=False)

    def text(self, language: Language) -> str:
        """Say it in a language, in one line: what it is, about what, and what to do."""
        return _finding(self, language)

    def __str__(self) -> str:
        return self.text("en")


def _finding(finding: Conflict | PlanWarning, language: Language, fields: tuple[str, ...] = ()) -> str:
    one, several = KINDS[finding.kind]
    subject = several.of(language)
    if finding.label or finding.busy_id or finding.eaccounting_id:
        subject = f"{one.of(language)} {in_one_line(finding.label) or NAMELESS.of(language)}"
    names = ", ".join(FIELD_NAMES[name].of(language) for name in fields)
    return FINDING.of(language).format(
        title=TITLES[finding.code].of(language),
        subject=f"{subject} ({names})" if fields else subject,
        advice=ADVICE[finding.code].of(language),
    )


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
    return f"{number} {name}" if number and name else f"{number or name or ''}"
