"""Checks of `Catalogue`: what is loaded, created, changed, expected, refused, and how it is answered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from visma_busy_sync.sync import Applied, Change, Kind, Link, Moved, Record, Refused, Value
from visma_busy_sync.testing._kit import catalogue_promises as p
from visma_busy_sync.testing._kit.catalogue_stage import (
    CatalogueStage,
    change_of,
    creation,
    new_link,
    new_values,
    told,
)
from visma_busy_sync.testing._kit.harness import DELETION, REFUSALS
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(CatalogueStage)

# More than the page or limit that database tools set by themselves, and more than some bind at once.
_MANY: Final = 1_100

_DAY: Final = date(2024, 2, 29)


async def _full(stage: CatalogueStage, kind: Kind = Kind.PROJECT, **values: Value) -> Record:
    """Create a record in which every field that the host has is filled in, and return it as it is loaded."""
    full: dict[str, Value] = {}
    if kind is Kind.PROJECT:
        customer = (await stage.catalogue.create(Kind.CUSTOMER)).id
        full = {"customer": customer, "start_date": _DAY, "end_date": date(2026, 12, 31), "notes": "Notes"}
    if kind is Kind.CUSTOMER:
        full = {"organization_number": "999888777"}
    return await stage.loaded(await stage.catalogue.create(kind, **{**full, **values}))


def _another(record: Record, name: str, customer: str) -> Value:
    """Return another value that a field can have."""
    others: Mapping[str, Value] = {
        "archived": record.values.get("archived") is False,
        "start_date": date(1999, 12, 31),
        "end_date": date(2040, 1, 1),
        "customer": customer,
        "organization_number": "111222333",
    }
    return others.get(name, f"{new_values(record.kind)[name if name == 'number' else 'name']}")


@SUITE.shows(p.ANSWERS_ARE_RECORDS)
async def every_field_has_its_type(stage: CatalogueStage) -> None:
    """Records of each kind, full and empty ones, are loaded with texts, days and flags."""
    for kind in Kind:
        await _full(stage, kind, archived=True)
        await stage.catalogue.create(kind)
        await stage.catalogue.load(kind)


@SUITE.shows(p.ANSWERS_ARE_RECORDS)
async def answers_are_the_callers_own(stage: CatalogueStage) -> None:
    """What the caller does to what it passed or got changes nothing in the host."""
    passed = new_values(Kind.PROJECT)
    changes = [Change(Kind.PROJECT, None, passed, {}, None, new_link())]
    outcomes: Any = await stage.catalogue.port.apply(stage.tenant, changes)
    stage.require(isinstance(outcomes[0], Applied), f"a creation was answered {outcomes[0]}")
    before = await stage.catalogue.record(Kind.PROJECT, outcomes[0].id)
    changes.clear()
    records: Any = await stage.catalogue.port.load(stage.tenant, Kind.PROJECT)
    for values in (passed, outcomes[0].values, *(record.values for record in records)):
        if isinstance(values, dict):
            values["name"] = "the caller's"
    for answer in (outcomes, records):
        if isinstance(answer, list):
            answer.clear()
    after = await stage.catalogue.record(Kind.PROJECT, before.id if before else "")
    stage.require(after == before, f"changing what was passed or returned left {told(after)}")


@SUITE.shows(p.ALL_RECORDS_LOADED)
async def archived_records_are_loaded_too(stage: CatalogueStage) -> None:
    """Those that were created archived, and those that were archived later."""
    for kind in Kind:
        created = await stage.catalogue.create(kind, archived=True)
        later = await stage.catalogue.create(kind)
        later = await stage.catalogue.changed(later, archived=True)
        loaded = await stage.catalogue.load(kind)
        for record in (created, later):
            stage.require(record.id in loaded, f"{told(record)} is not loaded")


@SUITE.shows(p.ALL_RECORDS_LOADED)
async def what_a_person_made_is_loaded(stage: CatalogueStage) -> None:
    """A record that was made in Busy comes with its values and without a link."""
    for kind in Kind:
        added = stage.add_raw(kind)
        loaded = await stage.catalogue.load(kind)
        found = loaded.get(added.id)
        stage.require(found is not None, f"{told(added)}, made past the port, is not loaded")
        stage.require(
            found is None or stage.known(found) == added,
            f"{told(added)}, made past the port, is {told(found)}",
        )


@SUITE.shows(p.ALL_RECORDS_LOADED)
async def a_load_has_no_limit(stage: CatalogueStage) -> None:
    """More records than a usual page are all loaded, each with its own link."""
    changes = [creation(Kind.PRODUCT) for _ in range(_MANY)]
    outcomes = await stage.catalogue.made(*changes)
    wanted = {outcome.id: change.link for change, outcome in zip(changes, outcomes, strict=True)}
    loaded = {record.id: record.link for record in (await stage.catalogue.load(Kind.PRODUCT)).values()}
    right = sum(loaded.get(id) == link for id, link in wanted.items())
    seen = f"of {_MANY:,} records {right:,} are loaded with their links, in {len(loaded):,} rows"
    stage.require(right == _MANY, seen)


@SUITE.shows(p.RECORDS_OF_TENANTS_APART)
async def tenants_do_not_see_each_other(stage: CatalogueStage) -> None:
    """A record is loaded and changed by its own tenant only."""
    for kind in Kind:
        mine = await stage.loaded(await stage.catalogue.create(kind))
        before = await stage.catalogue.load(kind, stage.other)
        stage.require(
            all(record.link != mine.link for record in before.values()),
            f"{told(mine)} of the tenant {stage.tenant!r} is loaded for {stage.other!r}",
        )
        await stage.catalogue.moved(
            change_of(mine, {"name": "Theirs"}),
            why=f"the record is of another tenant than {stage.other!r}",
            breaks=stage.promise,
            tenant=stage.other,
        )
        await stage.unchanged(mine, f"the tenant {stage.other!r} asked for a change of it")
        await stage.catalogue.changed(mine, name="Mine, changed")
        after = await stage.catalogue.load(kind, stage.other)
        stage.require(after == before, f"a change of {stage.tenant!r} changed records of {stage.other!r}")


@SUITE.shows(p.RECORDS_OF_TENANTS_APART)
async def an_id_belongs_to_its_kind(stage: CatalogueStage) -> None:
    """The id of a record of one kind is none of another."""
    for kind in Kind:
        record = await stage.loaded(await stage.catalogue.create(kind))
        for other in set(Kind) - {kind}:
            foreign = Change(other, record.id, {}, {}, record.link, new_link())
            await stage.catalogue.moved(
                foreign, why=f"the record is a {kind} and no {other}", breaks=stage.promise
            )
        await stage.unchanged(record, "changes of other kinds named its id")


@SUITE.shows(p.VALUES_AS_STORED)
async def applied_tells_every_field(stage: CatalogueStage) -> None:
    """New, changed or only linked: the outcome tells the whole record, as it is loaded then."""
    for kind in Kind:
        record = await stage.catalogue.create(kind)
        await _told_as_stored(stage, record, "a creation")
        record = await stage.catalogue.changed(record, name=f"Renamed {record.id}"[:40])
        await _told_as_stored(stage, record, "a change of the name")
        record = await stage.catalogue.changed(record)
        await _told_as_stored(stage, record, "a change of the link alone")
        edited = stage.edit_raw(record, name=f"Edited {record.id}"[:40])
        record = await stage.catalogue.changed(edited, archived=True)
        await _told_as_stored(stage, record, "a change after a person's edit of another field")


@SUITE.shows(p.VALUES_AS_STORED)
async def applied_tells_what_is_left_of_a_long_text(stage: CatalogueStage) -> None:
    """A name of 5,000 letters is refused, kept, or cut; the outcome tells which."""
    long = "An endless name " * 313
    for kind in Kind:
        change = creation(kind, name=long)
        (outcome,) = await stage.catalogue.apply(change, error_breaks=p.OUTCOME_FOR_EACH)
        if isinstance(outcome, Applied):
            record = Record(kind, outcome.id, dict(outcome.values), change.link)
            await _told_as_stored(stage, record, "a creation with a name of 5,000 letters")
        record = await stage.catalogue.create(kind)
        change = change_of(record, {"name": long})
        (outcome,) = await stage.catalogue.apply(change, error_breaks=p.OUTCOME_FOR_EACH)
        if isinstance(outcome, Applied):
            record = Record(kind, outcome.id, dict(outcome.values), change.link)
            await _told_as_stored(stage, record, "a change to a name of 5,000 letters")


async def _told_as_stored(stage: CatalogueStage, outcome: Record, what: str) -> None:
    lacking = sorted(set(stage.fields[outcome.kind]) - outcome.values.keys())
    stage.require(not lacking, f"the outcome of {what} does not tell {', '.join(lacking)}")
    now = await stage.loaded(outcome)
    stage.require(
        stage.known(outcome).values == now.values,
        f"the outcome of {what} tells {told(outcome)}, not {told(now)}",
    )


@SUITE.shows(p.ONLY_NAMED_FIELDS)
async def a_change_touches_the_fields_that_it_names(stage: CatalogueStage) -> None:
    """Each field is changed alone, and all others stay."""
    customer = (await stage.catalogue.create(Kind.CUSTOMER)).id
    for kind in Kind:
        record = await _full(stage, kind)
        for name in stage.fields[kind]:
            value = _another(record, name, customer)
            await stage.catalogue.changed(record, link := new_link(), **{name: value})
            wanted = Record(kind, record.id, {**record.values, name: value}, link)
            record = await stage.loaded(record)
            stage.require(
                record == wanted, f"after a change of {name} there is {told(record)}, not {told(wanted)}"
            )


@SUITE.shows(p.ONLY_NAMED_FIELDS)
async def an_edit_of_another_field_stays(stage: CatalogueStage) -> None:
    """What a person edited after the record was loaded does not move the change, and is not written over."""
    for kind in Kind:
        record = await stage.loaded(await stage.catalogue.create(kind))
        stage.edit_raw(record, archived=True)
        await stage.catalogue.changed(record, link := new_link(), name=f"Renamed {record.id}"[:40])
        now = await stage.loaded(record)
        values = {**record.values, "archived": True, "name": f"Renamed {record.id}"[:40]}
        wanted = Record(kind, record.id, values, link)
        stage.require(now == wanted, f"a person archived it and a change renamed it: {told(now)}")


@SUITE.shows(p.NEW_ID)
async def each_creation_is_a_record_of_its_own(stage: CatalogueStage) -> None:
    """In one call and in several, also where all that is told about them is the same but the number."""
    for kind in Kind:
        before = await stage.catalogue.load(kind)
        outcomes = await stage.catalogue.made(*(creation(kind, name="Same") for _ in range(10)))
        for _ in range(3):
            outcomes += await stage.catalogue.made(creation(kind, name="Same"))
        ids = [outcome.id for outcome in outcomes]
        stage.require(len(set(ids)) == len(ids), f"{len(ids)} creations gave {len(set(ids))} different ids")
        stage.require(not set(ids) & before.keys(), "a creation gave the id of a record that was there")
        now = await stage.catalogue.load(kind)
        stage.require(
            now.keys() == before.keys() | set(ids),
            f"{len(ids)} creations left {len(now) - len(before)} records",
        )


def _near(value: Value) -> Sequence[Value]:
    """Return values that a careless comparison takes for this one."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, date):
        return (None, date(value.year, value.month, value.day - 1))
    if value is None:
        return ("", "None", "x")
    return (None, "", f"{value}x", value[:-1], value.upper(), f"0{value}")


