"""A long random sequence of changes, edits and loads beside a dictionary that does the same."""

from __future__ import annotations

import random
from typing import Final

from attrs import define, field

from visma_busy_sync.sync import Applied, Change, Kind, Link, Moved, Record, Value
from visma_busy_sync.testing._kit import catalogue_promises as p
from visma_busy_sync.testing._kit.catalogue_stage import (
    CatalogueStage,
    Instance,
    creation,
    new_link,
    new_values,
    told,
)
from visma_busy_sync.testing._kit.stage import shown
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(CatalogueStage)

SEEDS: Final = range(3)
STEPS: Final = 80

_MOST_TOLD: Final = 12


@define
class _Walk:
    """One walk: the records as they should be, and what was done so far, for the message."""

    stage: CatalogueStage
    seed: int
    chance: random.Random
    records: dict[tuple[str, Kind, str], Record] = field(factory=dict)
    links: list[Link | None] = field(factory=lambda: [None])
    steps: list[str] = field(factory=list)

    def compare(self, step: str, seen: object, wanted: object) -> None:
        self.steps.append(step)
        if seen == wanted:
            return
        steps = "\n    ".join(self.steps[-_MOST_TOLD:])
        before = max(0, len(self.steps) - _MOST_TOLD)
        self.stage.require(
            ok=False,
            seen=f"step {len(self.steps)} of seed {self.seed} gives {shown(seen)}, not {shown(wanted)}; "
            f"the steps{f' after the first {before}' if before else ''}:\n    {steps}\n ",
        )

    def _tenant(self) -> str:
        return self.chance.choice((self.stage.tenant, self.stage.other))

    def _some(self, tenant: str) -> Record | None:
        mine = [record for (owner, _, _), record in self.records.items() if owner == tenant]
        return self.chance.choice(mine) if mine else None

    async def apply(self, instance: Instance) -> None:
        tenant = self._tenant()
        changes = [self._change(tenant) for _ in range(self.chance.randint(1, 4))]
        outcomes = await instance.apply(*changes, tenant=tenant)
        for change, outcome in zip(changes, outcomes, strict=True):
            what = "creation" if change.id is None else f"change of {change.kind} {change.id}"
            step = f"{what} in {tenant!r}: {shown(dict(change.values))} -> {type(outcome).__name__}"
            wanted = self._wanted(tenant, change)
            if wanted is None or not isinstance(outcome, Applied):
                self.compare(step, type(outcome), Moved if wanted is None else Applied)
                continue
            made = Record(change.kind, outcome.id, dict(outcome.values), change.link)
            self.records[tenant, change.kind, outcome.id] = made = self.stage.known(made)
            self.compare(step, dict(made.values), dict(self.stage.known(wanted).values))

    def _change(self, tenant: str) -> Change:
        known = self._some(tenant)
        if known is None or self.chance.random() < 0.3:
            return creation(self.chance.choice(list(Kind)))
        link = new_link()
        self.links.append(link)
        values = new_values(known.kind, archived=self.chance.random() < 0.5)
        names = [name for name in self.stage.fields[known.kind] if name in {"number", "name", "archived"}]
        chosen = self.chance.sample(names, self.chance.randint(0, len(names)))
        expected: dict[str, Value] = {name: known.values[name] for name in chosen}
        # Mostly right, so that long histories arise.
        if chosen and self.chance.random() < 0.1:
            expected[chosen[0]] = values["name"] if chosen[0] != "archived" else not expected["archived"]
        expected_link = known.link if self.chance.random() < 0.9 else self.chance.choice(self.links)
        picked = {name: values[name] for name in chosen}
        return Change(known.kind, known.id, picked, expected, expected_link, link)

    def _wanted(self, tenant: str, change: Change) -> Record | None:
        if change.id is None:
            return Record(change.kind, "", change.values, change.link)
        known = self.records[tenant, change.kind, change.id]
        fits = all(known.values[name] == value for name, value in change.expected.items())
        if known.link != change.expected_link or not fits:
            return None
        return Record(change.kind, change.id, {**known.values, **change.values}, change.link)

    async def load(self, instance: Instance) -> None:
        tenant, kind = self._tenant(), self.chance.choice(list(Kind))
        loaded = await instance.load(kind, tenant)
        wanted = {id: each for (owner, of, id), each in self.records.items() if (owner, of) == (tenant, kind)}
        seen = {id: self.stage.known(record) for id, record in loaded.items()}
        differ = sorted(id for id in seen.keys() | wanted.keys() if seen.get(id) != wanted.get(id))
        self.compare(
            f"load of {kind} in {tenant!r}",
            [told(seen.get(id)) for id in differ],
            [told(wanted.get(id)) for id in differ],
        )

    async def edit(self, instance: Instance) -> None:
        del instance
        known = self._some(self.stage.tenant)
        if known is None:
            return
        edited = self.stage.edit_raw(known, name=f"{new_values(known.kind)['name']}")
        self.records[self.stage.tenant, known.kind, known.id] = edited
        self.steps.append(f"edit of {known.kind} {known.id}: {edited.values['name']}")

    async def add(self, instance: Instance) -> None:
        del instance
        added = self.stage.add_raw(self.chance.choice(list(Kind)))
        self.records[self.stage.tenant, added.kind, added.id] = added
        self.steps.append(f"a person adds {told(added)}")

    async def look_past(self, instance: Instance) -> None:
        del instance
        tenant = self._tenant()
        known = self._some(tenant)
        if known is not None:
            held = self.stage.raw(known.kind, known.id, tenant)
            self.compare(f"past the port: {known.kind} {known.id}", told(held), told(known))


@SUITE.shows(p.LIKE_A_SMALL_BUSY)
async def any_sequence_of_changes_is_like_a_dictionary(stage: CatalogueStage) -> None:
    """Seeded random changes, edits and loads through two instances answer as a dictionary does."""
    instances = (stage.catalogue, stage.another())
    for seed in SEEDS:
        walk = _Walk(stage, seed, random.Random(seed))  # noqa: S311 - must repeat
        for tenant in (stage.tenant, stage.other):
            for kind in Kind:
                for id, record in (await stage.catalogue.load(kind, tenant)).items():
                    walk.records[tenant, kind, id] = stage.known(record)
        calls = (walk.apply, walk.apply, walk.apply, walk.load, walk.edit, walk.add, walk.look_past)
        for _ in range(STEPS):
            await walk.chance.choice(calls)(walk.chance.choice(instances))
