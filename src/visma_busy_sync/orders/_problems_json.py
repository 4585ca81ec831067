"""Problems and what stayed out as a JSON text, for a page or a log of the host; it is not read back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from visma_busy_sync._core.texts import Texts
from visma_busy_sync.busy import LeftOut
from visma_busy_sync.busy._canonical import Plain, canonical_json
from visma_busy_sync.orders._problems import Problem, reason_texts

PROBLEMS_SCHEMA: Final = 1
"""The schema version of the text: a member that is new, gone or means another thing has a new version."""


def problems_to_json(problems: Iterable[Problem], left_out: Iterable[LeftOut] = ()) -> str:
    """Return problems, and the hours and costs that stayed out, as one JSON text, in the given order.

    Equal values have equal texts. It has ids and numbers, no names; numbers within messages are texts.
    """
    return canonical_json(
        {
            "document": "problems",
            "schema": PROBLEMS_SCHEMA,
            "problems": [plain_problem(found) for found in problems],
            "left_out": [_left_out(one) for one in left_out],
        }
    )


def plain_problem(found: Problem) -> dict[str, Plain]:
    """Return a problem as plain data."""
    return {
        "code": found.code.value,
        "entity": {"kind": found.entity.kind, "id": found.entity.id},
        "message": {"en": found.message, "nb": found.message_nb},
        "cure": {"en": found.cure_en, "nb": found.cure_nb},
        "mended_by": found.mended_by.value,
        "column": found.column,
    }


def plain_texts(texts: Texts) -> dict[str, Plain]:
    """Return a sentence in both languages as plain data."""
    return {"en": texts.en, "nb": texts.nb}


def _left_out(one: LeftOut) -> dict[str, Plain]:
    return {
        "kind": one.kind.value,
        "id": one.entry_id,
        "reason": one.reason.value,
        "exclusion": one.exclusion.value if one.exclusion is not None else None,
        "text": plain_texts(reason_texts(one.reason)),
    }
