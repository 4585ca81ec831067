"""What holds for every tenant: checked on many small, colliding worlds with a host that applies changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

from attrs import frozen
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from visma_busy_sync.sync import (
    Action,
    Applied,
    Fate,
    Kind,
    Link,
    Match,
    Pending,
    Plan,
    Read,
    Reason,
    SyncSettings,
    Upstream,
    Value,
    linked_ids,
    make_plan,
    plan_from_json,
    plan_to_json,
)

from .host import COMPANY, Host, apply, asked, customer, plan_for, product, project, reads, sync

# Few different values, so that records collide in every way.
NUMBERS = st.sampled_from([None, "1", "2", " 1", "3"])
NAMES = st.sampled_from(["Hus", "HUS ", "Vei", "", "Langt navn"])
ORGANIZATIONS = st.sampled_from([None, "", "999", "NO 999", "888"])
NOTES = st.sampled_from([None, "", "a", "b", "en lang tekst"])
FLAGS = st.booleans()
MAKERS = {Kind.PROJECT: project, Kind.CUSTOMER: customer, Kind.PRODUCT: product}

SETTINGS = st.builds(
    SyncSettings,
    project_sync=st.sampled_from([True, True, True, False]),
    registers_without_projects=FLAGS,
    match=st.sampled_from(list(Match)),
)


def _values(kind: Kind, customers: Sequence[str]) -> st.SearchStrategy[dict[str, Value]]:
    fields: dict[str, st.SearchStrategy[Any]] = {"number": NUMBERS, "name": NAMES, "archived": FLAGS}
    if kind is Kind.CUSTOMER:
        fields["organization_number"] = ORGANIZATIONS
    if kind is Kind.PROJECT:
        fields["notes"] = NOTES
        fields["customer"] = st.sampled_from([None, *customers])
    return st.fixed_dictionaries(fields)


@st.composite
def upstreams(draw: st.DrawFn) -> list[Upstream]:
    """What eAccounting may have at one moment; ids stay the same over the moments."""
    rows: list[Upstream] = []
    for kind in Kind:
        for number in range(1, 5):
            if draw(st.integers(0, 3)):
                values = draw(_values(kind, ["customer1", "customer2", "gone"]))
                rows.append(MAKERS[kind](f"{kind}{number}", **values))  # type: ignore[arg-type]
    return rows


@st.composite
def hosts(draw: st.DrawFn) -> Host:
    """What Busy may have before the connection."""
    lacks = {Kind.CUSTOMER: ["number"]} if draw(FLAGS) else {}
    host = Host(lacks=lacks, cut=draw(st.sampled_from([None, 5])))
    for kind in Kind:
        for _ in range(draw(st.integers(0, 3))):
            host.add(kind, **draw(_values(kind, ["0001"])))
    return host


@frozen
class Story:
    """A first connection, edits by people on both sides, and further syncs."""

    host: Host
    moments: list[list[Upstream]]
    settings: SyncSettings
    data: st.DataObject

    def play(self) -> list[Upstream]:
        """Sync at each moment, with edits in Busy in between; return what eAccounting had at last."""
        candidates = self.host.ids
        for moment in self.moments:
            sure = self.data.draw(FLAGS)
            if sure and self.data.draw(FLAGS):
                apply(self.host, asked(self.host, moment, settings=self.settings, candidates=candidates))
            else:
                sync(self.host, moment, settings=self.settings, sure=sure, candidates=candidates)
            for id in sorted(self.host.ids):
                if not self.data.draw(st.integers(0, 3)):
                    self._edit(id)
        return self.moments[-1]

    def _edit(self, id: str) -> None:
        record = self.host[id]
        edits = self.data.draw(_values(record.kind, [each.id for each in self.host.all(Kind.CUSTOMER)]))
        chosen = self.data.draw(st.sampled_from(sorted(edits.keys() & record.values.keys())))
        self.host.edit(id, **{chosen: edits[chosen]})


stories = st.builds(
    Story,
    host=hosts(),
    moments=st.lists(upstreams(), min_size=1, max_size=3),
    settings=SETTINGS,
    data=st.data(),
)

quickly = hypothesis_settings(
    max_examples=120, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _digest(plan: Plan) -> object:
    return plan.changes, plan.conflicts, plan.warnings, plan.unchanged


@quickly
@given(stories, st.booleans())
def test_applying_twice_changes_nothing_more(story: Story, sure: bool) -> None:
    """After a plan was applied, the next one is empty and reports nothing that was handled."""
    rows = story.play()
    candidates = story.host.ids
    sync(story.host, rows, settings=story.settings, sure=sure, candidates=candidates)
    again = plan_for(story.host, rows, settings=story.settings, sure=sure, candidates=candidates)
    assert again.is_empty, again.lines()
    handled = {"number_taken", "diverged"}
    assert not handled & {each.code for each in again.conflicts}


@quickly
@given(stories)
def test_what_is_gone_is_dealt_with_once(story: Story) -> None:
    """With what is missing asked for by id: after a plan was applied, nothing is left to do or to ask."""
    rows = story.play()
    candidates = story.host.ids
    apply(story.host, asked(story.host, rows, settings=story.settings, candidates=candidates))
    again = asked(story.host, rows, settings=story.settings, candidates=candidates)
    assert again.is_empty, again.lines()
    assert "recreated" not in {each.code for each in again.warnings}


@quickly
@given(stories)
def test_what_a_person_archived_by_hand_is_never_restored(story: Story) -> None:
    """Whatever comes, goes and comes back in eAccounting."""
    host = story.host
    first, *later = story.moments
    sync(host, first, settings=story.settings, candidates=host.ids)
    ids = [record.id for record in host.all(Kind.PROJECT) if record.values["archived"] is False]
    for id in ids:
        host.edit(id, archived=True)
    for moment in later:
        apply(host, asked(host, moment, settings=story.settings, candidates=host.ids))
    assert all(host[id].values["archived"] is True for id in ids)


@quickly
@given(stories)
def test_a_plan_comes_back_from_its_json(story: Story) -> None:
    """Equal plans have equal texts, and a text gives an equal plan."""
    rows = story.play()
    plan = asked(story.host, rows, settings=story.settings, candidates=story.host.ids)
    text = plan_to_json(plan)
    assert plan_from_json(text) == plan
    assert plan_to_json(plan_from_json(text)) == text


@quickly
@given(stories, st.randoms(use_true_random=False))
def test_input_order_does_not_matter(story: Story, random: Any) -> None:
    """The same records in another order give the same plan, to the letter."""
    rows = story.play()
    shuffled = list(rows)
    random.shuffle(shuffled)
    records = story.host.records
    mixed = {kind: list(records[kind]) for kind in reversed(Kind)}
    for each in mixed.values():
        random.shuffle(each)
    candidates = story.host.ids
    plans = [
        make_plan(COMPANY, reads(some), held, settings=story.settings, archive_candidates=candidates)
        for some, held in ((rows, records), (shuffled, mixed))
    ]
    assert _digest(plans[0]) == _digest(plans[1])
    assert plans[0].lines() == plans[1].lines()


@quickly
@given(stories, st.booleans(), st.booleans())
def test_nothing_is_archived_from_an_unsure_or_empty_read(story: Story, sure: bool, empty: bool) -> None:
    """Unless the read is sure and brought something, no record is archived and none is adopted."""
    rows = [] if empty else story.play()
    story.host.add(Kind.PROJECT, number="1", name="Hus")
    plan = plan_for(story.host, rows, settings=story.settings, sure=sure and empty, candidates=story.host.ids)
    assert all(each.action is not Action.ARCHIVE and not each.adopted for each in plan.changes)


@quickly
@given(stories)
def test_adoption_never_joins_two_records(story: Story) -> None:
    """No record gets two counterparts: links are one to one, and a link once made stays."""
    host = story.host
    candidates = host.ids
    before: dict[str, str | None] = {}
    for moment in story.moments:
        plan = sync(host, moment, settings=story.settings, candidates=candidates)
        adopted = [each for each in plan.changes if each.adopted]
        assert max(Counter(each.busy_id for each in adopted).values(), default=0) <= 1
        links = {record.id: host.link_of(record) for kind in Kind for record in host.all(kind)}
        for kind in Kind:
            linked = [links[record.id] for record in host.all(kind) if links[record.id] is not None]
            assert len(linked) == len(set(linked)) == len(linked_ids(COMPANY, host.all(kind)))
        assert all(links[id] == link for id, link in before.items() if link is not None)
        before = links


@quickly
@given(stories, st.sets(st.integers(1, 20)))
def test_r7_every_project_is_present_and_active(story: Story, by_hand: set[int]) -> None:
    """After a sure sync each project is in Busy, and active unless finished or archived by a person."""
    host = story.host
    archived_by_hand = {record.id for record in host.all(Kind.PROJECT) if record.values["archived"] is True}
    candidates = host.ids
    rows: list[Upstream] = []
    for rows in story.moments:
        apply(host, asked(host, rows, candidates=candidates))
        for place in by_hand:
            id = f"{place:04}"
            if id in host.ids and host[id].kind is Kind.PROJECT and not host[id].values["archived"]:
                host.edit(id, archived=True)
                archived_by_hand.add(id)
    plan = asked(host, rows)
    assert not plan.changes
    undecided = {each.eaccounting_id for each in plan.conflicts if each.code == "ambiguous"}
    for row in rows:
        if row.kind is Kind.PROJECT and row.id not in undecided:
            record = host.linked(row.id)
            finished = row.values["archived"] is True
            if record.id not in archived_by_hand:
                assert record.values["archived"] is finished


@quickly
@given(stories)
def test_r22_what_busy_changed_alone_survives(story: Story) -> None:
    """While eAccounting's record stays as it is, no sync writes to Busy's."""
    rows = story.play()
    sync(story.host, rows, settings=story.settings)
    for id in sorted(story.host.ids):
        story._edit(id)
    before = {id: story.host[id].values for id in story.host.ids}
    plan = sync(story.host, rows, settings=story.settings)
    # An edit may decide a conflict: then a record is adopted, or a customer becomes known at last.
    decided = {
        each.busy_id
        for each in plan.changes
        if each.adopted or {change.field for change in each.fields} == {"customer"}
    }
    assert all(each.busy_id in decided for each in plan.changes if each.busy_id and each.change.values)
    kept = before.keys() - decided
    assert all(story.host[id].values == before[id] for id in kept)


@quickly
@given(stories)
def test_r8_only_candidates_are_archived_as_missing(story: Story) -> None:
    """No project that was made after the connection is archived for being unknown, at any time."""
    host = story.host
    candidates = host.ids
    for moment in story.moments:
        host.add(Kind.PROJECT, number="7", name="Laget i Busy")
        plan = sync(host, moment, settings=story.settings, candidates=candidates)
        missing = [each for each in plan.changes if each.reason is Reason.MISSING_AT_CONNECTION]
        assert {each.busy_id for each in missing} <= candidates
        assert all(each.eaccounting_id is None for each in missing)


@quickly
@given(stories)
def test_every_change_is_complete(story: Story) -> None:
    """Every planned change can be applied right away, unless the host refuses it."""
    rows = story.play()
    plan = plan_for(story.host, rows, settings=story.settings)
    for planned in plan.changes:
        assert planned.change.values.get("customer", "") != planned.pending or planned.pending is None
        assert isinstance(story.host.apply(planned.change), Applied)


PLANS = st.sampled_from(["asked", "sure", "unsure", "changes"])
STAYS = {*Fate} - {Fate(action) for action in Action}


def _planned(story: Story, how: str) -> Plan:
    """A plan for the end of a story, of which some links were damaged or copied meanwhile."""
    rows, host = story.play(), story.host
    for id in sorted(host.ids):
        damage = story.data.draw(st.sampled_from([*[None] * 8, "damaged", "copied"]))
        if damage == "damaged":
            host.relink(id, Link("{"))
        if damage == "copied":
            same = [each for each in host.all(host[id].kind) if each.link is not None]
            host.relink(id, story.data.draw(st.sampled_from(same)).link if same else None)
    if how == "asked":
        return asked(host, rows, settings=story.settings, candidates=host.ids)
    if how == "changes":
        lately = {kind: Read(read.rows, sure=True, whole=False) for kind, read in reads(rows).items()}
        return make_plan(COMPANY, lately, host.records, settings=story.settings)
    return plan_for(host, rows, settings=story.settings, sure=how == "sure", candidates=host.ids)


@quickly
@given(stories, PLANS)
def test_each_record_has_exactly_one_fate(story: Story, how: str) -> None:
    """Every record that was read, and every one of Busy; a pair has one; nothing else has any."""
    plan = _planned(story, how)
    read = {(row.kind, row.id) for row in story.moments[-1]}
    held = {(record.kind, record.id) for record in chain(*story.host.records.values())}
    rows = Counter((each.kind, each.eaccounting_id) for each in plan.fates if each.eaccounting_id)
    records = Counter((each.kind, each.busy_id) for each in plan.fates if each.busy_id)
    assert set(records) == held
    assert set(rows.values()) | set(records.values()) <= {1}
    assert read <= set(rows)
    assert all(each.eaccounting_id or each.busy_id for each in plan.fates)
    # What was not read has a fate only where it is linked.
    assert all(
        each.busy_id is not None
        for each in plan.fates
        if each.eaccounting_id and (each.kind, each.eaccounting_id) not in read
    )
    for each in plan.fates:
        assert all(plan.fate_of(each.kind, id) is each for id in (each.busy_id, each.eaccounting_id) if id)
    assert plan.fate_of(Kind.PROJECT, "nobody") is None


@quickly
@given(stories, PLANS)
def test_fates_say_what_the_plan_says(story: Story, how: str) -> None:
    """Each change, what waits, stays, or is to be asked for, and each conflict, is some record's fate."""
    plan = _planned(story, how)
    counted = Counter(each.fate for each in plan.fates)
    assert {action: counted[Fate(action)] for action in Action} == plan.counts
    assert counted[Fate.HELD_BACK] == len(plan.archiving.withheld)
    for planned in plan.changes:
        assert [each.fate for each in plan.fates if each.planned is planned] == [Fate(planned.action)]
    stay = Counter(
        each.kind
        for each in plan.fates
        if each.fate in {Fate.UNCHANGED, Fate.UNCONFIRMED, Fate.UNLISTED, Fate.GONE}
    )
    assert stay == Counter(plan.unchanged)
    asked_for = {(each.kind, each.eaccounting_id) for each in plan.fates if each.fate is Fate.UNCONFIRMED}
    assert asked_for <= set(plan.unconfirmed)
    for conflict in plan.conflicts:
        for id in filter(None, (conflict.eaccounting_id, *conflict.busy_ids)):
            fate = plan.fate_of(conflict.kind, id)
            assert fate is not None
            assert conflict in fate.conflicts
    assert all(each.conflicts for each in plan.fates if each.fate is Fate.CONFLICT)


