"""Projects, and what is booked on them."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse

from busy_pages import (
    FormRefused,
    Note,
    project_page,
    projects_page,
    read_cost,
    read_hours,
    read_name,
    read_work_type,
)
from busy_pages.formats import today
from fastapi_host.books import Edited
from fastapi_host.web import Sent, Visit

router = APIRouter()


@router.get("/{workspace}/projects")
async def listed(visit: Visit) -> HTMLResponse:
    """Show all projects."""
    archived = visit.request.query_params.get("archived") == "1"
    return visit.show(projects_page(visit.frame(), projects=await visit.books.projects(), archived=archived))


@router.get("/{workspace}/projects/{id}")
async def shown(visit: Visit, id: str) -> HTMLResponse:
    """Show one project."""
    project = await visit.books.project(id)
    booked = await visit.books.booked(id)
    return visit.show(project_page(visit.frame(), project=project, booked=booked, today=today()))


@router.post("/{workspace}/projects/{id}")
async def renamed(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Give the project another name; it stays when Busy imports."""
    try:
        await visit.books.rename(id, read_name(form, visit.language), form.get("seen", ""))
        visit.say("saved")
    except Edited:
        visit.say("edited", tone="bad")
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
    return visit.go(f"projects/{id}")


@router.post("/{workspace}/projects/{id}/hours")
async def hours(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Book hours."""
    try:
        await visit.books.book_hours(id, read_hours(form, visit.language))
        visit.say("hours_booked")
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
    return visit.go(f"projects/{id}")


@router.post("/{workspace}/projects/{id}/costs")
async def costs(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Book a cost."""
    try:
        await visit.books.book_cost(id, read_cost(form, visit.language))
        visit.say("cost_booked")
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
    return visit.go(f"projects/{id}")


@router.post("/{workspace}/projects/{id}/work-types")
async def work_types(visit: Visit, id: str, form: Sent) -> RedirectResponse:
    """Change a work type, or make a new one."""
    try:
        await visit.books.keep_work_type(read_work_type(form, visit.language))
        visit.say("saved")
    except Edited:
        visit.say("edited", tone="bad")
    except FormRefused as refused:
        visit.tell(Note("bad", str(refused)))
    return visit.go(f"projects/{id}")
