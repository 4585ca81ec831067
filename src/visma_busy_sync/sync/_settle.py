"""After a change was applied: noting what the host stored where it stored something else."""

from __future__ import annotations

from typing import cast

from attrs import evolve

from visma_busy_sync.sync._links import Noted, link_with, noted_in
from visma_busy_sync.sync._records import Applied, Change, Value


def settle(company: str, change: Change, outcome: Applied) -> Change | None:
    """Return the change that notes what the host stored; None if it stored what was asked.

    A host may cut a text, say. Without the note the cut text would look like a person's change. Fields
    that the host does not have are not noted.

    Args:
        company: eAccounting's id of the company.
        change: The change that was applied.
        outcome: What the host answered.

    Raises:
        LinkUnreadable: If the link of `change` is not one of this package's.
    """
    stored: dict[str, Value] = {
        name: outcome.values[name]
        for name, value in change.values.items()
        if name in outcome.values and outcome.values[name] != value
    }
    if not stored:
        return None
    noted = cast("Noted", noted_in(change.link, company, kind=change.kind, id=outcome.id))
    noted = evolve(noted, stored={**noted.stored, **stored})
    return Change(
        kind=change.kind,
        id=outcome.id,
        values={},
        expected={},
        expected_link=change.link,
        link=link_with(change.link, company, noted, kind=change.kind, id=outcome.id),
    )
