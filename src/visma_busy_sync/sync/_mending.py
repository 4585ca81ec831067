"""The link doctor: records that look linked to the wrong one, or to one that is gone, and what would mend it.

It proposes; a person looks at each proposal and decides. Nothing of it is done by itself, since a wrong link
bills the wrong customer.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, final

from attrs import define, field, frozen

from visma_busy_sync._core.texts import Language
from visma_busy_sync.sync._changes import label_of
from visma_busy_sync.sync._decisions import Decide, Decision
from visma_busy_sync.sync._errors import LinkUnreadable
from visma_busy_sync.sync._links import Noted, noted_in
from visma_busy_sync.sync._mapping import Read, Upstream
from visma_busy_sync.sync._matching import Marks, contradict, marks_of
from visma_busy_sync.sync._records import Kind, Record
from visma_busy_sync.sync._texts import AILMENTS, DECISIONS, KINDS

ALIKE: Final = 0.8
"""How alike two names must be, of 1, for records of one number to be taken for the same."""


class Ailment(enum.StrEnum):
    """What is wrong with a link, as it seems."""

    GONE_AND_BACK = "gone_and_back"
    """The linked record is gone in eAccounting, and another one there has its number or name."""

    RENAMED = "renamed"
    """Number agrees and the names are alike: it was called otherwise on one side before they were linked."""

    RENUMBERED = "renumbered"
    """The name agrees and the number does not: it was numbered anew on one side before they were linked."""

    CROSSED = "crossed"
    """Two records are linked to each other's partner, as numbers and names say."""

    LINKED_TWICE = "linked_twice"
    """Two records are linked to one of eAccounting, and only one of them agrees with it."""


@final
@frozen
class Mending:
    """One proposal; hand its `decisions` on if a person agrees.

    `str(mending)` and `text("nb")` show numbers and names, so they belong in no log; its repr hides them.

    Attributes:
        ailment: What seems to be wrong.
        kind: What the records are.
        busy: Number and name of the record of Busy that each decision is about.
        eaccounting: Number and name of the records of eAccounting that take part, by id.
        decisions: What would mend it.
    """

    ailment: Ailment
    kind: Kind
    busy: tuple[str, ...] = field(repr=False)
    eaccounting: Mapping[str, str] = field(repr=False)
    decisions: tuple[Decision, ...]

    def text(self, language: Language) -> str:
        """Say it in a language: what seems wrong, about which records, and what would mend it."""
        done = "; ".join(
            f"{busy} ({each.busy_id}): {DECISIONS[each.what].of(language).format(id=each.eaccounting_id)}"
            for each, busy in zip(self.decisions, self.busy, strict=True)
        )
        there = ", ".join(f"{label} ({id})" for id, label in self.eaccounting.items())
        kind, ailment = KINDS[self.kind][0].of(language), AILMENTS[self.ailment].of(language)
        return f"{kind}: {ailment}. eAccounting: {there}. Busy: {done}"

    def __str__(self) -> str:
        return self.text("en")


def mendings(
    company: str, upstream: Mapping[Kind, Read], records: Mapping[Kind, Sequence[Record]]
) -> tuple[Mending, ...]:
    """Look for links that seem wrong, and propose what would mend them.

    Only whole and sure readings are looked at. Each record takes part in one proposal at most, and where
    several would fit, in none.

    Args:
        company: eAccounting's id of the company.
        upstream: What was read in eAccounting, by kind.
        records: All records that the host has, by kind.
    """
    found: list[Mending] = []
    for kind, read in upstream.items():
        if read.sure and read.whole:
            doctor = _Doctor(company, kind, read.rows, records.get(kind, ()))
            found += doctor.proposals()
    return tuple(sorted(found, key=lambda each: (each.ailment, each.kind, each.decisions[0].busy_id)))


@define
class _Patient:
    """A record of Busy, with its link."""

    record: Record
    noted: Noted | None
    marks: Marks = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.marks = marks_of(self.record.values)


