"""The contract of `Catalogue`."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import cast

import pytest

from visma_busy_sync._core.errors import ConfigurationError
from visma_busy_sync.ports import Catalogue
from visma_busy_sync.sync import (
    FIELDS,
    Applied,
    Change,
    Kind,
    Link,
    Moved,
    Outcome,
    Record,
    Refused,
    Value,
)

from .conftest import Busy

LINK = Link('{"first": 1}')
NEXT = Link('{"next": 2}')
LATER = Link('{"later": 3}')


def creation(name: str = "House", kind: Kind = Kind.PROJECT, **values: Value) -> Change:
    return Change(kind, None, {"name": name, **values}, {}, None, LINK)


def change(
    record: Record,
    values: Mapping[str, Value],
    *,
    expected: Mapping[str, Value] | None = None,
    expected_link: Link | None = None,
    link: Link = NEXT,
) -> Change:
    if expected is None:
        expected = {name: record.values[name] for name in values}
    return Change(record.kind, record.id, values, expected, expected_link or record.link, link)


def create(catalogue: Catalogue, change: Change | None = None) -> Record:
    (outcome,) = catalogue.apply("acme", [change or creation()])
    assert isinstance(outcome, Applied)
    kind = change.kind if change else Kind.PROJECT
    return find(catalogue, kind, outcome.id)


def find(catalogue: Catalogue, kind: Kind, id: str) -> Record:
    (found,) = [record for record in catalogue.load("acme", kind) if record.id == id]
    return found


def all_records(catalogue: Catalogue) -> list[tuple[Kind, str, Mapping[str, Value], Link | None]]:
    return [
        (kind, record.id, dict(record.values), record.link)
        for kind in Kind
        for record in catalogue.load("acme", kind)
    ]


def test_a_record_is_created_with_its_link(busy: Busy) -> None:
    record = create(busy.catalogue, creation(number="7", start_date=date(2026, 1, 2)))
    assert record.link == LINK
    assert record.values["number"] == "7"
    assert record.values["start_date"] == date(2026, 1, 2)
    assert record.values["archived"] is False


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_is_loaded_with_its_fields(busy: Busy, kind: Kind) -> None:
    record = create(busy.catalogue, creation(kind=kind))
    assert record.kind is kind
    assert set(record.values) == set(FIELDS[kind])


def test_archived_records_are_loaded_too(busy: Busy) -> None:
    record = create(busy.catalogue, creation(archived=True))
    assert find(busy.catalogue, Kind.PROJECT, record.id).values["archived"] is True


def test_a_change_and_its_link_are_stored_together(busy: Busy) -> None:
    record = create(busy.catalogue)
    (outcome,) = busy.catalogue.apply("acme", [change(record, {"name": "Hut"})])
    assert isinstance(outcome, Applied)
    assert outcome.id == record.id
    after = find(busy.catalogue, Kind.PROJECT, record.id)
    assert after.values["name"] == "Hut"
    assert after.link == NEXT
    assert outcome.values == after.values


def test_a_change_without_values_stores_the_link_alone(busy: Busy) -> None:
    record = create(busy.catalogue)
    (outcome,) = busy.catalogue.apply("acme", [change(record, {})])
    assert isinstance(outcome, Applied)
    after = find(busy.catalogue, Kind.PROJECT, record.id)
    assert (after.values, after.link) == (record.values, NEXT)


def test_fields_that_are_not_named_are_untouched(busy: Busy) -> None:
    record = create(busy.catalogue, creation(number="7", notes="Busy's"))
    busy.catalogue.apply("acme", [change(record, {"name": "Hut"})])
    after = find(busy.catalogue, Kind.PROJECT, record.id)
    assert dict(after.values) == {**record.values, "name": "Hut"}


def test_a_field_can_be_emptied(busy: Busy) -> None:
    record = create(busy.catalogue, creation(notes="x"))
    busy.catalogue.apply("acme", [change(record, {"notes": None})])
    assert find(busy.catalogue, Kind.PROJECT, record.id).values["notes"] is None


def test_a_value_that_is_not_as_expected_moves_the_change(busy: Busy) -> None:
    record = create(busy.catalogue)
    busy.person.edit("acme", Kind.PROJECT, record.id, name="Edited")
    before = all_records(busy.catalogue)
    assert busy.catalogue.apply("acme", [change(record, {"name": "Hut"})]) == [Moved()]
    assert all_records(busy.catalogue) == before


def test_an_edit_of_another_field_does_not_move_it(busy: Busy) -> None:
    record = create(busy.catalogue)
    busy.person.edit("acme", Kind.PROJECT, record.id, notes="Edited")
    (outcome,) = busy.catalogue.apply("acme", [change(record, {"name": "Hut"})])
    assert isinstance(outcome, Applied)
    assert outcome.values["notes"] == "Edited"


def test_another_link_moves_the_change(busy: Busy) -> None:
    """Two syncs planned from the same record: the second must not put its older link over the newer one."""
    record = create(busy.catalogue)
    first, second = change(record, {}), change(record, {}, link=LATER)
    assert isinstance(busy.catalogue.apply("acme", [first])[0], Applied)
    assert busy.catalogue.apply("acme", [second]) == [Moved()]
    assert find(busy.catalogue, Kind.PROJECT, record.id).link == NEXT


def test_a_link_where_none_is_expected_moves_the_change(busy: Busy) -> None:
    record = create(busy.catalogue)
    unlinked = Change(record.kind, record.id, {}, {}, None, NEXT)
    assert busy.catalogue.apply("acme", [unlinked]) == [Moved()]


def test_a_record_that_is_gone_moves_the_change(busy: Busy) -> None:
    record = create(busy.catalogue)
    busy.person.remove("acme", Kind.PROJECT, record.id)
    assert busy.catalogue.apply("acme", [change(record, {"name": "Hut"})]) == [Moved()]
    assert all_records(busy.catalogue) == []


@pytest.mark.parametrize("kind", [Kind.CUSTOMER, Kind.PRODUCT])
def test_an_id_belongs_to_its_kind(busy: Busy, kind: Kind) -> None:
    record = create(busy.catalogue)
    foreign = Change(kind, record.id, {}, {}, LINK, NEXT)
    assert busy.catalogue.apply("acme", [foreign]) == [Moved()]


def test_what_the_host_cannot_hold_is_refused_and_changes_nothing(busy: Busy) -> None:
    create(busy.catalogue, creation(number="7"))
    record = create(busy.catalogue, creation(number="8"))
    before = all_records(busy.catalogue)
    outcomes = busy.catalogue.apply(
        "acme",
        [
            creation(number="7"),
            change(record, {"number": "7"}),
            creation("x" * 21),
            change(record, {"name": "x" * 21}),
        ],
    )
    assert all(isinstance(outcome, Refused) and outcome.reason for outcome in outcomes)
    assert len(outcomes) == 4
    assert all_records(busy.catalogue) == before


def test_one_bad_change_stops_no_other_and_outcomes_keep_the_order(busy: Busy) -> None:
    create(busy.catalogue, creation(number="7"))
    record = create(busy.catalogue)
    outcomes = busy.catalogue.apply(
        "acme",
        [
            creation("first"),
            creation(number="7"),
            change(record, {"name": "Hut"}),
            change(record, {"name": "Shed"}),
            Change(Kind.PROJECT, "unknown", {}, {}, None, LINK),
            creation("last"),
        ],
    )
    assert [type(outcome) for outcome in outcomes] == [Applied, Refused, Applied, Moved, Moved, Applied]
    named = [outcome.values["name"] for outcome in outcomes if isinstance(outcome, Applied)]
    assert named == ["first", "Hut", "last"]


def test_no_changes_have_no_outcomes(busy: Busy) -> None:
    assert list(busy.catalogue.apply("acme", [])) == []


def test_tenants_are_apart(busy: Busy) -> None:
    record = create(busy.catalogue)
    assert busy.catalogue.load("other", Kind.PROJECT) == []
    assert busy.catalogue.apply("other", [change(record, {"name": "Hut"})]) == [Moved()]
    assert find(busy.catalogue, Kind.PROJECT, record.id) == record


def test_what_was_passed_and_returned_is_not_shared(busy: Busy) -> None:
    values: dict[str, Value] = {"name": "House"}
    (outcome,) = busy.catalogue.apply("acme", [Change(Kind.PROJECT, None, values, {}, None, LINK)])
    assert isinstance(outcome, Applied)
    values["name"] = "changed"
    cast("dict[str, Value]", outcome.values)["name"] = "changed"
    loaded = busy.catalogue.load("acme", Kind.PROJECT)
    cast("dict[str, Value]", loaded[0].values)["name"] = "changed"
    assert busy.catalogue.load("acme", Kind.PROJECT)[0].values["name"] == "House"


def test_of_many_threads_with_the_same_link_one_wins(busy: Busy) -> None:
    record = create(busy.catalogue)
    threads = 8
    with ThreadPoolExecutor(threads) as pool:
        for turn in range(40):
            start = threading.Barrier(threads)
            now = find(busy.catalogue, Kind.PROJECT, record.id)

            def race(me: int, turn: int = turn, start: threading.Barrier = start, now: Record = now) -> bool:
                start.wait()
                mine = change(now, {"notes": f"{turn}/{me}"}, link=Link(f"[{turn}, {me}]"))
                return isinstance(busy.catalogue.apply("acme", [mine])[0], Applied)

            won = list(pool.map(race, range(threads)))
            assert sum(won) == 1
            after = find(busy.catalogue, Kind.PROJECT, record.id)
            winner = won.index(True)
            assert after.values["notes"] == f"{turn}/{winner}"
            assert after.link == Link(f"[{turn}, {winner}]")


def test_of_many_threads_with_the_same_number_one_wins(busy: Busy) -> None:
    """A record that is new and one that is changed race for it alike."""
    records = [create(busy.catalogue, creation(number=f"old {me}")) for me in range(8)]
    for turn in range(15):
        start = threading.Barrier(8)

        def race(me: int, turn: int = turn, start: threading.Barrier = start) -> Outcome:
            now = find(busy.catalogue, Kind.PROJECT, records[me].id)
            number = f"new {turn}"
            mine = creation(number=number) if me % 2 else change(now, {"number": number})
            start.wait()
            (outcome,) = busy.catalogue.apply("acme", [mine])
            return outcome

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(race, range(8)))
        assert sum(isinstance(outcome, Applied) for outcome in outcomes) == 1
        assert {each for each in outcomes if not isinstance(each, Applied)} == {
            Refused("the number is taken")
        }
        numbers = [record.values["number"] for record in busy.catalogue.load("acme", Kind.PROJECT)]
        assert numbers.count(f"new {turn}") == 1


def test_a_number_that_a_change_gives_up_is_free_for_the_next(busy: Busy) -> None:
    """Changes of one call follow each other, as if each had been a call of its own."""
    one = create(busy.catalogue, creation(number="1"))
    two = create(busy.catalogue, creation(number="2"))
    outcomes = busy.catalogue.apply(
        "acme",
        [
            change(two, {"number": "1"}),
            change(one, {"number": "3"}),
            change(two, {"number": "1"}),
            creation(number="2"),
            creation(number="2"),
            creation(number="1", kind=Kind.CUSTOMER),
        ],
    )
    assert [type(outcome) for outcome in outcomes] == [Refused, Applied, Applied, Applied, Refused, Applied]
    numbers = sorted(str(each.values["number"]) for each in busy.catalogue.load("acme", Kind.PROJECT))
    assert numbers == ["1", "2", "3"]


def test_a_number_of_another_tenant_is_not_taken(busy: Busy) -> None:
    create(busy.catalogue, creation(number="7"))
    (outcome,) = busy.catalogue.apply("other", [creation(number="7")])
    assert isinstance(outcome, Applied)


def test_a_record_is_changed_twice_in_one_call(busy: Busy) -> None:
    record = create(busy.catalogue)
    first = change(record, {"name": "Hut"})
    second = Change(Kind.PROJECT, record.id, {"name": "Shed"}, {"name": "Hut"}, NEXT, LATER)
    outcomes = busy.catalogue.apply("acme", [first, second, first])
    assert [type(outcome) for outcome in outcomes] == [Applied, Applied, Moved]
    named = [outcome.values["name"] for outcome in outcomes if isinstance(outcome, Applied)]
    assert named == ["Hut", "Shed"]
    after = find(busy.catalogue, Kind.PROJECT, record.id)
    assert (after.values["name"], after.link) == ("Shed", LATER)


def test_thousands_of_changes_keep_their_order(busy: Busy) -> None:
    """Good and bad ones among each other."""
    record = create(busy.catalogue, creation(number="taken"))
    changes = [
        creation(f"{at}", number="taken" if at % 3 == 1 else f"{at}")
        if at % 3 < 2
        else change(record, {"notes": f"{at}"}, link=Link(f"[{at}]"))
        for at in range(3000)
    ]
    outcomes = busy.catalogue.apply("acme", changes)
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds[:3] == [Applied, Refused, Applied]
    assert kinds[3:] == [Applied, Refused, Moved] * 999
    names = [each.values["name"] for each in outcomes if isinstance(each, Applied)]
    assert names == ["0", "House", *(f"{at}" for at in range(3, 3000, 3))]
    ids = [each.id for each in outcomes if isinstance(each, Applied)]
    assert len(set(ids)) == 1001
    stored = {each.id: each.values for each in busy.catalogue.load("acme", Kind.PROJECT)}
    assert stored == {each.id: each.values for each in outcomes if isinstance(each, Applied)}


def test_a_field_that_is_not_of_the_kind_is_refused(busy: Busy) -> None:
    (outcome,) = busy.catalogue.apply("acme", [creation(kind=Kind.PRODUCT, notes="x")])
    assert outcome == Refused("a product has no field 'notes'")
    assert all_records(busy.catalogue) == []


ODD_TEXTS = (
    "",
    " ",
    "007",
    " 7 ",
    "null",
    "%s %(a)s {a} $1 :a ? @a",
    "'; drop table visma_busy_sync_catalogue; --",
    """'single' "double" `back` \\ '' "" """,
    "\r\n\t\r\u2028\x85\ufeff",
    "e\u0301 \u00e9 \u212b \u00c5",
    "\U0001f469\u200d\U0001f467 \U0010fffd",
    "x" * 100_000,
)


@pytest.mark.parametrize("text", ODD_TEXTS, ids=lambda text: ascii(text[:20]))
def test_any_text_comes_back_exactly(busy: Busy, text: str) -> None:
    link = Link(text)
    (outcome,) = busy.catalogue.apply(
        "acme", [Change(Kind.PROJECT, None, {"number": text, "notes": text}, {}, None, link)]
    )
    assert isinstance(outcome, Applied)
    record = find(busy.catalogue, Kind.PROJECT, outcome.id)
    assert (record.values["number"], record.values["notes"], record.link) == (text, text, link)
    assert outcome.values == record.values
    (outcome,) = busy.catalogue.apply("acme", [change(record, {"number": f"{text}!", "notes": text})])
    assert isinstance(outcome, Applied)


@pytest.mark.parametrize("day", [date.min, date(2024, 2, 29), date.max])
def test_a_day_comes_back_as_a_day(busy: Busy, day: date) -> None:
    record = create(busy.catalogue, creation(start_date=day, end_date=None))
    assert (record.values["start_date"], record.values["end_date"]) == (day, None)
    assert type(record.values["start_date"]) is date


class TestPersonInBusy:
    """What the catalogues of the box have beside the port."""

    def test_a_person_adds_edits_gets_and_removes(self, busy: Busy) -> None:
        id = busy.person.add("acme", Kind.PRODUCT, name="Hour")
        busy.person.edit("acme", Kind.PRODUCT, id, number="5")
        record = busy.person.get("acme", Kind.PRODUCT, id)
        assert dict(record.values) == {"number": "5", "name": "Hour", "archived": False}
        assert record.link is None
        assert find(busy.catalogue, Kind.PRODUCT, id) == record
        busy.person.remove("acme", Kind.PRODUCT, id)
        assert busy.catalogue.load("acme", Kind.PRODUCT) == []

    def test_what_a_person_edits_keeps_its_link(self, busy: Busy) -> None:
        record = create(busy.catalogue, creation(number="7"))
        busy.person.edit("acme", Kind.PROJECT, record.id, name="Hut", archived=True)
        after = busy.person.get("acme", Kind.PROJECT, record.id)
        assert dict(after.values) == {**record.values, "name": "Hut", "archived": True}
        assert after.link == LINK

    def test_an_edit_of_nothing_changes_nothing(self, busy: Busy) -> None:
        record = create(busy.catalogue)
        busy.person.edit("acme", Kind.PROJECT, record.id)
        assert busy.person.get("acme", Kind.PROJECT, record.id) == record

    def test_an_unknown_field_is_a_mistake(self, busy: Busy) -> None:
        with pytest.raises(ConfigurationError, match="colour"):
            busy.person.add("acme", Kind.PROJECT, colour="red")
        record = create(busy.catalogue)
        with pytest.raises(ConfigurationError, match="colour"):
            busy.person.edit("acme", Kind.PROJECT, record.id, colour="red")

    @pytest.mark.parametrize("id", ["x", "", "a\0", "\ud800", "x" * 5000], ids=ascii)
    def test_an_unknown_record_is_a_lookup_error(self, busy: Busy, id: str) -> None:
        for call in (busy.person.get, busy.person.edit, busy.person.remove):
            with pytest.raises(LookupError):
                call("acme", Kind.PROJECT, id)
        assert busy.catalogue.apply("acme", [Change(Kind.PROJECT, id, {}, {}, None, LINK)]) == [Moved()]

    def test_a_record_of_another_tenant_or_kind_is_unknown(self, busy: Busy) -> None:
        record = create(busy.catalogue)
        for tenant, kind in (("other", Kind.PROJECT), ("acme", Kind.PRODUCT)):
            for call in (busy.person.get, busy.person.edit, busy.person.remove):
                with pytest.raises(LookupError):
                    call(tenant, kind, record.id)
        assert find(busy.catalogue, Kind.PROJECT, record.id) == record

    def test_ids_are_never_used_again(self, busy: Busy) -> None:
        first = busy.person.add("acme", Kind.PROJECT, name="a")
        busy.person.remove("acme", Kind.PROJECT, first)
        assert busy.person.add("acme", Kind.PROJECT, name="b") != first
