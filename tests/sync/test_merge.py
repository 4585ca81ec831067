"""Three-way comparison: what each side changed since the last sync (R11, R20–R24, D4, D17)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

import pytest

from visma_busy_sync.sync import FIELDS, Kind, Moved, Read, Record, SyncSettings, Value, make_plan

from .host import COMPANY, ON, Host, actions, codes, customer, plan_for, product, project, sync


@pytest.fixture
def host() -> Host:
    """A host that has project `p1` from eAccounting."""
    host = Host()
    sync(host, [project("p1", "1", "Hus", notes="a")])
    return host


def test_nothing_changed(host: Host) -> None:
    """A second sync finds nothing to do."""
    plan = plan_for(host, [project("p1", "1", "Hus", notes="a")])
    assert plan.is_empty
    assert plan.unchanged[Kind.PROJECT] == 1


def test_a_change_in_eaccounting_comes_through(host: Host) -> None:
    """Each changed field is set, and no other."""
    plan = sync(host, [project("p1", "2", "Hus", notes=None, end_date=date(2026, 5, 1))])
    (planned,) = plan.changes
    assert planned.action == "update"
    assert [(each.field, each.old, each.new, each.base) for each in planned.fields] == [
        ("number", "1", "2", "1"),
        ("end_date", None, date(2026, 5, 1), None),
        ("notes", "a", None, "a"),
    ]
    assert planned.change.values.keys() == planned.change.expected.keys() == {"number", "end_date", "notes"}
    assert host.one().values["notes"] is None


def test_r22_a_change_in_busy_survives(host: Host) -> None:
    """What was changed in Busy only stays, also through a change of another field."""
    host.edit(host.one().id, name="Hytte")
    assert plan_for(host, [project("p1", "1", "Hus", notes="a")]).is_empty
    sync(host, [project("p1", "1", "Hus", notes="b")])
    assert host.one().values["name"] == "Hytte"
    assert host.one().values["notes"] == "b"


def test_both_changed_busy_keeps(host: Host) -> None:
    """Both changed the name: Busy's stands, which is reported once, and stands at the next change too."""
    id = host.one().id
    host.edit(id, name="Hytte")
    rows = [project("p1", "1", "Villa", notes="a")]
    plan = sync(host, rows)
    assert actions(plan) == ["note"]
    assert [(each.field, each.old, each.new, each.base) for each in plan.changes[0].kept] == [
        ("name", "Hytte", "Villa", "Hus")
    ]
    (conflict,) = plan.conflicts
    assert (conflict.code, conflict.fields) == ("diverged", ("name",))
    assert (conflict.busy_id, conflict.eaccounting_id) == (id, "p1")
    again = plan_for(host, rows)
    assert again.is_empty
    assert not codes(again)
    assert codes(sync(host, [project("p1", "1", "Slott", notes="a")])) == ["diverged"]
    assert host[id].values["name"] == "Hytte"


def test_a_divergence_is_settled_by_entering_eaccountings_value(host: Host) -> None:
    """As the advice says: from then on what eAccounting changes comes through again, and is no divergence."""
    id = host.one().id
    host.edit(id, name="Hytte")
    assert codes(sync(host, [project("p1", "1", "Villa", notes="a")])) == ["diverged"]
    host.edit(id, name="Villa")
    assert plan_for(host, [project("p1", "1", "Villa", notes="a")]).is_empty
    plan = sync(host, [project("p1", "1", "Slott", notes="a")])
    assert not codes(plan)
    assert host[id].values["name"] == "Slott"
    sync(host, [project("p1", "1", "Borg", notes="a")])
    assert host[id].values["name"] == "Borg"


def test_both_changed_eaccounting_wins_the_number(host: Host) -> None:
    """Both changed the number: eAccounting's is set, and the difference is reported once."""
    host.edit(host.one().id, number="7")
    rows = [project("p1", "2", "Hus", notes="a")]
    plan = sync(host, rows)
    assert actions(plan) == ["update"]
    assert codes(plan) == ["diverged"]
    assert host.one().values["number"] == "2"
    assert not codes(plan_for(host, rows))


def test_d17_both_changed_to_the_same(host: Host) -> None:
    """Both changed to one value: no conflict, and a later change of either side is judged from there."""
    id = host.one().id
    host.edit(id, name="Villa")
    rows = [project("p1", "1", "Villa", notes="a")]
    plan = sync(host, rows)
    assert actions(plan) == ["note"]
    assert not plan.changes[0].change.values
    assert not codes(plan)
    sync(host, [project("p1", "1", "Slott", notes="a")])
    assert host[id].values["name"] == "Slott"