@SUITE.shows(p.EXPECTED_VALUES)
async def a_value_that_is_not_as_expected_moves_the_change(stage: CatalogueStage) -> None:
    """Whichever field it is and however near the value: nothing is changed, the link neither."""
    customer = (await stage.catalogue.create(Kind.CUSTOMER)).id
    for kind in Kind:
        for record in (await _full(stage, kind), await stage.loaded(await stage.catalogue.create(kind))):
            for name in stage.fields[kind]:
                wanted = record.values[name]
                values = {name: _another(record, name, customer)}
                for near in _near(wanted):
                    if near != wanted:
                        change = Change(kind, record.id, values, {name: near}, record.link, new_link())
                        why = f"it expects {near!r} as {name} and {wanted!r} is stored"
                        await stage.catalogue.moved(change, why=why, breaks=stage.promise)
            await stage.unchanged(record, "changes expected other values")


@SUITE.shows(p.EXPECTED_VALUES)
async def one_of_several_values_moves_the_change(stage: CatalogueStage) -> None:
    """All that is expected counts, wherever it stands; a person edited one of it."""
    record = await _full(stage)
    edited = stage.edit_raw(record, name="Edited by a person")
    for names in (("name", "archived"), ("archived", "name")):
        values = {name: record.values[name] if name == "archived" else "New" for name in names}
        await stage.catalogue.moved(
            change_of(record, values), why="a person edited the name", breaks=stage.promise
        )
        await stage.unchanged(edited, "a change expected the name from before a person's edit")
    await stage.catalogue.changed(edited, name="New", archived=True)


