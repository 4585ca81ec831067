"""Projects, and what is booked on them. Nothing here calls the library: each request is one transaction."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from busy_pages import (
    Booked,
    CostRow,
    HoursRow,
    Option,
    ProjectRow,
    WorkTypeRow,
    project_page,
    projects_page,
    read_cost,
    read_hours,
    read_name,
    read_work_type,
)
from busy_pages.formats import ZONE, today
from django_host.models import Expense, Member, Product, Project, TimeEntry, WorkType
from django_host.views.common import answer, frame, language_of, note_text, or_note, workspace_or_404
from visma_busy_sync.busy import Approval

_PAGE = "/{workspace}/projects/{key}"
_MORNING = time(8)


def row_of(project: Any) -> ProjectRow:
    """Return a project as the pages show it."""
    return ProjectRow(
        id=str(project.pk),
        number=project.number,
        name=project.name,
        customer=project.customer.name if project.customer else None,
        archived=project.archived,
        linked=project.link is not None,
    )


def work_type_row(work_type: Any) -> WorkTypeRow:
    """Return a work type as the pages show it."""
    return WorkTypeRow(
        id=str(work_type.pk),
        name=work_type.name,
        product=None if work_type.product_id is None else str(work_type.product_id),
        rate=work_type.rate,
    )


def project_or_404(workspace: Any, key: int) -> Any:
    """Return a project of the workspace."""
    return get_object_or_404(Project.objects.select_related("customer"), workspace=workspace, pk=key)


@require_GET
def index(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show all projects."""
    place = workspace_or_404(workspace)
    projects = Project.objects.select_related("customer").filter(workspace=place)
    rows = [row_of(project) for project in projects]
    return answer(
        request, projects_page(frame(request, place), projects=rows, archived="archived" in request.GET)
    )


@or_note(_PAGE)
def show(request: HttpRequest, workspace: str, key: int) -> HttpResponse:
    """Show a project, or give it another name."""
    place = workspace_or_404(workspace)
    project = project_or_404(place, key)
    if request.method == "POST":
        name = read_name(request.POST, language_of(request))
        project = Project.objects.select_for_update().get(pk=key)
        if request.POST.get("seen") != row_of(project).seen:
            return _back(request, "edited", workspace, key, tone="bad")
        project.name = name
        project.save(update_fields=["name"])
        return _back(request, "saved", workspace, key)
    page = project_page(
        frame(request, place), project=row_of(project), booked=_booked(place, project), today=today()
    )
    return answer(request, page)


@require_POST
@or_note(_PAGE)
def book_hours(request: HttpRequest, workspace: str, key: int) -> HttpResponse:
    """Book hours."""
    place = workspace_or_404(workspace)
    form = read_hours(request.POST, language_of(request))
    TimeEntry.objects.create(
        project=project_or_404(place, key),
        member=_own(Member, place, form.member),
        work_type=_own(WorkType, place, form.work_type),
        start=datetime.combine(form.day, _MORNING, ZONE),
        billable_minutes=form.minutes,
        approval=_approval(approved=form.approved),
        comment=form.comment or None,
    )
    return _back(request, "hours_booked", workspace, key)


@require_POST
@or_note(_PAGE)
def book_cost(request: HttpRequest, workspace: str, key: int) -> HttpResponse:
    """Book a cost."""
    place = workspace_or_404(workspace)
    form = read_cost(request.POST, language_of(request))
    Expense.objects.create(
        project=project_or_404(place, key),
        product=_own(Product, place, form.product),
        date=form.day,
        quantity=form.quantity,
        out_price=form.price,
        approval=_approval(approved=form.approved),
        comment=form.comment,
    )
    return _back(request, "cost_booked", workspace, key)


@require_POST
@or_note(_PAGE)
def set_work_type(request: HttpRequest, workspace: str, key: int) -> HttpResponse:
    """Change a work type, or make a new one."""
    place = workspace_or_404(workspace)
    form = read_work_type(request.POST, language_of(request))
    known = None if form.id is None else _own(WorkType.objects.select_for_update(), place, form.id)
    if known is not None and form.seen != work_type_row(known).seen:
        return _back(request, "edited", workspace, key, tone="bad")
    work_type = known or WorkType(workspace=place)
    work_type.name = form.name
    work_type.product = None if form.product is None else _own(Product, place, form.product)
    work_type.rate = form.rate
    work_type.save()
    return _back(request, "saved", workspace, key)


def _back(
    request: HttpRequest, key_of_text: str, workspace: str, key: int, *, tone: str = "good"
) -> HttpResponse:
    note_text(request, key_of_text, tone=tone)
    return redirect(_PAGE.format(workspace=workspace, key=key))


def _own(among: Any, place: Any, id: str) -> Any:
    return get_object_or_404(among, workspace=place, pk=int(id) if id.isdecimal() else None)


def _approval(*, approved: bool) -> str:
    return (Approval.APPROVED if approved else Approval.NONE).value


def _booked(place: Any, project: Any) -> Booked:
    hours = TimeEntry.objects.filter(project=project).select_related("member", "work_type").order_by("start")
    costs = (
        Expense.objects.filter(project=project).select_related("product", "work_type").order_by("date", "pk")
    )
    members = Member.objects.filter(workspace=place).order_by("name")
    products = Product.objects.filter(workspace=place).order_by("name")
    return Booked(
        hours=tuple(map(_hours_row, hours)),
        costs=tuple(map(_cost_row, costs)),
        work_types=tuple(map(work_type_row, WorkType.objects.filter(workspace=place).order_by("name"))),
        members=tuple(Option(str(each.pk), each.name) for each in members),
        products=tuple(Option(str(each.pk), each.name, each.archived) for each in products),
    )


def _hours_row(entry: Any) -> HoursRow:
    return HoursRow(
        id=str(entry.pk),
        day=entry.start.astimezone(ZONE).date(),
        member=entry.member.name,
        work_type=entry.work_type.name if entry.work_type else "",
        minutes=entry.billable_minutes,
        approval=Approval(entry.approval),
        comment=entry.comment or "",
        order=entry.order,
    )


def _cost_row(cost: Any) -> CostRow:
    return CostRow(
        id=str(cost.pk),
        day=cost.date,
        comment=cost.comment or "",
        product=next((each.name for each in (cost.product, cost.work_type) if each), ""),
        quantity=cost.quantity,
        price=cost.out_price,
        approval=Approval(cost.approval),
        order=cost.order,
    )
