"""Use case of a tenant that leaves: forget what is personal or secret, keep what prevents billing twice.

Nothing that could be created anew under the same key is deleted, and it is all one commit: whoever read a
document before it, and stalled, cannot write that document after it. A push that found no order before it,
and stalled, may still note one after it; it is not sent, since the tokens are gone, and purging again takes
it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias, final

import attrs
from attrs import frozen

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import Texts
from visma_busy_sync.eaccounting import TokenSet
from visma_busy_sync.integration._connection import held_by, revoke
from visma_busy_sync.integration._ledger import order_from
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import PurgeRefused
from visma_busy_sync.orders import DocumentError, LedgerEntry, State
from visma_busy_sync.ports import Found, Versioned, Write
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    DECISIONS_PREFIX,
    LOGIN,
    ORDER_NOTES,
    ORDER_PREFIX,
    PURGED_ORDER_SCHEMA,
    READING_PREFIX,
    RUNS,
    TOKENS_PREFIX,
    TOLD,
    DocumentUnreadable,
    EncryptionKeyMissing,
    PurgedOrder,
    erasing,
    freeing_writes,
    hashed_company_id,
    until_written,
)

IN_FLIGHT: Final = frozenset({State.SENDING, State.OUTCOME_UNKNOWN, State.NEEDS_ATTENTION, State.WITHDRAWING})
"""States in which it is not known whether eAccounting has a draft."""

NEVER_MADE: Final = frozenset({State.RESERVED, State.REJECTED})
"""States that hold claims although eAccounting surely has no draft: a purge frees them."""

TWICE: Final = (
    Texts(
        "Timer og kostnader som allerede er fakturert, kan bli lagt på en ny ordre og fakturert en gang til.",
        "Hours and costs that were billed already can be put on a new order, and be billed a second time.",
    ),
    Texts(
        "Neste tilkobling arkiverer igjen alle Busy-prosjekter som ikke finnes i eAccounting.",
        "The next connection will again archive all Busy projects that eAccounting does not have.",
    ),
    Texts(
        "En ordre som ble sendt før, kjennes bare igjen på merket sitt i eAccounting. Finnes ikke merket "
        "der, kan den bli sendt en gang til.",
        "An order that was sent before is recognised by its marker in eAccounting only. Where that is not "
        "there any more, it can be sent a second time.",
    ),
)
"""What may happen twice after everything was purged."""


_OF_NO_USE: Final = frozenset({LOGIN, ORDER_NOTES, RUNS, TOLD})
_ABOUT_RECORDS: Final = (DECISIONS_PREFIX, READING_PREFIX)

_Orders: TypeAlias = Mapping[str, LedgerEntry | PurgedOrder | None]
"""What stands at the keys of orders; None: it cannot be read."""


@final
@frozen(kw_only=True)
class Purged:
    """What a purge did.

    Attributes:
        removed: How many documents were deleted, or lost what was personal or secret in them.
        kept: How many are left that say something: ids only, and of a company that has no id, the hash of
            its name.
        revoked: Whether Visma confirmed the end of all tokens that were deleted, those of a company that
            waited included; if not, some are only deleted here.
        may_happen_twice: What is not prevented any more, since everything was removed; else empty.
    """

    removed: int
    kept: int
    revoked: bool = True
    may_happen_twice: tuple[Texts, ...] = ()


async def purge(site: Site, tenant: str, *, everything: bool) -> Purged:
    """Forget a tenant: tokens, logins and texts; with `everything`, all that is known of it.

    What others wrote meanwhile is looked for again, until there is nothing more to forget.

    Raises:
        PurgeRefused: If an order of it may be on its way; nothing was changed then, unless the order came up
            only meanwhile. With `everything`, one that cannot be read does not count.
        StoreBusy: If others went on writing; what was forgotten stays so.
    """
    removed, revoked = 0, True

    async def attempt() -> Purged | None:
        nonlocal removed, revoked
        documents = await site.state.scan("", tenant)
        orders = {found.key: _order(found) for found in documents if found.key.startswith(ORDER_PREFIX)}
        _refuse_in_flight(orders, everything=everything)
        forgetting = [
            write for found in documents for write in _forgetting(found, orders, everything=everything)
        ]
        if not forgetting:
            return Purged(
                removed=removed,
                kept=len(documents),
                revoked=revoked,
                may_happen_twice=TWICE if everything else (),
            )
        secret = [found for found in documents if found.key.startswith(TOKENS_PREFIX)]
        # Later than the scan: if they are renewed in between, the commit fails and this begins anew. Else the
        # ones before would be revoked, and the new ones live on.
        held = await _held(site, tenant, secret)
        writes = [*forgetting, *([] if everything else _freeing(documents, orders))]
        if not await site.state.commit(tenant, writes):
            return None
        removed += len(forgetting)
        ended = [await _ended(site, tokens) for tokens in held]
        revoked = revoked and len(held) == len(secret) and all(ended)
        return None

    return await until_written(CONNECTION, attempt)


def _order(found: Found) -> LedgerEntry | PurgedOrder | None:
    try:
        return order_from(found.key, found.document.body)
    except DocumentError:
        return None


def _refuse_in_flight(orders: _Orders, *, everything: bool) -> None:
    def flies(order: LedgerEntry | PurgedOrder | None) -> bool:
        if order is None:  # nobody can tell
            return not everything
        if not isinstance(order, LedgerEntry):
            return False
        # What is gone holds its hours until a person releases it, and after a purge nobody can.
        return order.state in IN_FLIGHT or (order.state is State.GONE_UPSTREAM and not everything)

    flying = tuple(key.removeprefix(ORDER_PREFIX) for key, order in orders.items() if flies(order))
    if flying:
        raise PurgeRefused(flying)


def _forgetting(found: Found, orders: _Orders, *, everything: bool) -> list[Write]:
    """Return the write that takes from a document what is not kept; none if that was done before."""
    order = orders.get(found.key)
    if found.key.startswith(TOKENS_PREFIX):
        return [Write(found.key, found.document.version, None)]  # a login's id is never used again
    if everything or found.key in _OF_NO_USE or found.key.startswith(_ABOUT_RECORDS):
        return [erasing(found)]
    if found.key == CONNECTION:
        return _without_texts(found)
    if isinstance(order, LedgerEntry):
        return [PURGED_ORDER_SCHEMA.write(found.key, found.document, _ids_of(order))]
    return []


def _without_texts(found: Found) -> list[Write]:
    try:
        connection = CONNECTION_SCHEMA.load(found.key, found.document.body)
    except DocumentUnreadable:
        return [erasing(found)]
    id, name = connection.company_id, connection.company_name
    bare = attrs.evolve(
        connection,
        connected=False,
        company_id=hashed_company_id(id) if id.strip().lower() == name.strip().lower() else id,
        company_name="",
        login_id="",
        other=None,
        fetched={},
        read={},
        attempted={},
        known_since={},
    )
    return [] if bare == connection else [CONNECTION_SCHEMA.write(found.key, found.document, bare)]


def _ids_of(entry: LedgerEntry) -> PurgedOrder:
    return PurgedOrder(
        order_id=entry.order_id,
        state=entry.state,
        marker=entry.marker,
        eaccounting_id=entry.eaccounting_id,
        number=entry.number,
    )


def _freeing(documents: Sequence[Found], orders: _Orders) -> list[Write]:
    """Return the writes that free what orders bill that were surely not made."""
    stored: dict[str, Versioned] = {found.key: found.document for found in documents}
    writes: dict[str, Write] = {}
    for order in orders.values():
        if not (isinstance(order, LedgerEntry) and order.state in NEVER_MADE and order.holds):
            continue
        for write in freeing_writes(order.order, stored):
            writes[write.key] = write
            if write.expected is not None and write.body is not None:
                # Several of them may bill parts of one fixed price: the next goes on from here.
                stored[write.key] = Versioned(write.expected, write.body)
    return list(writes.values())


async def _held(site: Site, tenant: str, secret: Sequence[Found]) -> list[TokenSet]:
    """Return the tokens that can be opened: who leaves need not have the key of what is thrown away."""
    held: list[TokenSet] = []
    for found in secret:
        with contextlib.suppress(EncryptionKeyMissing, DocumentUnreadable):
            held += await held_by(site, tenant, [found.key.removeprefix(TOKENS_PREFIX)])
    return held


async def _ended(site: Site, tokens: TokenSet) -> bool:
    try:
        await revoke(site, tokens)
    except VismaBusySyncError:  # also that the client is closed: what is deleted must not stop the others
        return False
    return True
