"""When Busy's records are archived and restored (R8, R20, R23, R30, D9, D10, D12–D15)."""

from __future__ import annotations

import pytest

from visma_busy_sync.sync import ArchiveMissing, ArchiveReason, Kind, Reason, SyncSettings, Upstream

from .host import (
    COMPANY,
    OTHER_COMPANY,
    Host,
    actions,
    codes,
    customer,
    plan_for,
    product,
    project,
    sync,
)

ONGOING = project("p1", "1", "Hus")
FINISHED = project("p1", "1", "Hus", archived=True)
OTHER = project("p9", "9", "Annet")


@pytest.fixture
def host() -> Host:
    """A host that has project `p1` from eAccounting, ongoing."""
    host = Host()
    sync(host, [ONGOING])
    return host


def archived(host: Host) -> bool:
    return host.one().values["archived"] is True


def test_r20_finished_is_archived_and_restored(host: Host) -> None:
    """Finished in eAccounting archives the project, ongoing again restores it."""
    (planned,) = sync(host, [FINISHED]).changes
    assert (planned.action, planned.reason) == ("archive", Reason.FINISHED)
    assert archived(host)
    assert plan_for(host, [FINISHED]).is_empty
    (planned,) = sync(host, [ONGOING]).changes
    assert (planned.action, planned.reason) == ("restore", Reason.ONGOING_AGAIN)
    assert not archived(host)
    assert plan_for(host, [ONGOING]).is_empty


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(customer("c1"), customer("c1", archived=True), id="customer"),
        pytest.param(product("a1"), product("a1", archived=True), id="product"),
    ],
)
def test_customers_and_products_follow_is_active(before: Upstream, after: Upstream) -> None:
    """Customers and products that are no longer active are archived, and restored likewise."""
    host = Host()
    sync(host, [before])
    assert actions(sync(host, [after])) == ["archive"]
    assert actions(sync(host, [before])) == ["restore"]
    assert host.one(before.kind).values["archived"] is False


def test_archiving_brings_other_fields_up_to_date(host: Host) -> None:
    """A project that is renamed and finished gets both in one change."""
    (planned,) = sync(host, [project("p1", "1", "Villa", archived=True)]).changes
    assert planned.change.values == {"name": "Villa", "archived": True}


def test_imported_as_finished_then_reopened() -> None:
    """A project that was imported as archived is restored when it is ongoing again."""
    host = Host()
    sync(host, [FINISHED])
    sync(host, [ONGOING])
    assert not archived(host)


def test_archived_by_hand_is_never_undone(host: Host) -> None:
    """What a person archived in Busy stays so, through finishing and reopening in eAccounting."""
    host.edit(host.one().id, archived=True)
    assert plan_for(host, [ONGOING]).is_empty
    assert actions(sync(host, [FINISHED])) == ["note"]
    assert actions(sync(host, [ONGOING])) == ["note"]
    assert archived(host)


def test_d9_unarchived_by_hand_stays_until_a_new_transition(host: Host) -> None:
    """Brought back by a person: stays while eAccounting has it finished; finished anew: archived."""
    sync(host, [FINISHED])
    host.edit(host.one().id, archived=False)
    sync(host, [FINISHED])
    assert not archived(host)
    assert plan_for(host, [FINISHED]).is_empty
    sync(host, [ONGOING])
    assert not archived(host)
    assert actions(sync(host, [FINISHED])) == ["archive"]


def test_unarchived_and_archived_again_by_hand_is_by_hand(host: Host) -> None:
    """A project that was seen active in between is not restored: a person archived it last."""
    sync(host, [FINISHED])
    host.edit(host.one().id, archived=False)
    sync(host, [FINISHED])
    host.edit(host.one().id, archived=True)
    sync(host, [ONGOING])
    assert archived(host)


def test_adopted_finished_is_archived() -> None:
    """A project that is finished in eAccounting is archived at adoption."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus")
    (planned,) = sync(host, [FINISHED]).changes
    assert (planned.action, planned.reason, planned.adopted) == ("archive", Reason.FINISHED, True)
    assert plan_for(host, [FINISHED]).is_empty


@pytest.mark.parametrize("row", [pytest.param(ONGOING, id="ongoing"), pytest.param(FINISHED, id="finished")])
def test_adopted_archived_by_hand_stays_archived(row: Upstream) -> None:
    """A project that a person archived before the connection is linked and stays archived for good."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus", archived=True)
    assert actions(sync(host, [row])) == ["adopt"]
    sync(host, [ONGOING])
    assert archived(host)


