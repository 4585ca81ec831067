"""Use cases of decisions about single records: keep them, tell them, and let go of what is carried out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Final

import attrs

from visma_busy_sync.integration._arguments import require, require_id
from visma_busy_sync.integration._connection import connection_of
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration._situation import look
from visma_busy_sync.integration._telling import telling
from visma_busy_sync.state import DECISIONS_SCHEMA, KeptDecision, KeptDecisions, decisions_key, read, update
from visma_busy_sync.sync import Decide, Decision, Kind, Mending, check_decisions, mendings

_ADVICE: Final = "Pass a Decision of visma_busy_sync.sync."


async def decisions_of(site: Site, tenant: str, company_id: str) -> tuple[Decision, ...]:
    """Return the decisions about records of a company that still count."""
    kept = await read(site.state, tenant, decisions_key(company_id), DECISIONS_SCHEMA)
    return _loaded(kept.value) if kept else ()


@telling
async def decisions(site: Site, tenant: str) -> Sequence[Decision]:
    """Return the decisions that still count."""
    connection = await connection_of(site, tenant)
    return await decisions_of(site, tenant, connection.company_id)


@telling
async def decide(site: Site, tenant: str, chosen: Iterable[Decision]) -> Sequence[Decision]:
    """Keep decisions, each in the place of an earlier one about the same record of Busy."""
    new = tuple(chosen)
    for each in new:
        require("a decision", each, Decision, advice=_ADVICE)
    check_decisions(new)
    about = {(each.kind, each.busy_id) for each in new}
    return await _changed(
        site, tenant, lambda old: [*(d for d in old if (d.kind, d.busy_id) not in about), *new]
    )


@telling
async def forget_decision(site: Site, tenant: str, kind: Kind, busy_id: str) -> Sequence[Decision]:
    """Let go of a decision; if there is none, nothing happens."""
    require("kind", kind, Kind, advice="Pass a Kind of visma_busy_sync.sync.")
    require_id("busy_id", busy_id)
    return await forget_decisions(site, tenant, {(kind, busy_id)})


async def forget_decisions(
    site: Site, tenant: str, about: Collection[tuple[Kind, str | None]]
) -> Sequence[Decision]:
    """Let go of the decisions about records, by kind and Busy's id."""
    return await _changed(
        site, tenant, lambda old: [each for each in old if (each.kind, each.busy_id) not in about]
    )


@telling
async def mend(site: Site, tenant: str) -> Sequence[Mending]:
    """Return what would mend links that seem wrong, but for what was decided already; nothing is changed."""
    connection = await connection_of(site, tenant)
    chosen = await decisions_of(site, tenant, connection.company_id)
    decided = {(each.kind, each.busy_id) for each in chosen}
    situation = await look(site, tenant, connection)
    found = mendings(connection.company_id, situation.read, situation.records)
    return tuple(each for each in found if not any((d.kind, d.busy_id) in decided for d in each.decisions))


async def settle_decisions(
    site: Site,
    tenant: str,
    company_id: str,
    used: Sequence[Decision],
    *,
    open: Iterable[tuple[Kind, str | None]],
) -> None:
    """Let go of decisions that a sync carried out; a link that was cut stays so.

    Args:
        site: What it works with.
        tenant: Whose decisions they are.
        company_id: The company that they are about.
        used: Those that the sync knew.
        open: Kind and Busy's id of those that it could not carry out.
    """
    waiting = set(open)
    done = (each for each in used if (each.kind, each.busy_id) not in waiting)
    ended = {each for each in done if each.what is not Decide.KEEP}
    if not ended:
        return

    def settled(kept: KeptDecisions | None) -> KeptDecisions | None:
        if kept is None:
            return None
        left = [_settled(each) if each in ended else each for each in _loaded(kept)]
        return _dumped(each for each in left if each is not None)

    await update(site.state, tenant, decisions_key(company_id), DECISIONS_SCHEMA, settled)


def _settled(decision: Decision) -> Decision | None:
    if decision.what is not Decide.UNLINK:
        return None
    return attrs.evolve(decision, what=Decide.KEEP)


async def _changed(
    site: Site, tenant: str, change: Callable[[Sequence[Decision]], Iterable[Decision]]
) -> Sequence[Decision]:
    connection = await connection_of(site, tenant)

    def changed(kept: KeptDecisions | None) -> KeptDecisions:
        return _dumped(check_decisions(change(_loaded(kept) if kept else ())))

    kept = await update(site.state, tenant, decisions_key(connection.company_id), DECISIONS_SCHEMA, changed)
    return _loaded(kept) if kept else ()


def _loaded(kept: KeptDecisions) -> tuple[Decision, ...]:
    return tuple(Decision(each.what, each.kind, each.busy_id, each.eaccounting_id) for each in kept.decisions)


def _dumped(decisions: Iterable[Decision]) -> KeptDecisions:
    return KeptDecisions(
        [
            KeptDecision(
                what=str(each.what),
                kind=str(each.kind),
                busy_id=each.busy_id,
                eaccounting_id=each.eaccounting_id,
            )
            for each in decisions
        ]
    )
