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
        session.add(Workspace(id=WORKSPACE, name="Acme Rådgivning"))
        await session.flush()
        here = {"workspace_id": WORKSPACE}
        first, second = (Project(**here, number=each.number, name=each.name) for each in known)
        kari, ola = Member(**here, name="Kari Nordmann"), Member(**here, name="Ola Hansen")
        advice = WorkType(**here, name="Rådgivning", rate=Decimal(1250))
        travel = WorkType(**here, name="Reisetid", rate=Decimal("640.50"))
        session.add_all([first, second, kari, ola, advice, travel])
        session.add(Project(**here, number="9001", name="Internt: ferie"))
        session.add(Project(**here, number="9002", name="Internt: lagerrydding"))
        await session.flush()
        begin = today.replace(day=1)
        for member, work_type, day, minutes, comment in (
            (kari, advice, begin, 450, "Oppstartsmøte og plan"),
            (ola, advice, today, 200, "Gjennomgang med kunden"),
            (ola, travel, today, 50, "Til kunden og tilbake"),
        ):
            entry = TimeEntry(
                **here,
                project_id=first.id,
                member_id=member.id,
                work_type_id=work_type.id,
                start=dt.datetime.combine(day, dt.time(8), ZONE),
                billable_minutes=minutes,
                approval=Approval.APPROVED,
                comment=comment,
            )
            session.add(entry)
        toll = Expense(
            **here,
            project_id=first.id,
            work_type_id=travel.id,
            date=today,
            quantity=Decimal(2),
            out_price=Decimal("189.90"),
            approval=Approval.APPROVED,
            comment="Bompenger",
        )
        session.add(toll)
