"""The marker of an order: what is found again in eAccounting, where orders have no external id.

A marker is `BY-` with 12 characters over installation, tenant and order, then a point and the revision,
for instance `BY-K7QFA3M2XHDC.1`. So any revision of an order is recognised, and two installations over one
company never take each other's drafts for their own.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Final

from visma_busy_sync.eaccounting.models import Unset

_PREFIX: Final = "BY-"
_CHARACTERS: Final = 12
"""60 bits: among a million orders of one company the chance of any two alike is below one in a million."""

_STEM: Final = re.compile(
    rf"(?<![0-9A-Z])({_PREFIX}[A-Z2-7]{{{_CHARACTERS}}})\.[0-9]", re.IGNORECASE | re.ASCII
)


def make_marker(*, installation: str, tenant: str, order_id: str, revision: int) -> str:
    """Return the marker of one revision of an order.

    Args:
        installation: The id of this installation of the package.
        tenant: The tenant whose order it is.
        order_id: The order.
        revision: Its revision, from 1.
    """
    named = json.dumps([installation, tenant, order_id]).encode("ascii")
    digest = base64.b32encode(hashlib.sha256(named).digest()).decode("ascii")
    return f"{_PREFIX}{digest[:_CHARACTERS]}.{revision}"


def marker_length(revision: int) -> int:
    """Return how many characters the marker of a revision has."""
    return len(_PREFIX) + _CHARACTERS + len(f".{revision}")


def stem_of(marker: str) -> str:
    """Return what the markers of all revisions of an order have in common."""
    return marker.rpartition(".")[0]


def stems_in(text: str | Unset | None) -> frozenset[str]:
    """Return the orders whose markers a text of eAccounting holds, as their stems."""
    return frozenset(found.upper() for found in _STEM.findall(text or ""))


def names_another(text: str | Unset | None, marker: str) -> bool:
    """Tell whether a text of eAccounting holds the marker of another order than that of `marker`."""
    return bool(stems_in(text) - {stem_of(marker)})


def contains_marker(text: str | Unset | None, marker: str) -> bool:
    """Tell whether a text of eAccounting holds exactly this marker; upper and lower case are alike."""
    stem, _, revision = marker.rpartition(".")
    return int(revision) in _revisions(text, stem)


def marked_revision(text: str | Unset | None, marker: str) -> int | None:
    """Return the highest revision of the order of `marker` that a text names; None if it names none.

    A restored database forgets what it sent: before the first send of any revision, look for all.
    """
    return max(_revisions(text, stem_of(marker)), default=None)


def _revisions(text: str | Unset | None, stem: str) -> list[int]:
    if not text:
        return []
    whole_word = rf"(?<![0-9A-Z]){re.escape(stem)}\.([0-9]{{1,9}})(?![0-9A-Z])"
    # ASCII: otherwise letters and digits of other scripts count as the same.
    return [int(revision) for revision in re.findall(whole_word, text, re.IGNORECASE | re.ASCII)]
