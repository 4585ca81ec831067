"""Orders and what they claim, entries and parts of fixed prices, as documents; the installation's id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final
from urllib.parse import quote, unquote

from attrs import frozen

from visma_busy_sync.busy import Order, OrderLine
from visma_busy_sync.busy._orders import exact_sum
from visma_busy_sync.orders import State
from visma_busy_sync.ports import AsyncStateStore, Versioned, Write
from visma_busy_sync.state._documents import Schema, update

NOBODY: Final = ""
"""The tenant of documents that belong to none."""

ORDER_PREFIX: Final = "order/"
CLAIM_PREFIX: Final = "claim/"
FIXED_PRICE_PREFIX: Final = "fixed-price/"
_INSTALLATION: Final = "installation"


@frozen(kw_only=True)
class Claim:
    """Which order an entry of Busy is on; None once it was freed.

    A freed claim is overwritten, not deleted: a key that is created anew would begin at version 1 again.
    """

    order_id: str | None


@frozen(kw_only=True)
class FixedPriceParts:
    """What of the fixed price of a work type on a project is billed by which order.

    It is one document, and not a claim for each part: two orders that were built from the same open amount
    must not both bill it.

    Attributes:
        amounts: By order id, what it bills.
    """

    amounts: dict[str, Decimal]


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
FIXED_PRICE_SCHEMA: Final = Schema(FixedPriceParts)
INSTALLATION_SCHEMA: Final = Schema(Installation)


def order_key(order_id: str) -> str:
    """Return the key of an order's ledger entry, or of what a purge left of it."""
    return f"{ORDER_PREFIX}{order_id}"


def claim_document_key(claim: str) -> str:
    """Return the key of the claim on an entry."""
    return f"{CLAIM_PREFIX}{claim}"


def fixed_price_key(project: str, work_type: str) -> str:
    """Return the key of what is billed of a fixed price."""
    return f"{FIXED_PRICE_PREFIX}{quote(project, safe='')}/{quote(work_type, safe='')}"


def fixed_parts(order: Order) -> dict[str, OrderLine]:
    """Return the lines of an order that bill fixed prices, by the keys of what is billed of these."""
    return {
        fixed_price_key(order.project, line.work_type): line
        for line in order.lines
        if line.is_fixed_price and line.work_type is not None
    }


def billed_of_fixed_price(key: str, document: Versioned | None, *, without: str) -> Decimal:
    """Return what all orders but `without` bill of a fixed price, of its document."""
    amounts = _parts(key, document)
    return exact_sum(amount for order_id, amount in amounts.items() if order_id != without)


def named_by_fixed_price_key(key: str) -> tuple[str, str]:
    """Return Busy's ids of the project and the work type whose fixed price a key is of."""
    project, _, work_type = key.removeprefix(FIXED_PRICE_PREFIX).partition("/")
    return unquote(project), unquote(work_type)


def parts_of_fixed_price(key: str, body: str) -> dict[str, Decimal]:
    """Return what each order bills of a fixed price, of its document."""
    return dict(FIXED_PRICE_SCHEMA.load(key, body).amounts)


def _parts(key: str, document: Versioned | None) -> dict[str, Decimal]:
    return parts_of_fixed_price(key, document.body) if document is not None else {}


def held_keys(order: Order) -> list[str]:
    """Return the keys of all documents that say what an order bills: entries, and parts of fixed prices."""
    return [*map(claim_document_key, order.claims), *fixed_parts(order)]


def holding_writes(order: Order, stored: Mapping[str, Versioned]) -> list[Write]:
    """Return the writes that give an order what it bills."""
    return [
        *claim_writes(order.claims, stored, order_id=order.id),
        *_fixed_price_writes(order, stored, billed=True),
    ]


def freeing_writes(order: Order, stored: Mapping[str, Versioned]) -> list[Write]:
    """Return the writes that take from an order what it bills."""
    return [
        *claim_writes(order.claims, stored, order_id=None),
        *_fixed_price_writes(order, stored, billed=False),
    ]


def _fixed_price_writes(order: Order, stored: Mapping[str, Versioned], *, billed: bool) -> list[Write]:
    writes: list[Write] = []
    for key, line in fixed_parts(order).items():
        amounts = _parts(key, stored.get(key))
        amounts.pop(order.id, None)
        if billed:
            amounts[order.id] = line.total
        writes.append(FIXED_PRICE_SCHEMA.write(key, stored.get(key), FixedPriceParts(amounts=amounts)))
    return writes


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