@SUITE.shows(p.EXPECTED_LINK)
async def another_link_moves_the_change(stage: CatalogueStage) -> None:
    """An older link, one that means the same, none at all: nothing is changed."""
    for kind in Kind:
        older = Link('{"a": 1, "b": [2]}')
        first = await stage.catalogue.create(kind, older)
        record = await stage.loaded(await stage.catalogue.changed(first, Link('{"a": 1, "c": [2]}')))
        for link in (older, None, Link('{"a":1,"c":[2]}'), Link('{"c": [2], "a": 1}'), Link("")):
            for values in ({}, {"name": "New"}):
                expected = {name: record.values[name] for name in values}
                change = Change(kind, record.id, values, expected, link, new_link())
                why = f"it expects {'no link' if link is None else link.document}, and there is another"
                await stage.catalogue.moved(change, why=why, breaks=stage.promise)
        await stage.unchanged(record, "changes expected another link")


@SUITE.shows(p.EXPECTED_LINK)
async def a_link_is_expected_where_there_is_none(stage: CatalogueStage) -> None:
    """A record that a person made has no link; only a change that expects none may give it one."""
    for kind in Kind:
        record = stage.add_raw(kind)
        for link in (Link(""), Link("{}"), Link("null"), new_link()):
            change = Change(kind, record.id, {}, {}, link, new_link())
            why = "it expects a link, and the record has none"
            await stage.catalogue.moved(change, why=why, breaks=stage.promise)
        await stage.unchanged(record, "changes expected a link")
        await stage.catalogue.changed(record)


