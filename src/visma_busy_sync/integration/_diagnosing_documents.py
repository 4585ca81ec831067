"""The part of a diagnosis that reads everything that is stored of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.integration._diagnosis import Check, CheckCode, Health
from visma_busy_sync.integration._site import Site
from visma_busy_sync.state import DAMAGED, TOKENS_PREFIX, Faulty, faulty

_ALL_READ: Final = Texts(
    "Alt som er lagret om tilkobling, henting og hva ordre fakturerer, kan leses.",
    "All that is stored of connection, syncs and what orders bill can be read.",
)
_HEALS: Final = Texts(
    "Det skal ikke gjøres noe: det blir erstattet neste gang det brukes.",
    "Nothing is to be done: it is replaced the next time that it is used.",
)
_CONNECT: Final = Texts("Trykk «Koble til» og logg inn på nytt.", "Press connect and log in again.")


async def documents(site: Site, tenant: str) -> Sequence[Check]:
    """Name each document that cannot be read; the orders themselves have a check of their own."""
    looked = [faulty(found) for found in await site.state.scan("", tenant)]
    checks = [_check(each) for each in looked if each is not None]
    return checks or [Check(CheckCode.DOCUMENTS, Health.OK, _ALL_READ)]


def _check(found: Faulty) -> Check:
    damaged = found.error.reason == DAMAGED
    why = ": det er skadet" if damaged else ""
    what = Texts(f"Det lagrede dokumentet {found.error.key!r} kan ikke leses{why}.", found.error.message)
    if found.heals:
        return Check(CheckCode.DOCUMENTS, Health.WARNING, what, _HEALS)
    cure = Texts(found.error.advice, found.error.advice)
    if damaged and found.error.key.startswith(TOKENS_PREFIX):
        cure = _CONNECT
    return Check(CheckCode.DOCUMENTS, Health.FAILURE, what, cure)
