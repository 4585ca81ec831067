"""The link doctor: what looks wrong, and what would mend it."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from visma_busy_sync.sync import (
    Ailment,
    Kind,
    Link,
    Mending,
    Plan,
    Read,
    Upstream,
    make_plan,
    mendings,
)

from .host import COMPANY, ON, Host, apply, asked_and_applied, customer, plan_for, project, reads


def proposed(host: Host, rows: Iterable[Upstream]) -> tuple[Mending, ...]:
    return mendings(COMPANY, reads(rows), host.records)


def mended(host: Host, rows: Iterable[Upstream], *accepted: Mending) -> Plan:
    """A person agrees; the plan that follows is applied."""
    rows = list(rows)
    decisions = [decision for mending in accepted for decision in mending.decisions]
    plan = make_plan(COMPANY, reads(rows), host.records, settings=ON, decisions=decisions)
    apply(host, plan)
    return plan


def test_nothing_is_proposed_where_all_is_well() -> None:
    host = Host()
    rows = [customer("c1"), project("p1", customer="c1"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows))
    host.add(Kind.PROJECT, number="9", name="Naust")
    host.add(Kind.PROJECT, Link("{"), number="1", name="Hus")
    assert proposed(host, rows) == ()


def test_a_record_that_was_created_anew_under_another_name_gets_its_record_back() -> None:
    """The new one came into Busy beside the old one, which was archived."""
    host = Host()
    apply(host, plan_for(host, [project("old", "1", "Hus i skogen"), project("p2", "2", "Hytte")]))
    first = host.linked("old").id
    rows = [project("new", "1", "Huset i skogen"), project("p2", "2", "Hytte")]
    asked_and_applied(host, rows)
    beside = host.linked("new").id
    (mending,) = proposed(host, rows)
    assert mending.ailment is Ailment.GONE_AND_BACK
    assert str(mending) == (
        "project: linked to what is gone, and there is another one of its number or name. "
        "eAccounting: 1 Huset i skogen (new). "
        f"Busy: 1 Hus i skogen ({first}): Decided: link to new instead.; "
        f"1 Huset i skogen ({beside}): Decided: archive it in Busy."
    )
    assert mending.text("nb").startswith("prosjekt: koblet til noe som er borte")
    assert "skogen" not in repr(mending)
    mended(host, rows, mending)
    assert host.linked("new").id == first
    assert host[first].values["archived"] is False
    assert host.noted(beside).eaccounting_id is None
    assert host[beside].values["archived"] is True
    assert proposed(host, rows) == ()


def test_of_a_record_that_is_gone_the_number_is_enough() -> None:
    """Whatever the new one is called: nobody else has the number there."""
    host = Host()
    apply(host, plan_for(host, [project("old", "1", "Hus"), project("p2", "2", "Hytte")]))
    first = host.linked("old").id
    rows = [project("new", "1", "Noe helt annet"), project("p2", "2", "Hytte")]
    asked_and_applied(host, rows)
    (mending,) = proposed(host, rows)
    mended(host, rows, mending)
    assert host.linked("new").id == first
    active = [record for record in host.all(Kind.PROJECT) if not record.values["archived"]]
    assert len(active) == 2


@pytest.mark.parametrize(
    ("number", "name", "ailment"),
    [("1", "Hus ved sjøen", Ailment.RENAMED), ("7", "Hus ved sjoen", Ailment.RENUMBERED)],
)
def test_what_was_called_otherwise_before_it_was_linked(number: str, name: str, ailment: Ailment) -> None:
    """Busy's record was taken for another one, so eAccounting's came beside it."""
    host = Host()
    own = host.add(Kind.PROJECT, number=number, name=name)
    rows = [project("p1", "1", "Hus ved sjoen")]
    apply(host, plan_for(host, rows))
    (mending,) = proposed(host, rows)
    assert mending.ailment is ailment
    mended(host, rows, mending)
    assert host.linked("p1").id == own


def test_customers_are_found_by_their_organisation_number_too() -> None:
    host = Host()
    apply(host, plan_for(host, [customer("old", "1", "Acme AS", organization_number="999888777")]))
    own = host.linked("old").id
    rows = [customer("new", "44", "Acme Norge", organization_number="999 888 777"), customer("c2", "2", "B")]
    asked_and_applied(host, rows)
    (mending,) = proposed(host, rows)
    assert mending.ailment is Ailment.GONE_AND_BACK
    mended(host, rows, mending)
    assert host.linked("new").id == own


def test_two_records_that_are_linked_crosswise_change_places() -> None:
    host = Host()
    apply(host, plan_for(host, [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]))
    one, two = host.linked("p1").id, host.linked("p2").id
    link = host[one].link
    host.relink(one, host[two].link)
    host.relink(two, link)
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    (mending,) = proposed(host, rows)
    assert mending.ailment is Ailment.CROSSED
    mended(host, rows, mending)
    assert (host.linked("p1").id, host.linked("p2").id) == (one, two)


def test_of_two_records_with_one_link_the_one_that_agrees_keeps_it() -> None:
    host = Host()
    rows = [project("p1", "1", "Hus")]
    apply(host, plan_for(host, rows))
    copy = host.add(Kind.PROJECT, host.one().link, number="5", name="Kopi")
    (mending,) = proposed(host, rows)
    assert mending.ailment is Ailment.LINKED_TWICE
    mended(host, rows, mending)
    assert host.linked("p1").id != copy
    again = host.add(Kind.PROJECT, host.linked("p1").link, number="1", name="Hus")
    assert again
    assert proposed(host, rows) == ()  # both agree: a person must tell


def test_where_several_would_fit_nothing_is_proposed() -> None:
    """And a record takes part in one proposal at most."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus ved sjøen")
    host.add(Kind.PROJECT, number="1", name="Hus ved sjøan")
    rows = [project("p1", "1", "Hus ved sjoen")]
    apply(host, plan_for(host, rows))
    assert proposed(host, rows) == ()
    host = Host()
    host.add(Kind.PROJECT, number="9", name="Hus")
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hus")]
    apply(host, plan_for(host, rows))
    assert proposed(host, rows) == ()


