"""A Busy that was in use before it is connected: some of what eAccounting has, some of its own."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Final

from attrs import frozen

from busy_pages.formats import ZONE
from fastapi_host.database import Database
from fastapi_host.models import Expense, Member, Project, TimeEntry, Workspace, WorkType
from visma_busy_sync.busy import Approval

WORKSPACE: Final = "acme"

# Hours: how many days before today, minutes, and which work type.
_WORKED: Final = ((0, 450, 0), (1, 200, 0), (1, 50, 1), (2, 375, 0))


@frozen
class Known:
    """A project that Busy and eAccounting have both."""

    number: str
    name: str


async def seed(database: Database, known: tuple[Known, Known], today: dt.date) -> None:
    """Fill the tables, unless there is a workspace in them already."""
    await database.create_tables()
    async with database.writing() as session:
        if await session.get(Workspace, WORKSPACE) is not None:
            return
        session.add(Workspace(id=WORKSPACE, name="Fjordmesteren"))
        await session.flush()
        here = {"workspace_id": WORKSPACE}
        only_busy = (Known("9001", "Internt: ferie"), Known("9002", "Internt: lagerrydding"))
        projects = [Project(**here, number=each.number, name=each.name) for each in (*known, *only_busy)]
        members = [Member(**here, name=name) for name in ("Kari Nordmann", "Ola Nordmann")]
        rates = {"Rådgivning": Decimal(1250), "Reisetid": Decimal("640.50")}
        work_types = [WorkType(**here, name=name, rate=rate) for name, rate in rates.items()]
        session.add_all([*projects, *members, *work_types])
        await session.flush()
        for place, (before, minutes, work_type) in enumerate(_WORKED):
            entry = TimeEntry(
                **here,
                project_id=projects[0].id,
                member_id=members[place % 2].id,
                work_type_id=work_types[work_type].id,
                start=dt.datetime.combine(_day(today, before), dt.time(8), ZONE),
                billable_minutes=minutes,
                approval=Approval.APPROVED,
            )
            session.add(entry)
        toll = Expense(
            **here,
            project_id=projects[0].id,
            work_type_id=work_types[1].id,
            date=_day(today, 1),
            quantity=Decimal(2),
            out_price=Decimal("189.90"),
            approval=Approval.APPROVED,
            comment="Bompenger",
        )
        session.add(toll)


def _day(today: dt.date, before: int) -> dt.date:
    return max(today.replace(day=1), today - dt.timedelta(days=before))