@quickly
@given(stories, PLANS)
def test_only_what_has_a_fate_of_change_changes(story: Story, how: str) -> None:
    """After the plan was applied, every record that was to stay is as it was, link included."""
    host = story.host
    plan = _planned(story, how)
    before = {id: host[id] for id in host.ids}
    apply(host, plan)
    for each in plan.fates:
        if each.busy_id is not None:
            stayed = host[each.busy_id] == before[each.busy_id]
            assert stayed is (each.fate in STAYS)
    created = [each.eaccounting_id for each in plan.fates if each.fate is Fate.CREATE]
    assert len(host.ids) - len(before) == len(created)


@quickly
@given(stories, PLANS)
def test_an_explanation_foretells_each_field(story: Story, how: str) -> None:
    """Every record is explained in both languages, and has the new values after the plan was applied."""
    host = story.host
    plan = _planned(story, how)
    before = {id: host[id].values for id in host.ids}
    explanations = [plan.explain(each.kind, each.busy_id or each.eaccounting_id or "") for each in plan.fates]
    apply(host, plan)
    customers = linked_ids(COMPANY, host.all(Kind.CUSTOMER))
    for each in explanations:
        assert each.text("nb").count("\n") == each.text("en").count("\n") >= len(each.fields) > 0
        if each.fate.busy_id is None:
            continue
        held = host[each.fate.busy_id].values
        for told in each.fields:
            new = customers[told.new.eaccounting_id] if isinstance(told.new, Pending) else told.new
            assert told.old == before[each.fate.busy_id].get(told.field)
            if not host.cuts:
                assert new == held.get(told.field)
