"""Fields that a host's tables may require, and what the kit gives where it would leave them out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from visma_busy_sync.busy import Expense, Project, TimeEntry, WorkType

REQUIRABLE: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {
        Project: ("number", "customer"),
        WorkType: ("product", "default_rate"),
        TimeEntry: ("work_type", "task", "customer", "rate", "comment"),
        Expense: ("work_type", "product", "customer", "comment"),
    }
)
"""What a harness may name: what the kit leaves out of some values and has something for."""

STAND_INS: Final[Mapping[str, object]] = MappingProxyType(
    {"default_rate": Decimal(1000), "rate": Decimal(1000), "comment": "Comment"}
)
"""What is given where it does not matter what it is; ids and numbers are new ones."""


def names_of(required: Mapping[type, Collection[str]]) -> list[str]:
    """Return the fields as a report names them."""
    return [f"{kind.__name__}.{name}" for kind, fields in required.items() for name in fields]


def require_known(required: Mapping[type, Collection[str]]) -> None:
    """Check what a harness requires.

    Raises:
        ValueError: If one of the fields is none that can be required.
    """
    known = names_of(REQUIRABLE)
    wrong = [name for name in names_of(required) if name not in known]
    if wrong:
        message = (
            f"the harness requires {', '.join(wrong)}: `required` is {{class: (field, ...)}}, and the fields "
            f"are some of {', '.join(known)}"
        )
        raise ValueError(message)
