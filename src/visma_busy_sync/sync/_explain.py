"""Why a record becomes what it becomes: the rules, the settings and the base behind it, field by field.

The rules are those that docs/glossary.md lists: R for what Busy's page on the integration promises, D for how
an open question was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final, final

from attrs import field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._changes import ConflictCode, Reason, WarningCode, label_of
from visma_busy_sync.sync._decisions import Decision
from visma_busy_sync.sync._errors import LinkUnreadable
from visma_busy_sync.sync._fates import Fate, RecordFate
from visma_busy_sync.sync._field_reasons import Case, ExplainedField, FieldReason
from visma_busy_sync.sync._guards import Archiving, archives_as_missing
from visma_busy_sync.sync._links import Noted, noted_in
from visma_busy_sync.sync._mapping import Upstream
from visma_busy_sync.sync._records import Kind
from visma_busy_sync.sync._render import called, field_name, finding_line, verdict_text
from visma_busy_sync.sync._seen import Seen
from visma_busy_sync.sync._texts import (
    CANDIDATES,
    DECISIONS,
    FATES,
    FIELD_REASONS,
    GONE_SINCE,
    KINDS,
    LAST_SEEN,
    REASONS,
    SETTINGS,
)

_REASON_RULES: Final[Mapping[Reason, tuple[str, ...]]] = {
    Reason.NEW: ("R1", "R7"),
    Reason.ADOPTED: ("D1", "D2"),
    Reason.CHANGED: ("R1",),
    Reason.FINISHED: ("R20",),
    Reason.ONGOING_AGAIN: ("R20",),
    Reason.MISSING_AT_CONNECTION: ("R8", "R23"),
    Reason.MISSING: ("D8",),
    Reason.RECREATED: ("D11",),
    Reason.DECIDED: ("D13",),
    Reason.NOTED: ("R22",),
}
_FATE_RULES: Final[Mapping[Fate, tuple[str, ...]]] = {
    Fate.UNCHANGED: ("R22",),
    Fate.HELD_BACK: ("D16",),
    Fate.UNCONFIRMED: ("D8",),
    Fate.UNLISTED: ("D12", "D15"),
    Fate.GONE: ("D8",),
    Fate.POSTPONED: ("D11", "D15"),
    Fate.LEFT_ALONE: ("R23", "R30"),
    Fate.OUT_OF_SCOPE: ("R6",),
    Fate.NOT_IMPORTED: ("R6", "R12"),
}
"""Beside the rules of the reason, where a change is planned."""

_FINDING_RULES: Final[Mapping[ConflictCode | WarningCode, tuple[str, ...]]] = {
    ConflictCode.AMBIGUOUS: ("D6", "D11"),
    ConflictCode.DIVERGED: ("R22",),
    ConflictCode.NUMBER_TAKEN: ("R7", "R8"),
    ConflictCode.ORGANISATION_DIFFERS: ("D3",),
    WarningCode.ARCHIVING_WAITS: ("D12",),
    WarningCode.MISSING_UPSTREAM: ("D8",),
    WarningCode.RECREATED: ("D11",),
    WarningCode.SAME_NUMBER: ("D7",),
    WarningCode.UNSURE_READ: ("D15",),
}
_FIELD_RULES: Final[Mapping[FieldReason, tuple[str, ...]]] = {
    FieldReason.UNCHANGED: ("R22",),
    FieldReason.CHANGED_IN_BUSY: ("R22",),
    FieldReason.CHANGED_IN_EACCOUNTING: ("R1",),
    FieldReason.AGREED: ("D17",),
    FieldReason.DIVERGED_TAKEN: ("R22",),
    FieldReason.DIVERGED_KEPT: ("R22",),
    FieldReason.FIRST_FILLED: ("D5",),
    FieldReason.FIRST_TAKEN: ("D4",),
    FieldReason.FIRST_KEPT: ("D4",),
    FieldReason.FIRST_NOTHING: ("D4",),
    FieldReason.FINISHED: ("R20",),
    FieldReason.MISSING: ("D8",),
    FieldReason.MISSING_AT_CONNECTION: ("R8", "R23"),
    FieldReason.WAITS: ("D16",),
    FieldReason.ONGOING_AGAIN: ("R20",),
    FieldReason.BACK: ("D8",),
    FieldReason.FOUND: ("D10", "D14"),
    FieldReason.ARCHIVED: ("R20",),
    FieldReason.ARCHIVED_IN_BUSY: ("R22",),
    FieldReason.BROUGHT_BACK: ("D9",),
    FieldReason.FINISHED_UNSURELY: ("D15",),
    FieldReason.STILL_ACTIVE: ("D8",),
}

_SETTINGS: Final[Mapping[Fate | Reason, tuple[str, ...]]] = {
    Reason.NEW: ("match",),
    Reason.ADOPTED: ("match",),
    Reason.MISSING_AT_CONNECTION: ("project_sync", "archive_missing"),
    Reason.MISSING: ("archive_missing",),
    Reason.RECREATED: ("match",),
    Fate.CONFLICT: ("match",),
    Fate.UNCONFIRMED: ("archive_missing",),
    Fate.GONE: ("archive_missing",),
    Fate.POSTPONED: ("match",),
    Fate.LEFT_ALONE: ("match", "archive_missing"),
    Fate.OUT_OF_SCOPE: ("scope",),
    Fate.NOT_IMPORTED: ("project_sync", "registers_without_projects"),
}
"""The choices that take part; those about single fields stand with the fields."""

_ALL: Final = frozenset(Kind)
_PROJECTS: Final = frozenset({Kind.PROJECT})
_REGISTERS: Final = frozenset({Kind.CUSTOMER, Kind.PRODUCT})
_ONLY_FOR: Final[Mapping[str, frozenset[Kind]]] = {
    "R6": _PROJECTS,
    "R7": _PROJECTS,
    "R8": _PROJECTS,
    "R12": _REGISTERS,
    "R23": _PROJECTS,
    "archive_missing": _PROJECTS,
    "registers_without_projects": _REGISTERS,
}
"""Rules and settings that are about some kinds alone."""


@final
@frozen(kw_only=True)
class Explanation:
    """Why a record becomes what it becomes.

    `str(explanation)` tells it in English, `text("nb")` in Norwegian. Both show names and numbers, so they
    belong in no log; its repr hides them.

    Attributes:
        fate: What becomes of the record, with its ids, the planned change, and the conflicts and warnings.
        label: Number and name, for a person.
        rules: The numbers of the rules behind it, such as R20 or D8; `docs/glossary.md` tells them in short.
        settings: The choices that took part in it, by name; none if the plan was read from JSON.
        fields: Each field with its values and why it has them.
        missing_since: The day on which eAccounting confirmed that it has the record no more, if it did before
            this plan.
        archiving: The verdict of the guards, if the record is archived as missing; else None.
        decision: What a person decided about it, if anything and known.
    """

    fate: RecordFate
    label: str = field(repr=False)
    rules: tuple[str, ...]
    settings: Mapping[str, str]
    fields: tuple[ExplainedField, ...]
    missing_since: date | None
    archiving: Archiving | None
    decision: Decision | None

    def text(self, language: Language) -> str:
        """Tell it in a language, one line for each field."""
        fate = self.fate
        kind = KINDS[fate.kind][0].of(language)
        ids = (("eAccounting", fate.eaccounting_id), ("Busy", fate.busy_id))
        where = ", ".join(f"{side} {id}" for side, id in ids if id is not None)
        what = FATES[fate.fate].of(language)
        if fate.reason is not None:
            what += f": {REASONS[fate.reason].of(language)}"
        lines = [f"{kind} {called(self.label, language)} ({where})", f"{what}.{_behind(self.rules, {})}"]
        if self.archiving is not None:
            lines.append(verdict_text(self.archiving, language))
        if self.decision is not None:
            told = DECISIONS[self.decision.what].of(language)
            lines.append(told.format(id=self.decision.eaccounting_id))
        if self.missing_since is not None:
            lines.append(GONE_SINCE.of(language).format(day=self.missing_since))
        lines += [_field_line(each, fate, language) for each in self.fields]
        if self.settings:
            lines.append(SETTINGS.of(language).format(settings=_listed(self.settings)))
        for conflict in fate.conflicts:
            if len(conflict.busy_ids) > 1:
                lines.append(CANDIDATES.of(language).format(ids=", ".join(conflict.busy_ids)))
            lines.append(finding_line(conflict, language))
        lines += [finding_line(finding, language) for finding in fate.warnings]
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text("en")


def explained(fate: RecordFate, *, company: str, archiving: Archiving, seen: Seen | None) -> Explanation:
    """Explain what becomes of a record.

    Args:
        fate: What becomes of it.
        company: eAccounting's id of the company.
        archiving: What the guards say of what is archived as missing.
        seen: What the plan was made from, if it is known.
    """
    case = _case(fate, company, seen)
    planned = fate.planned
    missing = planned is not None and archives_as_missing(planned)
    subject = case.row or case.record
    label = planned.label if planned is not None else ""
    if planned is None and subject is not None:
        label = label_of(subject.values)
    elif planned is None and fate.conflicts:
        label = fate.conflicts[0].label
    return Explanation(
        fate=fate,
        label=label,
        rules=_rules(fate, seen),
        settings={}
        if seen is None
        else {name: seen.settings.told(name, fate.kind) for name in _settings(fate)},
        fields=case.fields(),
        missing_since=case.noted.missing_since,
        archiving=archiving if missing else None,
        decision=None if seen is None else seen.decision(fate.kind, fate.busy_id),
    )


def _case(fate: RecordFate, company: str, seen: Seen | None) -> Case:
    row = record = None
    if seen is not None:
        row = seen.rows.get(fate.kind, {}).get(fate.eaccounting_id or "")
        record = seen.held.get(fate.kind, {}).get(fate.busy_id or "")
    link = None if record is None else record.link
    if seen is None and fate.planned is not None:
        link = fate.planned.expected_link
    try:
        noted = noted_in(link, company, kind=fate.kind, id=fate.busy_id or "")
    except LinkUnreadable:
        noted = None
    noted = noted or Noted(None)
    if fate.fate is Fate.UNCHANGED and row is None:
        # The reading was of what changed, so what it lacks is as it was.
        row = Upstream(fate.kind, fate.eaccounting_id or "", noted.base)
    return Case(fate=fate, row=row, record=record, noted=noted, seen=seen)


def _rules(fate: RecordFate, seen: Seen | None) -> tuple[str, ...]:
    rules = [] if fate.reason is None else [*_REASON_RULES[fate.reason]]
    if fate.planned is not None and fate.planned.adopted:
        rules += _REASON_RULES[Reason.ADOPTED]
    told = _FATE_RULES.get(fate.fate, ())
    if seen is not None and fate.fate in {Fate.UNLISTED, Fate.POSTPONED}:
        # Of the two rules, one is about readings that are sure.
        told = told[:1] if seen.upstream[fate.kind].sure else told[1:]
    rules += told
    for conflict in fate.conflicts:
        rules += _FINDING_RULES.get(conflict.code, ())
    for warning in fate.warnings:
        rules += _FINDING_RULES.get(warning.code, ())
    return _applicable(rules, fate.kind)


def _settings(fate: RecordFate) -> tuple[str, ...]:
    names = [*_SETTINGS.get(fate.fate, ())]
    if fate.reason is not None:
        names += _SETTINGS.get(fate.reason, ())
    if fate.planned is not None and fate.planned.adopted:
        names += _SETTINGS[Reason.ADOPTED]
    return _applicable(names, fate.kind)


def _applicable(names: Iterable[str], kind: Kind) -> tuple[str, ...]:
    """Return the rules or settings that are about a kind, each once."""
    return tuple(dict.fromkeys(name for name in names if kind in _ONLY_FOR.get(name, _ALL)))


def _field_line(each: ExplainedField, fate: RecordFate, language: Language) -> str:
    old, new, theirs, base = (
        each.shown(value, language) for value in (each.old, each.new, each.theirs, each.base)
    )
    value, seen = new, list[str]()
    if fate.busy_id is None and fate.planned is None:
        value = theirs
    else:
        if each.new != each.old and fate.busy_id is not None:
            value = f"{old} → {new}"
        if each.theirs is not None and theirs != new:
            seen.append(f"eAccounting: {theirs}")
        if each.has_base and base != new:
            seen.append(LAST_SEEN.of(language).format(base=base))
    beside = f" ({'; '.join(seen)})" if seen else ""
    why = FIELD_REASONS[each.reason].of(language)
    behind = _behind(_FIELD_RULES.get(each.reason, ()), each.settings)
    return f"    {field_name(each.field, language)}: {value}{beside}. {why}{behind}"


def _behind(rules: Iterable[str], settings: Mapping[str, str]) -> str:
    parts = "; ".join(filter(None, (", ".join(rules), _listed(settings))))
    return f" [{parts}]" if parts else ""


def _listed(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())
