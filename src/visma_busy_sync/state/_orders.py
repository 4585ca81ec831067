"""Orders and the claims on their entries as documents; the installation's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from attrs import frozen

from visma_busy_sync.orders import State
from visma_busy_sync.ports import AsyncStateStore, Versioned, Write
from visma_busy_sync.state._documents import Schema, update

NOBODY: Final = ""
"""The tenant of documents that belong to none."""

ORDER_PREFIX: Final = "order/"
CLAIM_PREFIX: Final = "claim/"
_INSTALLATION: Final = "installation"


@frozen(kw_only=True)
class Claim:
    """Which order an entry of Busy is on; None once it was freed.

    A freed claim is overwritten, not deleted: a key that is created anew would begin at version 1 again.
    """

    order_id: str | None


@frozen(kw_only=True)
class Installation:
    """This installation, told apart from others that serve the same company."""

    id: str


@frozen(kw_only=True)
class PurgedOrder:
    """What is left of an order after a purge: ids only. It stands where its ledger entry stood.

    So who read the entry before the purge can write nothing over it, and the id is never used again.

    Attributes:
        order_id: The host's id of it.
        state: Where it stood.
        marker: What its draft is recognised by.
        eaccounting_id: The draft, if it was transferred.
        number: Its number, if it was known.
    """

    order_id: str
    state: State
    marker: str
    eaccounting_id: str | None = None
    number: int | None = None


PURGED_ORDER_SCHEMA: Final = Schema(PurgedOrder)
CLAIM_SCHEMA: Final = Schema(Claim)
INSTALLATION_SCHEMA: Final = Schema(Installation)


def order_key(order_id: str) -> str:
    """Return the key of an order's ledger entry, or of what a purge left of it."""
    return f"{ORDER_PREFIX}{order_id}"


def claim_document_key(claim: str) -> str:
    """Return the key of the claim on an entry."""
    return f"{CLAIM_PREFIX}{claim}"


def holders(bodies: Mapping[str, str]) -> dict[str, str]:
    """Return which order holds each claim that is not free, of claim documents by their keys."""
    claims = {key: CLAIM_SCHEMA.load(key, body) for key, body in bodies.items()}
    return {
        key.removeprefix(CLAIM_PREFIX): claim.order_id
        for key, claim in claims.items()
        if claim.order_id is not None
    }


def claim_writes(
    claims: Sequence[str], stored: Mapping[str, Versioned], *, order_id: str | None
) -> list[Write]:
    """Return the writes that give entries to an order, or free them."""
    keys = [claim_document_key(claim) for claim in claims]
    return [CLAIM_SCHEMA.write(key, stored.get(key), Claim(order_id=order_id)) for key in keys]


async def installation_id(store: AsyncStateStore, fresh: str) -> str:
    """Return the installation's id; on first use, `fresh` becomes it.

    Raises:
        StoreBusy: If others always came in between.
    """
    kept = await update(
        store,
        NOBODY,
        _INSTALLATION,
        INSTALLATION_SCHEMA,
        lambda known: None if known else Installation(id=fresh),
    )
    return kept.id if kept else fresh
