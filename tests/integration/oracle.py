"""What an import may and must do, told once more, and apart from the engine: by what both sides had and have.

It knows eAccounting's rows and Busy's records before and after each sync, who archived what, and for each
field of a linked record what both sides had when it was last brought up to date. Where a sync was cut off,
or a list left something out, it cannot know whether that happened; then it keeps both answers.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias, final

from attrs import define, field, frozen

from visma_busy_sync.sync import Kind, Record, Value

from .small_visma import FINISHED, Company

Values: TypeAlias = Mapping[str, Value]
Rows: TypeAlias = Mapping[Kind, Mapping[str, Values]]
"""eAccounting's records by their ids, as Busy is to have them; a project's customer by its id there."""

Known: TypeAlias = "frozenset[tuple[object, object]]"
"""What eAccounting and Busy may have had in a field when it was last brought up to date."""

FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    Kind.CUSTOMER: ("number", "name", "organization_number"),
    Kind.PRODUCT: ("number", "name"),
    Kind.PROJECT: ("number", "name", "customer", "start_date", "end_date", "notes"),
}
_ITS_OWN: Final = {"number", "customer"}
"""Where both sides changed these, eAccounting's value stands; else Busy's (R22)."""

_NEVER: Final = object()
"""Stands for what a field was compared with where it never was."""


@frozen
class Seen:
    """A record of Busy at one moment.

    Attributes:
        values: Its values.
        links: Of each company that it has notes of, eAccounting's id there.
    """

    values: Values
    links: Mapping[str, str | None]

    @property
    def archived(self) -> bool:
        """Whether it is archived."""
        return self.values["archived"] is True


Books: TypeAlias = Mapping[Kind, Mapping[str, Seen]]


def seen(record: Record) -> Seen:
    """Return a record as it is now."""
    return Seen(record.values, _links(record.link.document) if record.link else {})


@functools.lru_cache(maxsize=10_000)
def _links(document: str) -> Mapping[str, str | None]:
    return {company: part["id"] for company, part in json.loads(document)["companies"].items()}


def rows_of(company: Company) -> Rows:
    """Return what a company has."""
    return {
        Kind.CUSTOMER: {
            id: {
                "number": row["CustomerNumber"],
                "name": row["Name"],
                "organization_number": row["CorporateIdentityNumber"],
                "archived": not row["IsActive"],
            }
            for id, row in company.rows[Kind.CUSTOMER].items()
        },
        Kind.PRODUCT: {
            id: {"number": row["Number"], "name": row["Name"], "archived": not row["IsActive"]}
            for id, row in company.rows[Kind.PRODUCT].items()
        },
        Kind.PROJECT: {
            id: {
                "number": row["Number"],
                "name": row["Name"],
                "customer": row["CustomerId"],
                "start_date": _day(row["StartDate"]),
                "end_date": _day(row["EndDate"]),
                "notes": row["Notes"],
                "archived": row["Status"] == FINISHED,
            }
            for id, row in company.rows[Kind.PROJECT].items()
        },
    }


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:10])


def _form(value: object) -> str:
    """Return what counts of a number or a name."""
    return " ".join(str(value).casefold().split())


def _same(mine: Values, theirs: Values) -> bool:
    """Whether number and name agree, or the organisation number."""
    if mine["number"] and all(_form(mine[name]) == _form(theirs[name]) for name in ("number", "name")):
        return True
    return bool(mine.get("organization_number")) and mine.get("organization_number") == theirs.get(
        "organization_number"
    )


@final
@frozen(kw_only=True)
class Sync:
    """A sync that was made.

    Attributes:
        company: Of which company.
        projects: Whether projects are synced.
        rows: What the company has.
        hidden: What its lists left out.
        missed: What may not have been read, because an earlier list left it out that seemed to be whole.
        sure: Whether the lists did not contradict themselves.
        whole: Whether they were surely read whole.
        crashed: Whether it may have been cut off.
        spared: eAccounting's ids of what it told to wait for a person, or to be refused.
        before: What Busy had.
        after: What Busy has.
    """

    company: str
    projects: bool
    rows: Rows
    hidden: frozenset[str]
    missed: frozenset[str]
    sure: bool
    whole: bool
    crashed: bool
    spared: frozenset[str]
    before: Books
    after: Books

    def unclear(self, id: str | None) -> bool:
        """Whether a record of eAccounting may not have been dealt with."""
        return self.crashed or id in self.hidden or id in self.missed

    def shown(self, kind: Kind) -> list[Values]:
        """Return what the list of a kind showed."""
        return [row for id, row in self.rows[kind].items() if id not in self.hidden]

    def linked(self, kind: Kind, *, after: bool = True) -> dict[str, str]:
        """Return Busy's ids by eAccounting's. Each record there has at most one in Busy."""
        found: dict[str, str] = {}
        for id, each in (self.after if after else self.before)[kind].items():
            other = each.links.get(self.company)
            if other is not None:
                assert other not in found, f"{kind} {other} is linked to {id} and to {found[other]}"
                found[other] = id
        return found

    def customers(self) -> Mapping[str, str]:
        """Return Busy's customers by eAccounting's ids, old ones too."""
        return {**self.linked(Kind.CUSTOMER, after=False), **self.linked(Kind.CUSTOMER)}


@define
class _Why:
    """Why a record is archived.

    Attributes:
        what: `hand`, `finished`, `missing`; or `unclear`, where a person brought back what a sync archived,
            and no sync has seen that yet.
        company: Because of which company.
    """

    what: str
    company: str = ""


@final
@define
class Oracle:
    """Judges each sync of a workspace.

    Attributes:
        candidates: For each company the projects that may be archived because it lacks them.
        done: The companies for which that is over.
        judged: How often it has seen what happen.
    """

    candidates: dict[str, frozenset[str]] = field(factory=dict[str, "frozenset[str]"])
    done: set[str] = field(factory=set[str])
    judged: Counter[str] = field(factory=Counter[str])
    _why: dict[str, _Why] = field(factory=dict[str, _Why])
    _brought_back: set[str] = field(factory=set[str])
    _known: dict[tuple[str, str], dict[str, Known]] = field(factory=dict[tuple[str, str], "dict[str, Known]"])
    _finished: dict[tuple[str, str], frozenset[bool]] = field(
        factory=dict[tuple[str, str], "frozenset[bool]"]
    )

    # What people do

    def connected(self, company: str, *, project_sync: bool, books: Books) -> None:
        """A person connected the workspace to a company."""
        if project_sync and company not in self.candidates:
            self.candidates[company] = frozenset(books[Kind.PROJECT])

    def archived_by_hand(self, id: str) -> None:
        """A person archived a record that was active."""
        self._why.setdefault(id, _Why("hand"))

    def brought_back(self, id: str) -> None:
        """A person brought an archived record back."""
        self._brought_back.add(id)
        why = self._why.pop(id, None)
        if why is not None and why.what != "hand":
            self._why[id] = _Why("unclear", why.company)

    # What a sync did

    def judge(self, sync: Sync) -> None:
        """Find fault with a sync.

        Raises:
            AssertionError: If it did what it must not, or left out what it must do.
        """
        for kind in Kind:
            before, after = sync.before[kind], sync.after[kind]
            assert before.keys() <= after.keys(), f"{kind}: {before.keys() - after.keys()} is gone"
            if kind is Kind.PROJECT and not sync.projects:
                assert before == after, "a project was touched though project sync is off"
                continue
            held = sync.linked(kind, after=False)
            for id, now in after.items():
                if id not in before:
                    self._created(sync, kind, now, held, id)
                elif (was := before[id]).links != now.links or was.values != now.values or was.links:
                    self._changed(sync, kind, id, was, now)
            if sync.sure and sync.whole and not sync.crashed:
                self._complete(sync, kind)
        if sync.projects and sync.sure and not sync.crashed and sync.shown(Kind.PROJECT):
            self._missing_archived(sync)  # until it is done, the projects are always read whole

    def _created(self, sync: Sync, kind: Kind, now: Seen, held: Mapping[str, str], id: str) -> None:
        """A record is new: eAccounting's, with all its values, and Busy did not have it."""
        assert now.links.keys() == {sync.company}
        other = now.links[sync.company]
        assert other is not None
        assert other not in held, f"{kind} {other} was created anew beside {held[other]}"
        assert other in sync.rows[kind], f"{kind} {other} is not there"
        row = sync.rows[kind][other]
        known: dict[str, Known] = {}
        for name in FIELDS[kind]:
            value = row[name]
            if name == "customer" and value is not None:
                value = sync.customers().get(str(value))
            assert now.values[name] == value, f"{kind} {other} was created with another {name}"
            unknown = value is None and row[name] is not None
            known[name] = frozenset({(_NEVER if unknown else row[name], value)})
        assert now.archived is row["archived"], f"{kind} {other} was created archived: {now.archived}"
        if now.archived:
            self._why[id] = _Why("finished", sync.company)
        self._known[sync.company, other] = known
        self._finished[sync.company, other] = frozenset({now.archived})
        self.judged["created"] += 1

    def _changed(self, sync: Sync, kind: Kind, id: str, was: Seen, now: Seen) -> None:
        elsewhere = {company: other for company, other in was.links.items() if company != sync.company}
        assert elsewhere == {c: o for c, o in now.links.items() if c != sync.company}
        old, new = was.links.get(sync.company), now.links.get(sync.company)
        if new != old:
            assert new is not None, f"{kind} {id} lost its link"
            self._joined(sync, kind, was, old, new)
        row = None if new is None else sync.rows[kind].get(new)
        if new is None or row is None:
            changed = {name for name in FIELDS[kind] if was.values[name] != now.values[name]}
            assert not changed, f"{kind} {id} has no counterpart, but {changed} changed"
        else:
            known = self._known[sync.company, new]
            for name in FIELDS[kind]:
                known[name] = self._field(sync, kind, (id, new, name), was, now)
        self._archived(sync, kind, id, new, was, now)

    def _joined(self, sync: Sync, kind: Kind, was: Seen, old: str | None, new: str) -> None:
        """A record got its counterpart: both agree, and a counterpart that it had before is gone."""
        assert sync.sure, f"{kind} {new} was joined in an unsure reading"
        row = sync.rows[kind][new]
        if old is None:
            assert _same(was.values, row), f"{kind} {new} was joined with another one"
            self._known[sync.company, new] = dict.fromkeys(FIELDS[kind], frozenset({(_NEVER, None)}))
            self._finished[sync.company, new] = frozenset()
            self.judged["joined"] += 1
            return
        assert old not in sync.rows[kind], f"{kind} {old} is still there, but {new} took its place"
        known = self._known.pop((sync.company, old))
        bases = [{_form(base) for base, _ in known[name]} for name in ("number", "name")]
        assert _form(row["number"]) in bases[0], f"{new} is not {old} created again"
        assert _form(row["name"]) in bases[1], f"{new} is not {old} created again"
        self._known[sync.company, new] = known
        self._finished[sync.company, new] = self._finished.pop((sync.company, old))
        self.judged["recreated"] += 1

    def _field(self, sync: Sync, kind: Kind, which: tuple[str, str, str], was: Seen, now: Seen) -> Known:
        """Return what is known of a field now; it must be what comes of what was known."""
        id, other, name = which
        mine, after = was.values[name], now.values[name]
        known = self._known[sync.company, other][name]
        may = {answer for base, stored in known for answer in self._merged(sync, which, mine, base, stored)}
        if sync.unclear(other):
            may |= {(mine, each) for each in known}
        fits = frozenset(each for value, each in may if value == after)
        row = sync.rows[kind][other]
        assert fits, f"{name} of {kind} {id}: {mine!r} became {after!r}, eAccounting has {row[name]!r}"
        if mine != after:
            self.judged["taken"] += 1
        elif any(each not in known for each in fits) and mine != row[name]:
            self.judged["kept"] += 1
        return fits

    def _merged(
        self, sync: Sync, which: tuple[str, str, str], mine: Value, base: object, stored: object
    ) -> Iterator[tuple[Value, tuple[object, object]]]:
        """Yield what Busy has after a sync, and what is known then, from what was known."""
        _, other, name = which
        up = next(rows[other][name] for rows in sync.rows.values() if other in rows)
        theirs: Value = up
        before = base
        if name == "customer":
            customers = sync.customers()
            if up is not None and up != base and str(up) not in customers:
                yield mine, (base, stored)
                return
            theirs = None if up is None else customers.get(str(up))
            before = None if base is None else customers.get(str(base), _NEVER)
        if up == base and name == "customer" and mine == stored and None not in (mine, theirs):
            # It may be another one of Busy by now; the project follows, unless a person chose its customer.
            yield theirs, (up, theirs)
            if not sync.whole:
                yield mine, (base, stored)  # what changed was read, and the project is not among it
        elif up == base:
            yield mine, (base, stored)
        elif mine == theirs or (base is _NEVER and mine is not None and not (theirs and name in _ITS_OWN)):
            yield mine, (up, mine)
        elif (mine is None and base is _NEVER) or mine in (stored, before) or name in _ITS_OWN:
            yield theirs, (up, theirs)
        else:
            yield mine, (up, stored)

    def _archived(self, sync: Sync, kind: Kind, id: str, other: str | None, was: Seen, now: Seen) -> None:
        row = None if other is None else sync.rows[kind].get(other)
        if now.archived and not was.archived:
            assert sync.sure, f"{kind} {id} was archived from an unsure reading"
            if row is not None and other is not None:
                assert row["archived"], f"{kind} {id} was archived, but is not finished"
                fresh = self._finished[sync.company, other] != {True}
                assert fresh, f"{kind} {id} was archived, though a person had brought it back"
                self._why[id] = _Why("finished", sync.company)
            else:
                assert kind is Kind.PROJECT, f"{kind} {id} was archived as missing"
                assert sync.shown(kind), "eAccounting has nothing, and that was believed"
                if other is None:
                    assert sync.company not in self.done, f"{id} was archived as missing a second time"
                    assert id in self.candidates[sync.company], f"{id} was made after the connection"
                self._why[id] = _Why("missing", sync.company)
                self.judged["gone" if other else "missing"] += 1
        elif was.archived and not now.archived:
            why = self._why.pop(id, None)
            assert why is None or why.what != "hand", f"{kind} {id} was archived by hand, and restored"
            assert row is not None, f"{kind} {id} was restored, but is not there"
            assert not row["archived"], f"{kind} {id} was restored, but is finished"
            self.judged["restored"] += 1
        elif not now.archived and not sync.unclear(other):
            why = self._why.get(id)
            if why is not None and why.company == sync.company:
                del self._why[id]  # a sync has seen that a person brought it back
        if row is None or other is None:
            return
        finished = row["archived"] is True
        key = (sync.company, other)
        if sync.unclear(other) or (finished and not now.archived and not sync.sure):
            self._finished[key] |= {finished}
        else:
            self._finished[key] = frozenset({finished})

    def _complete(self, sync: Sync, kind: Kind) -> None:
        """Each of eAccounting's records is in Busy, and active unless there is a reason (R7, R20)."""
        linked = sync.linked(kind)
        for other, row in sync.rows[kind].items():
            if other in sync.spared or other in sync.hidden:
                continue
            assert other in linked, f"{kind} {other} is not in Busy"
            id = linked[other]
            archived, why = sync.after[kind][id].archived, self._why.get(id)
            if row["archived"]:
                assert archived or id in self._brought_back, f"{kind} {id} is finished, but active"
            elif archived:
                assert why is not None, f"{kind} {id} is archived for no reason"
                elsewhere = why.what == "finished" and why.company != sync.company
                by_person = why.what in {"hand", "unclear"}
                assert by_person or elsewhere, f"{kind} {id} is ongoing, but archived: {why}"

    def _missing_archived(self, sync: Sync) -> None:
        """What Busy had at the first connection, and eAccounting does not have, is archived (R8, R23)."""
        projects = sync.rows[Kind.PROJECT].values()
        if sync.company not in self.done:
            # What a person brought back may have been archived before, by a sync that was cut off then.
            for id in self.candidates[sync.company] & sync.after[Kind.PROJECT].keys() - self._brought_back:
                now = sync.after[Kind.PROJECT][id]
                alike = any(_same(now.values, row) for row in projects)
                if now.links.get(sync.company) is None and not alike:
                    assert now.archived, f"{id} is unknown to eAccounting, but active"
        self.done.add(sync.company)


def books_of(load: Callable[[Kind], Sequence[Record]]) -> Books:
    """Return all that Busy has, by what loads the records of a kind."""
    return {kind: {record.id: seen(record) for record in load(kind)} for kind in Kind}
