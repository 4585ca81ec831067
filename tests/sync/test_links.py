"""The link document: read, written, kept for other companies, and what happens if it is unreadable."""

from __future__ import annotations

import json
from datetime import date

import pytest

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync.sync import (
    ArchiveReason,
    Kind,
    Link,
    LinkUnreadable,
    Noted,
    Record,
    linked_ids,
    noted_in,
)
from visma_busy_sync.sync._links import link_with

from .host import COMPANY, OTHER_COMPANY, Host, actions, codes, customer, plan_for, project, sync

NOTED = Noted(
    "p1",
    {"name": "Ærlig \ud800", "start_date": date(2026, 1, 2), "end_date": None, "archived": True},
    {"name": "Ærlig", "customer": "12"},
    ArchiveReason.FINISHED,
    date(2026, 3, 4),
)


def written(noted: Noted, link: Link | None = None, company: str = COMPANY) -> Link:
    return link_with(link, company, noted, kind=Kind.PROJECT, id="7")


def read(link: Link | None, company: str = COMPANY) -> Noted | None:
    return noted_in(link, company, kind=Kind.PROJECT, id="7")


def test_what_is_written_is_read() -> None:
    """Notes survive the text, with dates as dates and odd texts as they are."""
    assert read(written(NOTED)) == NOTED
    assert written(NOTED) == written(NOTED)


def test_nothing_is_noted() -> None:
    """No link, or a link of another company, notes nothing."""
    assert read(None) is None
    assert read(written(NOTED, company=OTHER_COMPANY)) is None


@pytest.mark.parametrize("odd", [{"of": ["another", "form"]}, ["no", "object"]], ids=["object", "list"])
def test_other_companies_are_kept_untouched(odd: object) -> None:
    """Writing for one company leaves what is noted for another, even what this version cannot read."""
    document = json.loads(written(NOTED).document)
    document["companies"][OTHER_COMPANY] = odd
    link = written(Noted("p2"), Link(json.dumps(document)))
    assert json.loads(link.document)["companies"][OTHER_COMPANY] == odd
    assert read(link) == Noted("p2")


def _document(**changes: object) -> str:
    part = {"id": "p1", "base": {}, "stored": {}, "archive_reason": None, "missing_since": None, **changes}
    return json.dumps({"version": 1, "companies": {COMPANY: part}})


UNREADABLE = [
    pytest.param("", id="empty"),
    pytest.param("no JSON: Hemmelig", id="no JSON"),
    pytest.param("[" * 100_000, id="nested too deep"),
    pytest.param("[]", id="no object"),
    pytest.param("{}", id="no version"),
    pytest.param('{"version": true, "companies": {}}', id="version is no number"),
    pytest.param('{"version": 0, "companies": {}}', id="version that never was"),
    pytest.param('{"version": 1, "companies": []}', id="no companies"),
    pytest.param('{"version": 2, "companies": {}}', id="newer version"),
    pytest.param(json.dumps({"version": 1, "companies": {COMPANY: []}}), id="part is no object"),
    pytest.param(json.dumps({"version": 1, "companies": {COMPANY: {}}}), id="part is empty"),
    pytest.param(_document(id=1), id="id is no text"),
    pytest.param(_document(base=[]), id="base is no object"),
    pytest.param(_document(base={"hourly_rate": "Hemmelig"}), id="unknown field"),
    pytest.param(_document(base={"start_date": "Hemmelig"}), id="no date"),
    pytest.param(_document(stored={"end_date": 1}), id="date is a number"),
    pytest.param(_document(stored={"archived": "Hemmelig"}), id="flag is a text"),
    pytest.param(_document(stored={"name": True}), id="text is a flag"),
    pytest.param(_document(archive_reason="Hemmelig"), id="unknown reason"),
    pytest.param(_document(missing_since="Hemmelig"), id="missing since no date"),
]


@pytest.mark.parametrize("document", UNREADABLE)
def test_unreadable(document: str) -> None:
    """An unreadable link says which record it is beside and what to do, and shows nothing of it."""
    with pytest.raises(LinkUnreadable) as caught:
        read(Link(document))
    assert isinstance(caught.value, VismaBusySyncError)
    assert (caught.value.kind, caught.value.id) == (Kind.PROJECT, "7")
    assert "project 7" in str(caught.value)
    assert caught.value.advice in str(caught.value)
    assert "Hemmelig" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_newer_version_is_told_apart() -> None:
    """A link of a newer version is not damaged: the cure is the newer package."""
    with pytest.raises(LinkUnreadable, match=r"schema version 2.*newer"):
        read(Link('{"version": 2, "companies": {}}'))


@pytest.mark.parametrize("document", UNREADABLE)
def test_an_unreadable_link_stops_only_its_record(document: str) -> None:
    """The record is left alone and reported; everything else goes on."""
    host = Host()
    sync(host, [project("p1"), project("p2", "2", "Vei")])
    broken = host.linked("p1").id
    host.relink(broken, Link(document))
    plan = sync(host, [project("p1", name="Villa"), project("p2", "2", "Veg")], candidates=host.ids)
    assert [each.eaccounting_id for each in plan.changes] == ["p2"]
    assert {(each.code, each.busy_id) for each in plan.conflicts} == {("link_unreadable", broken)}
    assert host[broken].link == Link(document)


def test_what_may_belong_to_an_unreadable_link_is_not_created_twice() -> None:
    """A row that shares number, name or organisation number with the record waits; others are created."""
    host = Host()
    id = host.add(Kind.CUSTOMER, Link("?"), number="1", name="Acme", organization_number="999")
    rows = [
        customer("c1", "1", "Alfa"),
        customer("c2", "2", "acme"),
        customer("c3", "3", "Gamma", organization_number="NO 999"),
        customer("c4", "4", "Delta"),
    ]
    plan = plan_for(host, rows)
    assert [each.eaccounting_id for each in plan.changes] == ["c4"]
    assert [(each.busy_id, each.eaccounting_id) for each in plan.conflicts] == [
        (id, None),
        (id, "c1"),
        (id, "c2"),
        (id, "c3"),
    ]
    assert set(codes(plan)) == {"link_unreadable"}


def test_a_removed_link_is_matched_anew() -> None:
    """Removing the link is the cure: the record is adopted again."""
    host = Host()
    sync(host, [project("p1")])
    host.relink(host.one().id, None)
    assert actions(plan_for(host, [project("p1")])) == ["adopt"]


def test_linked_ids() -> None:
    """Only what is linked for the company, readably and once, is found."""

    def record(id: str, link: Link | None) -> Record:
        return Record(Kind.PROJECT, id, {}, link)

    records = [
        record("1", written(Noted("p1"))),
        record("2", written(Noted("p2"))),
        record("3", written(Noted("p2"))),
        record("4", written(Noted(None))),
        record("5", written(Noted("p5"), company=OTHER_COMPANY)),
        record("6", Link("?")),
        record("7", None),
    ]
    assert linked_ids(COMPANY, records) == {"p1": "1"}
