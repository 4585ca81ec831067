"""Which project a person means, by Busy's id of it or by its number, and how it is called."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from attrs import frozen

from visma_busy_sync import Tenant
from visma_busy_sync.busy import Period
from visma_busy_sync.cli.context import Context
from visma_busy_sync.cli.embedded import ONE_TENANT
from visma_busy_sync.cli.exits import Exit, Stopped
from visma_busy_sync.sync import Kind


@final
@frozen
class Known:
    """A project that is known here.

    Attributes:
        id: Busy's id of it.
        number: Its number; None if it has none.
        name: Its name; None where that is not known.
    """

    id: str
    number: str | None
    name: str | None

    def __str__(self) -> str:
        return " ".join(word for word in (self.number, self.name) if word) or self.id


def of_folder(context: Context) -> list[Known]:
    """Return all projects of the data folder; of a host's own nothing is known without its ports."""
    if context.options.app is not None:
        return []
    records = context.box().catalogue.load(context.options.tenant or ONE_TENANT, Kind.PROJECT)
    return [
        Known(each.id, _text(each.values.get("number")), _text(each.values.get("name"))) for each in records
    ]


def meant(context: Context, tenant: Tenant, period: Period, text: str, *, by_number: bool) -> str:
    """Return Busy's id of the project that a person means.

    Of a host's own projects those are looked through that have something to bill.

    Args:
        context: Of the command.
        tenant: Whose project it is.
        period: The days that the command is about.
        text: What was typed.
        by_number: Whether it is a number for sure, and not an id either.

    Raises:
        Stopped: If it may be several, or none.
    """
    everything = context.options.app is None
    known = of_folder(context) if everything else _to_bill(tenant, period)
    found = [each for each in known if each.number == text or (each.id == text and not by_number)]
    if len(found) == 1:
        return found[0].id
    if found:
        choices = "".join(f"\n    {each.id}  {each}" for each in found)
        raise Stopped(f"Several projects go by {text}:{choices}", advice="Say which one with --id.")
    if not everything and not by_number:
        return text
    what = f"the number {text}" if by_number else f"the id or number {text}"
    raise Stopped(
        f"No project has {what}." if everything else f"No project with {what} has anything to bill then.",
        advice="`preflight` shows the numbers of those with something to bill.",
        code=Exit.FAILED,
    )


def _to_bill(tenant: Tenant, period: Period) -> Iterable[Known]:
    rows = tenant.preflight(period).rows
    return {row.project: Known(row.project, row.number, row.project_name) for row in rows}.values()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