def test_r8_r23_projects_that_eaccounting_lacks_are_archived_at_connection() -> None:
    """At the first connection a project that eAccounting does not have is archived; a known one is not."""
    host = Host()
    known = host.add(Kind.PROJECT, number="1", name="Hus")
    unknown = host.add(Kind.PROJECT, number="2", name="Vei")
    nameless = host.add(Kind.PROJECT, name="Hus")
    plan = sync(host, [ONGOING], candidates=host.ids)
    assert [(each.action, each.busy_id, each.reason) for each in plan.changes] == [
        ("adopt", known, Reason.ADOPTED),
        ("archive", unknown, Reason.MISSING_AT_CONNECTION),
        ("archive", nameless, Reason.MISSING_AT_CONNECTION),
    ]
    assert host.link_of(host[unknown]) is None
    assert host.noted(unknown).archive_reason is ArchiveReason.MISSING_AT_CONNECTION
    assert plan_for(host, [ONGOING], candidates=host.ids).is_empty


def test_archive_missing_takes_candidates_only() -> None:
    """A project made after the candidates were written down is left alone."""
    host = Host()
    before = host.add(Kind.PROJECT, number="2", name="Vei")
    candidates = host.ids
    after = host.add(Kind.PROJECT, number="3", name="Bru")
    sync(host, [OTHER], candidates=candidates | {"gone"})
    assert host[before].values["archived"] is True
    assert host[after].values["archived"] is False


def test_r8_number_taken_counts_as_unknown() -> None:
    """At the first connection Busy's project with a taken number is archived, eAccounting's created."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Garasje")
    plan = sync(host, [ONGOING], candidates=host.ids)
    assert [(each.action, each.busy_id) for each in plan.changes] == [("create", None), ("archive", id)]
    assert codes(plan) == ["number_taken"]


def test_only_projects_are_archived_as_missing() -> None:
    """Customers and products that eAccounting lacks stay, even where they are named as candidates."""
    host = Host()
    host.add(Kind.CUSTOMER, number="1", name="Acme")
    host.add(Kind.PRODUCT, number="1", name="Time")
    rows = [OTHER, customer("c9", "9", "Annet"), product("a9", "9", "Annet")]
    assert actions(plan_for(host, rows, candidates=host.ids)) == ["create"] * 3


@pytest.mark.parametrize(
    ("rows", "sure", "settings"),
    [
        pytest.param([], True, SyncSettings(project_sync=True), id="D12 empty read"),
        pytest.param([OTHER], False, SyncSettings(project_sync=True), id="D12 unsure read"),
        pytest.param([OTHER], True, SyncSettings(project_sync=False), id="project sync off"),
        pytest.param(
            [OTHER],
            True,
            SyncSettings(project_sync=True, archive_missing=ArchiveMissing.NEVER),
            id="setting never",
        ),
    ],
)
def test_nothing_is_archived_as_missing(rows: list[Upstream], sure: bool, settings: SyncSettings) -> None:
    """An empty or unsure read, or the settings, keep Busy's projects from being archived."""
    host = Host()
    host.add(Kind.PROJECT, number="1", name="Hus")
    plan = plan_for(host, rows, sure=sure, settings=settings, candidates=host.ids)
    assert "archive" not in actions(plan)


def test_r30_reconnecting_archives_nothing(host: Host) -> None:
    """An ordinary sync, as after a reconnection, leaves a project that was made in Busy alone."""
    host.add(Kind.PROJECT, number="2", name="Vei")
    assert plan_for(host, [ONGOING]).is_empty


def test_archived_by_hand_is_no_candidate() -> None:
    """A project that is archived already gets no note, so that it counts as archived by a person."""
    host = Host()
    id = host.add(Kind.PROJECT, number="2", name="Vei", archived=True)
    sync(host, [OTHER], candidates=host.ids)
    assert host[id].link is None


def test_a_host_without_archiving() -> None:
    """A host that cannot archive is not asked to."""
    host = Host(lacks={Kind.PROJECT: ["archived"]})
    host.add(Kind.PROJECT, number="2", name="Vei")
    assert actions(plan_for(host, [OTHER], candidates=host.ids)) == ["create"]


def test_d14_made_in_eaccounting_later() -> None:
    """A project that was archived as missing is adopted and restored when eAccounting gets it."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    sync(host, [OTHER], candidates=host.ids)
    assert host[id].values["archived"] is True
    plan = sync(host, [OTHER, ONGOING])
    (planned,) = plan.changes
    assert (planned.action, planned.adopted, planned.busy_id) == ("restore", True, id)
    assert host[id].values["archived"] is False
    assert plan_for(host, [OTHER, ONGOING]).is_empty


def test_d14_made_in_eaccounting_later_but_finished() -> None:
    """Adopted when it is finished already: stays archived, and is restored when it is ongoing again."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    sync(host, [OTHER], candidates=host.ids)
    assert actions(sync(host, [OTHER, FINISHED])) == ["adopt"]
    assert host[id].values["archived"] is True
    sync(host, [OTHER, ONGOING])
    assert host[id].values["archived"] is False


