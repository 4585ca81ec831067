"""A long random sequence of calls beside a dictionary that does the same."""

from __future__ import annotations

import random
from typing import Final

from attrs import define, field

from visma_busy_sync.ports import Versioned, Write
from visma_busy_sync.testing._kit import promises as p
from visma_busy_sync.testing._kit.state_stage import Instance, StateStage
from visma_busy_sync.testing._kit.suite import Suite

SUITE: Final = Suite(StateStage)

SEEDS: Final = range(3)
STEPS: Final = 100

_TENANTS: Final[tuple[str, ...]] = ("", "acme", "acm")
_KEYS: Final[tuple[str, ...]] = ("order/1", "order/10", "order/2", "claim/1", "o")
_PREFIXES: Final[tuple[str, ...]] = ("", "order/", "order/1", "o", "claim/1", "x")
_MOST_TOLD: Final = 12


@define
class _Model:
    """What the store should hold."""

    documents: dict[tuple[str, str], Versioned] = field(factory=dict)

    def commit(self, tenant: str, writes: list[Write]) -> bool:
        def version(key: str) -> int | None:
            held = self.documents.get((tenant, key))
            return held.version if held else None

        if any(version(write.key) != write.expected for write in writes):
            return False
        for write in writes:
            if write.body is None:
                self.documents.pop((tenant, write.key), None)
            else:
                self.documents[tenant, write.key] = Versioned((write.expected or 0) + 1, write.body)
        return True

    def read(self, tenant: str, keys: list[str]) -> dict[str, Versioned]:
        return {key: held for key in keys if (held := self.documents.get((tenant, key)))}

    def scan(self, prefix: str, tenant: str | None) -> list[tuple[str, str, Versioned]]:
        found = ((owner, key, held) for (owner, key), held in self.documents.items())
        return sorted(each for each in found if each[1].startswith(prefix) and tenant in {None, each[0]})


@define
class _Walk:
    """One walk: what was done so far, for the message."""

    stage: StateStage
    seed: int
    chance: random.Random
    model: _Model = field(factory=_Model)
    steps: list[str] = field(factory=list)

    def compare(self, step: str, seen: object, wanted: object) -> None:
        self.steps.append(step)
        if seen == wanted:
            return
        told = "\n    ".join(self.steps[-_MOST_TOLD:])
        before = max(0, len(self.steps) - _MOST_TOLD)
        self.stage.require(
            ok=False,
            seen=f"step {len(self.steps)} of seed {self.seed} gives {seen}, not {wanted}; "
            f"the steps{f' after the first {before}' if before else ''}:\n    {told}\n ",
        )

    async def commit(self, store: Instance) -> None:
        tenant = self.chance.choice(_TENANTS)
        writes = [self._write(tenant, key) for key in self.chance.sample(_KEYS, self.chance.randint(1, 3))]
        named = ", ".join(
            f"{each.key} at {each.expected} = {'deleted' if each.body is None else each.body}"
            for each in writes
        )
        made = await store.commit(*writes, tenant=tenant)
        self.compare(f"commit of {tenant!r}: {named} -> {made}", made, self.model.commit(tenant, writes))

    def _write(self, tenant: str, key: str) -> Write:
        held = self.model.documents.get((tenant, key))
        right = held.version if held else None
        # Mostly right, so that long histories arise.
        expected = right if self.chance.random() < 0.85 else self.chance.choice((None, 1, 2, 3))
        # To delete what is expected not to exist has no meaning that counts.
        deletes = expected is not None and self.chance.random() < 0.25
        return Write(key, expected, None if deletes else f"body {len(self.steps)}")

    async def read(self, store: Instance) -> None:
        tenant = self.chance.choice(_TENANTS)
        keys = list[str](self.chance.sample(_KEYS, self.chance.randint(1, len(_KEYS))))
        seen = await store.read(*keys, tenant=tenant)
        self.compare(f"read of {tenant!r}: {', '.join(keys)}", seen, self.model.read(tenant, keys))

    async def scan(self, store: Instance) -> None:
        tenant = self.chance.choice((None, *_TENANTS))
        prefix = self.chance.choice(_PREFIXES)
        seen = sorted((each.tenant, each.key, each.document) for each in await store.scan(prefix, tenant))
        self.compare(f"scan of {tenant!r}: {prefix!r}", seen, self.model.scan(prefix, tenant))

    async def look_past(self, store: Instance) -> None:
        del store
        tenant, key = self.chance.choice(_TENANTS), self.chance.choice(_KEYS)
        held = self.stage.raw(key, tenant)
        self.compare(f"past the port: {tenant!r} {key}", held, self.model.documents.get((tenant, key)))


@SUITE.shows(p.LIKE_THE_MODEL)
async def any_sequence_of_calls_is_like_a_dictionary(stage: StateStage) -> None:
    """Seeded random commits, reads and scans through two instances answer as a dictionary does."""
    stores = (stage.store, stage.another())
    for seed in SEEDS:
        walk = _Walk(stage, seed, random.Random(seed))  # noqa: S311 - must repeat
        for found in await stage.store.scan("", None):
            await stage.store.made(Write(found.key, found.document.version, None), tenant=found.tenant)
        calls = (walk.commit, walk.commit, walk.read, walk.scan, walk.look_past)
        for _ in range(STEPS):
            await walk.chance.choice(calls)(walk.chance.choice(stores))