_NO_IDS: Final = (
    "no-such-id",
    "-1",
    "999999999999999999999",
    "00000000-0000-0000-0000-000000000000",
    "'",
)


@SUITE.shows(p.GONE_IS_MOVED)
async def a_record_that_was_never_there_moves_the_change(stage: CatalogueStage) -> None:
    """Whatever the id looks like, nothing is created and nothing raised."""
    for kind in Kind:
        before = await stage.catalogue.load(kind)
        for id in _NO_IDS:
            for expected_link in (None, new_link()):
                change = Change(kind, id, {"name": "New"}, {"name": None}, expected_link, new_link())
                (outcome,) = await stage.catalogue.apply(change)
                stage.require(
                    isinstance(outcome, Moved),
                    f"a change of {id!r}, which is not there, was answered {outcome}",
                )
        now = await stage.catalogue.load(kind)
        stage.require(now == before, f"changes of records that are not there left {len(now)} records")


@SUITE.shows(p.GONE_IS_MOVED, needs=(DELETION,))
async def a_record_that_a_person_deleted_moves_the_change(stage: CatalogueStage) -> None:
    """It is not brought back."""
    for kind in Kind:
        record = await stage.loaded(await stage.catalogue.create(kind))
        stage.remove_raw(record)
        for values in ({}, {"name": "New"}):
            (outcome,) = await stage.catalogue.apply(change_of(record, values))
            stage.require(isinstance(outcome, Moved), f"a change of a deleted {kind} was answered {outcome}")
        now = await stage.catalogue.record(kind, record.id)
        stage.require(now is None, f"a change brought back a deleted {kind}: {told(now)}")
        stage.require(stage.raw(kind, record.id) is None, f"a deleted {kind} is there again past the port")


@SUITE.shows(p.WHOLE_WITH_ITS_LINK)
async def values_and_link_are_stored_together(stage: CatalogueStage) -> None:
    """Created, changed or only linked: past the port there are both."""
    for kind in Kind:
        created = await stage.catalogue.create(kind)
        _is_whole(stage, created, None, "a creation")
        changed = await stage.catalogue.changed(created, name=f"New {created.id}"[:40])
        _is_whole(stage, changed, created, "a change")
        linked = await stage.catalogue.changed(changed)
        _is_whole(stage, linked, None, "a change of the link alone")


def _is_whole(stage: CatalogueStage, record: Record, before: Record | None, what: str) -> None:
    stage.stored(record, before)
    held = stage.raw(record.kind, record.id)
    seen = f"{what} was applied, and past the port there is {told(held)}, not {told(record)}"
    stage.require(held == stage.known(record), seen)