def test_a_record_that_is_gone_without_a_successor_has_no_cure() -> None:
    host = Host()
    apply(host, plan_for(host, [project("old", "1", "Hus"), project("p2", "2", "Hytte")]))
    rows = [project("p2", "2", "Hytte")]
    asked_and_applied(host, rows)
    assert proposed(host, rows) == ()


def test_one_that_only_seems_to_be_linked_crosswise_is_left_alone() -> None:
    """The other one's holder is called like neither."""
    host = Host()
    rows = [project("p1", "1", "Hus"), project("p2", "2", "Hytte")]
    apply(host, plan_for(host, rows))
    host.edit(host.linked("p1").id, number="2", name="Hytte")
    assert proposed(host, rows) == ()


def test_contradicting_organisation_numbers_are_no_candidates() -> None:
    host = Host()
    host.add(Kind.CUSTOMER, number="1", name="Acme Vest", organization_number="1")
    host.add(Kind.CUSTOMER, number="1", name="")
    rows = [customer("c1", "1", "Acme Vests", organization_number="2")]
    apply(host, plan_for(host, rows))
    assert proposed(host, rows) == ()


def test_from_a_reading_that_is_unsure_or_of_changes_only_nothing_follows() -> None:
    host = Host()
    host.add(Kind.PROJECT, number="7", name="Hus")
    rows = [project("p1", "1", "Hus")]
    apply(host, plan_for(host, rows))
    assert len(proposed(host, rows)) == 1
    for read in (Read(rows, sure=False), Read(rows, sure=True, whole=False)):
        assert mendings(COMPANY, {Kind.PROJECT: read}, host.records) == ()