def test_emptied_in_busy_is_a_change(host: Host) -> None:
    """Notes that a person emptied in Busy are not filled again by a change in eAccounting."""
    host.edit(host.one().id, notes=None)
    assert codes(sync(host, [project("p1", "1", "Hus", notes="b")])) == ["diverged"]
    assert host.one().values["notes"] is None


def test_an_empty_text_is_no_change() -> None:
    """A host that keeps an empty text where None was asked has not changed anything."""
    host = Host()
    sync(host, [project("p1")])
    host.edit(host.one().id, notes="")
    sync(host, [project("p1", notes="b")])
    assert host.one().values["notes"] == "b"


def test_a_field_that_the_host_lacks_is_neither_compared_nor_written() -> None:
    """A host without dates and notes is never asked to change them."""
    host = Host(lacks={Kind.PROJECT: ["start_date", "notes", "archived"]})
    sync(host, [project("p1", notes="a", archived=True)])
    rows = [project("p1", name="Villa", notes="b", start_date=date(2026, 1, 2))]
    (planned,) = sync(host, rows).changes
    assert planned.change.values == {"name": "Villa"}
    assert plan_for(host, rows).is_empty


def test_a_field_that_the_host_gains_is_filled() -> None:
    """A field that the host holds only since a later version is compared as at adoption."""
    host = Host(lacks={Kind.PROJECT: ["notes"]})
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    sync(host, [project("p1", notes="a")])
    grown = Host()
    grown_id = grown.add(Kind.PROJECT, host[id].link, number="1", name="Hus")
    assert actions(sync(grown, [project("p1", notes="a")])) == ["update"]
    assert grown[grown_id].values["notes"] == "a"


class _Watched(Mapping[str, Value]):
    """Values that note which fields were asked for."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Value:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def test_r21_r24_work_types_members_and_prices_are_not_looked_at() -> None:
    """Whatever else a record of Busy has, only the imported fields are read or written."""
    host = Host()
    sync(host, [project("p1")])
    record = host.one()
    values = _Watched({**record.values, "work_types": "a, b", "hourly_rate": "900"})
    plan = make_plan(
        COMPANY,
        {Kind.PROJECT: Read([project("p1", "2", "Villa", notes="n")], sure=True)},
        {Kind.PROJECT: [Record(Kind.PROJECT, record.id, values, record.link)]},
        settings=ON,
    )
    assert values.asked <= set(FIELDS[Kind.PROJECT])
    assert plan.changes[0].change.values.keys() == {"number", "name", "notes"}


def test_each_kind_is_compared() -> None:
    """A product's name comes through as a project's does."""
    host = Host()
    sync(host, [product("a1")])
    sync(host, [product("a1", name="Arbeid")])
    assert host.one(Kind.PRODUCT).values["name"] == "Arbeid"


def test_moved_since_the_plan(host: Host) -> None:
    """A record that a person changes after the plan is left alone and planned anew."""
    rows = [project("p1", "1", "Villa", notes="a")]
    plan = plan_for(host, rows)
    host.edit(host.one().id, name="Hytte")
    assert host.apply(plan.changes[0].change) == Moved()
    assert codes(plan_for(host, rows)) == ["diverged"]


def test_missing_upstream(host: Host) -> None:
    """A linked record that a sure read does not have is reported, and nothing of it changes."""
    plan = plan_for(host, [])
    assert plan.is_empty
    assert codes(plan) == ["missing_upstream"]
    assert plan.unchanged[Kind.PROJECT] == 1


def test_the_owner_of_a_field_is_a_setting(host: Host) -> None:
    """Both changed name and number: with the owners turned round, so is the outcome; both are reported."""
    settings = SyncSettings(project_sync=True, owners={"project.name": "eaccounting", "number": "keep_busy"})
    id = host.one().id
    host.edit(id, name="Hytte", number="7")
    rows = [project("p1", "2", "Villa", notes="a")]
    plan = sync(host, rows, settings=settings)
    assert (host[id].values["name"], host[id].values["number"]) == ("Villa", "7")
    assert plan.conflicts[0].fields == ("number", "name")
    assert plan_for(host, rows, settings=settings).is_empty


def test_what_only_busy_changed_stays_whoever_owns_it(host: Host) -> None:
    settings = SyncSettings(project_sync=True, owners={"name": "eaccounting"})
    host.edit(host.one().id, name="Hytte")
    assert plan_for(host, [project("p1", "1", "Hus", notes="a")], settings=settings).is_empty


def test_at_first_sight_the_owner_counts_as_if_both_had_changed() -> None:
    settings = SyncSettings(
        project_sync=True, owners={"project.notes": "eaccounting", "customer": "keep_busy"}
    )
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus", notes="vår", customer="0042")
    sync(host, [customer("c1"), project("p1", "1", "Hus", notes="deres", customer="c1")], settings=settings)
    assert (host[id].values["notes"], host[id].values["customer"]) == ("deres", "0042")