@SUITE.shows(p.REFUSED_LEAVES_NOTHING, needs=(REFUSALS,))
async def what_is_refused_leaves_nothing(stage: CatalogueStage) -> None:
    """Neither a record nor a value nor a link; the reason is a sentence."""
    for kind in Kind:
        bad = stage.refused_values(kind)
        record = await stage.loaded(await stage.catalogue.create(kind))
        before = await stage.catalogue.load(kind)
        good = {name: record.values[name] for name in ("archived", "name") if name not in bad}
        for what, change in {
            "a creation": creation(kind, **bad),
            "a change": change_of(record, bad),
            "a change of other fields too": change_of(record, {**good, **bad}),
        }.items():
            (outcome,) = await stage.catalogue.apply(change, error_breaks=p.OUTCOME_FOR_EACH)
            stage.require(
                isinstance(outcome, Refused),
                f"{what} with values that the host refuses is answered {outcome}",
            )
            reason = outcome.reason if isinstance(outcome, Refused) else ""
            stage.require(bool(reason.strip()), f"{what} was refused without a reason")
        now = await stage.catalogue.load(kind)
        stage.require(
            now == before, f"{len(now) - len(before)} records more are there after {kind}s were refused"
        )
        await stage.unchanged(record, "changes of it were refused")


async def _mixed(stage: CatalogueStage, bad: Mapping[Kind, Mapping[str, Value]]) -> None:
    kinds = tuple(Kind)
    records = [await stage.loaded(await stage.catalogue.create(kind)) for kind in kinds for _ in range(2)]
    mixed: list[tuple[Change, str]] = []
    for record in records:
        kind = record.kind
        mixed += [
            (change_of(record, {"name": f"First {record.id}"[:40]}), "Applied"),
            (change_of(record, {"name": f"Second {record.id}"[:40]}), "Moved"),
            (creation(kind), "Applied"),
            (Change(kind, "no-such-id", {}, {}, None, new_link()), "Moved"),
        ]
        mixed += [(creation(kind, **bad[kind]), "Refused")] if kind in bad else []
        mixed += [(creation(kind, archived=True), "Applied")]
    changes = [change for change, _ in mixed]
    outcomes = await stage.catalogue.apply(*changes)
    for at, ((change, wanted), outcome) in enumerate(zip(mixed, outcomes, strict=True), 1):
        answer = type(outcome).__name__
        seen = f"change {at} of {len(changes)} was answered {answer}, not {wanted}"
        stage.require(answer == wanted, seen)
        if isinstance(outcome, Applied):
            stage.require(
                outcome.values.get("name") == change.values["name"], f"outcome {at} is that of another change"
            )
            record = Record(change.kind, outcome.id, outcome.values, change.link)
            now = await stage.loaded(record)
            seen = f"outcome {at} of {len(changes)} is Applied, and load() tells {told(now)}"
            stage.require(now.link == change.link, seen)


@SUITE.shows(p.OUTCOME_FOR_EACH)
async def outcomes_keep_the_order_of_the_changes(stage: CatalogueStage) -> None:
    """Good and moved ones of all kinds among each other; the second of two that expect the same is moved."""
    await _mixed(stage, {})


@SUITE.shows(p.OUTCOME_FOR_EACH, needs=(REFUSALS,))
async def what_is_refused_stops_no_other(stage: CatalogueStage) -> None:
    """Refused ones among the good and the moved."""
    await _mixed(stage, {kind: stage.refused_values(kind) for kind in Kind})


@SUITE.shows(p.OUTCOME_FOR_EACH)
async def no_changes_have_no_outcomes(stage: CatalogueStage) -> None:
    """An empty list is answered by one."""
    outcomes = await stage.catalogue.apply()
    stage.require(outcomes == [], f"apply() of no changes is answered {outcomes}")


@SUITE.shows(p.OUTCOME_FOR_EACH)
async def one_call_takes_a_thousand_changes(stage: CatalogueStage) -> None:
    """Of eleven changes of each record one expects its link, wherever it stands; each has its own outcome."""
    records = [await stage.catalogue.create(Kind.PRODUCT) for _ in range(_MANY // 11)]
    changes: list[Change] = []
    wanted: list[str] = []
    for turn in range(11):
        for at, record in enumerate(records):
            right = at % 11 == turn
            link = record.link if right else new_link()
            changes.append(Change(Kind.PRODUCT, record.id, {}, {}, link, new_link()))
            wanted.append("Applied" if right else "Moved")
    outcomes = await stage.catalogue.apply(*changes)
    wrong = sum(type(outcome).__name__ != each for outcome, each in zip(outcomes, wanted, strict=True))
    stage.require(not wrong, f"of {_MANY:,} changes of one call {wrong:,} have the outcome of another")
