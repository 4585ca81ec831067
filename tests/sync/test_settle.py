"""What is noted when a host stores other values than it was asked to."""

from __future__ import annotations

from visma_busy_sync.sync import Applied, Kind, settle

from .host import COMPANY, Host, plan_for, project, sync


def test_nothing_differs() -> None:
    """A host that stores what it was asked to gets no second change."""
    host = Host()
    change = plan_for(host, [project("p1")]).changes[0].change
    outcome = host.apply(change)
    assert isinstance(outcome, Applied)
    assert settle(COMPANY, change, outcome) is None


def test_a_cut_text_is_no_persons_change() -> None:
    """The next change in eAccounting comes through, though the host had cut the last one."""
    host = Host(cut=5)
    sync(host, [project("p1", name="Hus ved vannet")])
    assert host.one().values["name"] == "Hus v"
    assert plan_for(host, [project("p1", name="Hus ved vannet")]).is_empty
    plan = sync(host, [project("p1", name="Villa")])
    assert not plan.conflicts
    assert host.one().values["name"] == "Villa"


def test_the_note_changes_the_link_only() -> None:
    """What is stored is noted by a change without values, on top of the link that was just written."""
    host = Host(cut=5)
    change = plan_for(host, [project("p1", name="Hus ved vannet")]).changes[0].change
    outcome = host.apply(change)
    assert isinstance(outcome, Applied)
    follow_up = settle(COMPANY, change, outcome)
    assert follow_up is not None
    assert (follow_up.id, follow_up.values, follow_up.expected) == (outcome.id, {}, {})
    assert follow_up.expected_link == change.link
    host.apply(follow_up)
    noted = host.noted(outcome.id)
    assert (noted.base["name"], noted.stored["name"]) == ("Hus ved vannet", "Hus v")


def test_a_field_that_the_host_lacks_is_not_noted() -> None:
    """A host that lacks a field needs no second change for it."""
    host = Host(lacks={Kind.PROJECT: ["notes"]})
    sync(host, [project("p1", notes="a")])
    assert len(host.applied) == 1
