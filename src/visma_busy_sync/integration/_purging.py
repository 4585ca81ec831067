"""Use case of a tenant that leaves: forget what is personal or secret, keep what prevents billing twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, final

import attrs
from attrs import frozen

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.integration._connection import disconnect
from visma_busy_sync.integration._site import Site
from visma_busy_sync.integration.errors import NotConnected, NotRevoked, PurgeRefused
from visma_busy_sync.orders import LedgerEntry, State, entry_from_json
from visma_busy_sync.ports import Found, Write
from visma_busy_sync.state import (
    CONNECTION,
    CONNECTION_SCHEMA,
    LOGIN,
    LOGIN_SCHEMA,
    ORDER_PREFIX,
    PURGED_ORDER_SCHEMA,
    TOKENS_PREFIX,
    EncryptionKeyMissing,
    LoginStage,
    PurgedOrder,
    claim_writes,
    purged_order_key,
    until_written,
)

IN_FLIGHT: Final = frozenset({State.SENDING, State.OUTCOME_UNKNOWN, State.NEEDS_ATTENTION, State.WITHDRAWING})
"""States in which it is not known whether eAccounting has a draft."""

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
        "En ordre som ble sendt før, blir ikke lenger kjent igjen og kan bli sendt en gang til.",
        "An order that was sent before is not recognised any more, and can be sent a second time.",
    ),
)
"""What may happen twice after everything was purged."""


@final
@frozen(kw_only=True)
class Purged:
    """What a purge did.

    Attributes:
        removed: How many documents were removed.
        kept: How many were kept, of which only ids are left.
        revoked: Whether Visma confirmed that the tokens are ended; if not, they are only deleted here.
        may_happen_twice: What is not prevented any more, since everything was removed; else empty.
    """

    removed: int
    kept: int
    revoked: bool = True
    may_happen_twice: tuple[Texts, ...] = ()


async def purge(site: Site, tenant: str, *, everything: bool) -> Purged:
    """Forget a tenant: tokens, logins and texts; with `everything`, all that is known of it.

    Raises:
        PurgeRefused: If an order of it may be on its way; nothing was changed then, save that the tenant is
            disconnected where the order was sent only meanwhile.
    """
    _refuse_in_flight(await site.state.scan(ORDER_PREFIX, tenant))
    revoked = True
    try:
        await disconnect(site, tenant)
    except NotConnected:
        pass
    except (EncryptionKeyMissing, NotRevoked):  # who leaves need not have the key of what is thrown away
        revoked = False
    purged = await until_written(CONNECTION, lambda: _purged(site, tenant, everything=everything))
    return attrs.evolve(purged, revoked=revoked)


def _refuse_in_flight(orders: Sequence[Found]) -> None:
    entries = [entry_from_json(found.document.body) for found in orders]
    flying = tuple(entry.order_id for entry in entries if entry.state in IN_FLIGHT)
    if flying:
        raise PurgeRefused(flying)


async def _purged(site: Site, tenant: str, *, everything: bool) -> Purged | None:
    """Purge in one commit; None: something was written in between."""
    documents = await site.state.scan("", tenant)
    orders = [found for found in documents if found.key.startswith(ORDER_PREFIX)]
    _refuse_in_flight(orders)
    if everything:
        writes = [Write(found.key, found.document.version, None) for found in documents]
        done = await site.state.commit(tenant, writes)
        return Purged(removed=len(writes), kept=0, may_happen_twice=TWICE) if done else None
    secret = [found for found in documents if found.key.startswith(TOKENS_PREFIX)]
    writes = [Write(found.key, found.document.version, None) for found in (*secret, *orders)]
    stored = {found.key: found.document for found in documents}
    for found in orders:
        entry = entry_from_json(found.document.body)
        if entry.state is State.RESERVED:  # surely nothing was sent, and nobody will send it any more
            writes += claim_writes(entry.claims, stored, order_id=None)
        else:
            left = _ids_of(entry)
            writes.append(PURGED_ORDER_SCHEMA.write(purged_order_key(left.order_id), None, left))
    writes += [_without_texts(found) for found in documents if found.key == CONNECTION]
    writes += [_void(found) for found in documents if found.key == LOGIN]
    if not await site.state.commit(tenant, writes):
        return None
    return Purged(removed=len(secret) + len(orders), kept=len(documents) - len(secret))


def _ids_of(entry: LedgerEntry) -> PurgedOrder:
    return PurgedOrder(
        order_id=entry.order_id,
        company_id=entry.order.company_id,
        state=str(entry.state),
        marker=entry.marker,
        eaccounting_id=entry.eaccounting_id,
        number=entry.number,
    )


def _without_texts(found: Found) -> Write:
    connection = CONNECTION_SCHEMA.load(found.key, found.document.body)
    bare = attrs.evolve(
        connection,
        connected=False,
        company_name="",
        login_id="",
        other=None,
        fetched={},
        read={},
        attempted={},
    )
    return CONNECTION_SCHEMA.write(found.key, found.document, bare)


def _void(found: Found) -> Write:
    # Overwritten, not deleted: the next login must not begin at a version that there was before.
    login = LOGIN_SCHEMA.load(found.key, found.document.body)
    void = attrs.evolve(
        login, state_hash="", session_hash="", verifier=None, login_id=None, stage=LoginStage.ENDED
    )
    return LOGIN_SCHEMA.write(found.key, found.document, void)
