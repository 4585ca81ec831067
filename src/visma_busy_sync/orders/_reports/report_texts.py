"""How hours, days and things of a report are told to a person, in Norwegian and in English."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.errors import VismaBusySyncError
from visma_busy_sync._core.texts import Language, Texts
from visma_busy_sync.orders import _rounding
from visma_busy_sync.orders._problems import Entity
from visma_busy_sync.orders._shown import shown_money

_KINDS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        "company": Texts("selskap", "company"),
        "customer": Texts("kunde", "customer"),
        "entry": Texts("timeføring", "time entry"),
        "expense": Texts("kostnad", "cost"),
        "line": Texts("linje", "line"),
        "member": Texts("medlem", "member"),
        "order": Texts("ordre", "order"),
        "product": Texts("produkt", "product"),
        "project": Texts("prosjekt", "project"),
        "work_type": Texts("arbeidstype", "work type"),
        "work_type_member": Texts("arbeidstype og medlem", "work type and member"),
    }
)
"""How kinds of things are called; others go by their own name."""


def hours(minutes: int, language: Language) -> str:
    """Return minutes as hours with 2 decimals."""
    return shown_money(_rounding.worth_of_hours({Decimal(1): minutes}).rounded(2), language)


def called(entity: Entity, language: Language) -> str:
    """Return what something is called: its kind and Busy's id of it."""
    kind = _KINDS.get(entity.kind)
    return f"{kind.of(language) if kind is not None else entity.kind} {entity.id}"


def told_error(error: Exception) -> str:
    """Return what an error says; of a foreign one only its name, since its text may tell anything."""
    return error.message if isinstance(error, VismaBusySyncError) else type(error).__name__
