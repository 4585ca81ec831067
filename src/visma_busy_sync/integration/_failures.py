"""Why a sync failed, for people: of its error only the name is kept."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.eaccounting.errors import (
    AccessDenied,
    AnswerLost,
    NotFound,
    NotSent,
    RateLimited,
    Rejected,
    ServerFault,
    Unauthorized,
    UnreadableAnswer,
)
from visma_busy_sync.integration.errors import ArchivingNotAllowed, NotReady, WrongCompany

_REFUSED: Final = Texts("eAccounting avviste en forespørsel", "eAccounting refused a request")
_NO_ACCESS: Final = Texts("eAccounting ga ikke tilgang", "eAccounting gave no access")
_OURS: Final = Texts("en feil i Busy", "a fault in Busy")

_REASONS: Final[Mapping[str, Texts]] = MappingProxyType(
    {
        AccessDenied.__name__: _NO_ACCESS,
        AnswerLost.__name__: Texts("eAccounting svarte ikke", "eAccounting did not answer"),
        ArchivingNotAllowed.__name__: Texts(
            "det som skulle arkiveres, er et annet nå", "what was to be archived is other now"
        ),
        NotFound.__name__: _REFUSED,
        NotReady.__name__: Texts("eAccounting er ikke klart", "eAccounting is not ready"),
        NotSent.__name__: Texts("eAccounting kunne ikke nås", "eAccounting could not be reached"),
        RateLimited.__name__: Texts("eAccounting ba om en pause", "eAccounting asked for a pause"),
        Rejected.__name__: _REFUSED,
        ServerFault.__name__: Texts("en feil hos eAccounting", "a fault at eAccounting"),
        Unauthorized.__name__: _NO_ACCESS,
        UnreadableAnswer.__name__: Texts(
            "et svar fra eAccounting kunne ikke leses", "an answer of eAccounting could not be read"
        ),
        WrongCompany.__name__: Texts(
            "eAccounting svarte for et annet selskap", "eAccounting answered for another company"
        ),
    }
)


def reason_of(error: str) -> Texts:
    """Return why a sync failed, by the name of its error; of what is not eAccounting's, that it is Busy's."""
    return _REASONS.get(error, _OURS)