def test_brought_back_by_hand_after_the_connection() -> None:
    """A project that a person brings back is not archived as missing again, and then counts as by hand."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    candidates = host.ids
    sync(host, [OTHER], candidates=candidates)
    host.edit(id, archived=False)
    assert actions(sync(host, [OTHER], candidates=candidates)) == ["note"]
    assert plan_for(host, [OTHER], candidates=candidates).is_empty
    host.edit(id, archived=True)
    assert actions(sync(host, [OTHER, ONGOING])) == ["adopt"]
    assert host[id].values["archived"] is True


def test_d10_another_company_has_its_own_first_connection(host: Host) -> None:
    """What is linked to the former company is unknown to the new one; its link is kept for the way back."""
    former = host.one()
    plan = sync(host, [OTHER], candidates=host.ids, company=OTHER_COMPANY)
    assert actions(plan) == ["create", "archive"]
    assert host.link_of(host[former.id], COMPANY) == "p1"
    assert host.link_of(host[former.id], OTHER_COMPANY) is None
    assert host.noted(former.id, COMPANY) is not None


def _moved_to_the_other_company(host: Host) -> str:
    """Connect the other company, which has none of our projects; return our project's id."""
    id = host.one().id
    sync(host, [OTHER], candidates=host.ids, company=OTHER_COMPANY)
    assert host[id].values["archived"] is True
    return id


def test_d10_going_back_restores_what_the_other_company_had_archived(host: Host) -> None:
    """A linked project that is still in use comes back, once."""
    id = _moved_to_the_other_company(host)
    assert actions(sync(host, [ONGOING])) == ["restore"]
    assert host[id].values["archived"] is False
    assert plan_for(host, [ONGOING]).is_empty


def test_d10_what_a_person_archives_after_going_back_stays_archived(host: Host) -> None:
    """The restoring is used up: an archiving by hand is not mistaken for that of the other company."""
    id = _moved_to_the_other_company(host)
    sync(host, [ONGOING])
    host.edit(id, archived=True)
    assert plan_for(host, [ONGOING]).is_empty


def test_d10_brought_back_by_hand_before_going_back(host: Host) -> None:
    """Who brought it back and archives it again later has archived it by hand."""
    id = _moved_to_the_other_company(host)
    host.edit(id, archived=False)
    assert actions(sync(host, [ONGOING])) == ["note"]
    assert plan_for(host, [ONGOING]).is_empty
    host.edit(id, archived=True)
    assert plan_for(host, [ONGOING]).is_empty


def test_d10_finished_meanwhile_it_stays_archived_until_it_is_ongoing_again(host: Host) -> None:
    """A project that was finished while the other company was connected comes back when it is reopened."""
    id = _moved_to_the_other_company(host)
    sync(host, [FINISHED])
    assert host[id].values["archived"] is True
    assert plan_for(host, [FINISHED]).is_empty
    sync(host, [ONGOING])
    assert host[id].values["archived"] is False
    assert plan_for(host, [ONGOING]).is_empty


@pytest.mark.parametrize("row", [ONGOING, FINISHED], ids=["ongoing", "finished"])
def test_what_the_wrong_company_had_archived_is_active_in_the_right_one(row: Upstream) -> None:
    """Adopted there, it is as eAccounting has it: it was archived only because the former lacks it (R7)."""
    host = Host()
    id = host.add(Kind.PROJECT, number="1", name="Hus")
    sync(host, [OTHER], candidates=host.ids, company=OTHER_COMPANY)
    assert host[id].values["archived"] is True
    sync(host, [row], candidates=host.ids)
    assert host.link_of(host[id]) == "p1"
    assert host[id].values["archived"] is (row is FINISHED)
    assert plan_for(host, [row]).is_empty
    sync(host, [FINISHED])
    sync(host, [ONGOING])
    assert host[id].values["archived"] is False
    host.edit(id, archived=True)  # by hand: what the wrong company did is used up
    assert plan_for(host, [ONGOING]).is_empty


def test_d15_unsure_read_does_not_archive_what_is_finished(host: Host) -> None:
    """The transition to finished waits for a sure read; other fields come through."""
    row = project("p1", "1", "Villa", archived=True)
    (planned,) = sync(host, [row], sure=False).changes
    assert planned.change.values == {"name": "Villa"}
    assert plan_for(host, [row], sure=False).is_empty
    assert actions(sync(host, [row])) == ["archive"]


def test_d12_a_first_read_without_projects_warns_that_archiving_waits() -> None:
    """Else the user would look at a plan that archives nothing, and find projects archived a day later."""
    host = Host()
    host.add(Kind.PROJECT, number="7", name="Own")
    assert codes(plan_for(host, [], candidates=host.ids)) == ["archiving_waits"]
    assert codes(plan_for(host, [])) == []
    off = SyncSettings(project_sync=True, archive_missing=ArchiveMissing.NEVER)
    assert codes(plan_for(host, [], candidates=host.ids, settings=off)) == []
    assert actions(sync(host, [OTHER], candidates=host.ids)) == ["create", "archive"]