class _Doctor:
    """The records of one kind, on both sides."""

    def __init__(self, company: str, kind: Kind, rows: Iterable[Upstream], records: Iterable[Record]) -> None:
        self._kind = kind
        self._rows = {row.id: row for row in rows}
        self._marks = {id: marks_of(row.values) for id, row in self._rows.items()}
        self._by_key: dict[tuple[str, str], list[str]] = {}
        for id, marks in self._marks.items():
            for key in marks.keys:
                self._by_key.setdefault(key, []).append(id)
        self._holders: dict[str, list[_Patient]] = {}
        self._unlinked: list[_Patient] = []
        self._gone: list[_Patient] = []
        for record in sorted(records, key=lambda record: record.id):
            try:
                noted = noted_in(record.link, company, kind=kind, id=record.id)
            except LinkUnreadable:
                continue
            patient, linked_to = _Patient(record, noted), noted.eaccounting_id if noted else None
            if linked_to is None:
                self._unlinked.append(patient)
            elif linked_to in self._rows:
                self._holders.setdefault(linked_to, []).append(patient)
            else:
                self._gone.append(patient)

    def proposals(self) -> list[Mending]:
        """Return what is proposed: each record once."""
        every = [*self._twice(), *self._crossed(), *self._gone_and_back(), *self._called_otherwise()]
        times: dict[str, int] = {}
        for mending in every:
            for decision in mending.decisions:
                times[decision.busy_id] = times.get(decision.busy_id, 0) + 1
        return [each for each in every if all(times[d.busy_id] == 1 for d in each.decisions)]

    def _twice(self) -> list[Mending]:
        found: list[Mending] = []
        for id, holders in self._holders.items():
            agreeing = [each for each in holders if self._agrees(each.marks, self._marks[id])]
            if len(holders) > 1 and len(agreeing) == 1:
                wrong = [each for each in holders if each not in agreeing]
                decisions = [self._decide(Decide.UNLINK, each) for each in wrong]
                found.append(self._mending(Ailment.LINKED_TWICE, wrong, [id], decisions))
        return found

    def _crossed(self) -> list[Mending]:
        by_marks = {(marks.number, marks.name): id for id, marks in self._marks.items()}
        found: list[Mending] = []
        for id, (one, *more) in self._holders.items():
            other_id = by_marks.get((one.marks.number, one.marks.name))
            if more or other_id is None or other_id <= id or None in (one.marks.number, one.marks.name):
                continue  # each pair once
            others = self._holders.get(other_id, [])
            if len(others) == 1 and self._agrees(others[0].marks, self._marks[id]):
                decisions = [
                    self._decide(Decide.RELINK, one, other_id),
                    self._decide(Decide.RELINK, others[0], id),
                ]
                found.append(self._mending(Ailment.CROSSED, [one, *others], [id, other_id], decisions))
        return found

    def _gone_and_back(self) -> list[Mending]:
        found: list[Mending] = []
        for patient in self._gone:
            before = marks_of(patient.noted.base if patient.noted else {})
            candidates = self._candidates(before, number_is_enough=True)
            if len(candidates) == 1:
                found.append(self._moved(Ailment.GONE_AND_BACK, patient, candidates[0], Decide.RELINK))
        return found

    def _called_otherwise(self) -> list[Mending]:
        found: list[Mending] = []
        for patient in self._unlinked:
            candidates = self._candidates(patient.marks)
            if len(candidates) == 1 and not self._agrees(patient.marks, self._marks[candidates[0]]):
                same_number = patient.marks.number == self._marks[candidates[0]].number
                ailment = Ailment.RENAMED if same_number else Ailment.RENUMBERED
                found.append(self._moved(ailment, patient, candidates[0], Decide.LINK))
        return found

    def _candidates(self, marks: Marks, *, number_is_enough: bool = False) -> list[str]:
        """Return the rows that may be what has these marks, and are free."""
        near = sorted({id for key in marks.keys for id in self._by_key.get(key, ())})
        return [id for id in near if self._may_be(id, marks, number_is_enough=number_is_enough)]

    def _may_be(self, id: str, marks: Marks, *, number_is_enough: bool) -> bool:
        theirs = self._marks[id]
        alike = _alike(marks, theirs, number_is_enough=number_is_enough)
        return alike and not contradict(marks, theirs) and self._is_free(id)

    def _is_free(self, id: str) -> bool:
        """Whether nothing is linked to a row, or only one that is called as it is: created from it, maybe."""
        holders = self._holders.get(id, [])
        return not holders or (len(holders) == 1 and self._agrees(holders[0].marks, self._marks[id]))

    def _moved(self, ailment: Ailment, patient: _Patient, id: str, what: Decide) -> Mending:
        """Propose to link a record to a row, and to archive the one that was created for the row."""
        beside = self._holders.get(id, [])
        decisions = [
            self._decide(what, patient, id),
            *(self._decide(Decide.ARCHIVE, each) for each in beside),
        ]
        return self._mending(ailment, [patient, *beside], [id], decisions)

    @staticmethod
    def _agrees(one: Marks, other: Marks) -> bool:
        return (one.number, one.name) == (other.number, other.name)

    def _decide(self, what: Decide, patient: _Patient, id: str | None = None) -> Decision:
        return Decision(what, self._kind, patient.record.id, id)

    def _mending(
        self,
        ailment: Ailment,
        patients: Iterable[_Patient],
        ids: Iterable[str],
        decisions: Iterable[Decision],
    ) -> Mending:
        busy = tuple(label_of(each.record.values) for each in patients)
        eaccounting = {id: label_of(self._rows[id].values) for id in ids}
        return Mending(ailment, self._kind, busy, eaccounting, tuple(decisions))


def _alike(one: Marks, other: Marks, *, number_is_enough: bool) -> bool:
    """Whether two records that have something in common are alike: in more than the number, or nearly.

    Of a record that is gone in eAccounting the number is enough: nobody else has it there.
    """
    if one.organization is not None and one.organization == other.organization:
        return True
    if one.name is not None and one.name == other.name:
        return True
    if one.name is None or other.name is None or number_is_enough:
        return number_is_enough
    return SequenceMatcher(None, one.name, other.name).ratio() >= ALIKE
