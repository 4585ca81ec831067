"""Orders: from hours and costs to a draft in eAccounting, and what a person can do with it afterwards.

No view here is in a transaction, since they call the library; finalising is one of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen
from django.db.transaction import non_atomic_requests
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from busy_pages import (
    Note,
    OrderRow,
    order_draft_page,
    order_page,
    orders_page,
    read_found,
    read_order_id,
    read_period,
    said_of,
    said_of_push,
)
from busy_pages.formats import today
from django_host.models import Customer, Expense, Member, Order, Product, Project, WorkType
from django_host.ordering import EntriesTaken, finalise, finalised_order, free_what_is_over
from django_host.views.common import (
    answer,
    frame,
    language_of,
    note,
    note_text,
    or_note,
    tenant_of,
    workspace_or_404,
)
from django_host.views.projects import project_or_404, row_of
from visma_busy_sync import Tenant, VismaBusySyncError, busy
from visma_busy_sync.integration import Language
from visma_busy_sync.orders import OrderNotReady, order_from_json
from visma_busy_sync.specification import to_html

_DRAFT = "/{workspace}/projects/{key}/order"
_PAGE = "/{workspace}/orders/{order_id}"


@non_atomic_requests
@or_note("/{workspace}/projects/{key}")
def draft(request: HttpRequest, workspace: str, key: int) -> HttpResponse:
    """Show the order that a project's work in a period makes, or finalise it and send it at once."""
    place = workspace_or_404(workspace)
    project = project_or_404(place, key)
    tenant, language = tenant_of(place), language_of(request)
    if request.method == "POST":
        return _finalise_and_push(request, tenant, project)
    period = read_period(request.GET, today(), language)
    order, not_ready, trouble = None, None, None
    try:
        order = tenant.build_order(str(key), period)
    except OrderNotReady as error:
        not_ready = error
    except VismaBusySyncError as error:
        trouble = said_of(error, language)
    page = order_draft_page(
        frame(request, place),
        project=row_of(project),
        period=period,
        order=order,
        not_ready=not_ready,
        trouble=trouble,
        names=_names(project),
    )
    return answer(request, page)


def _finalise_and_push(request: HttpRequest, tenant: Tenant, project: Any) -> HttpResponse:
    order_id, language = read_order_id(request.POST), language_of(request)
    if order_id is None:
        raise Http404
    period = read_period(request.POST, today(), language)
    back = f"{_DRAFT}?first={period.first}&last={period.last}".format(workspace=tenant.id, key=project.pk)
    if finalised_order(tenant.id, order_id) is None:
        try:
            built = tenant.build_order(str(project.pk), period, order_id=order_id)
            if built.content_hash == request.POST.get("content"):
                finalise(tenant.id, built)
            elif finalised_order(tenant.id, order_id) is None:
                note_text(request, "order_moved", tone="bad")
                return redirect(back)
        except (VismaBusySyncError, EntriesTaken) as error:
            # The button may have been pressed twice: then the other request has finalised it meanwhile.
            if finalised_order(tenant.id, order_id) is None:
                note(request, _refusal(error, language))
                return redirect(back)
    return _done(request, workspace=tenant.id, order_id=order_id, action="push")


@frozen
class _Asked:
    """What a person asks for: with which order, and the fields of the form."""

    tenant: Tenant
    order: busy.Order
    form: Mapping[str, str]
    language: Language

    def told(self, key: str) -> Note:
        return Note.of_text(key, self.language)


def _push(asked: _Asked) -> Note:
    return said_of_push(asked.tenant.push(asked.order), asked.language)


def _withdraw(asked: _Asked) -> Note:
    asked.tenant.withdraw(asked.order.id)
    return asked.told("withdrawn")


def _reopen(asked: _Asked) -> Note:
    asked.tenant.reopen(asked.order.id)
    return asked.told("reopened")


def _release(asked: _Asked) -> Note:
    asked.tenant.release(asked.order.id)
    return asked.told("released")


def _recover(asked: _Asked) -> Note:
    for each in asked.tenant.recover():
        if each.order_id == asked.order.id and each.error is not None:
            raise each.error
    return asked.told("recovered")


def _read_back(asked: _Asked) -> Note:
    for each in asked.tenant.read_back(asked.order.id):
        if each.error is not None:
            raise each.error
    return asked.told("was_read_back")


def _resolve(asked: _Asked) -> Note:
    if "send_again" in asked.form:
        asked.tenant.resolve(asked.order.id, send_again=True)
        return _push(asked)
    asked.tenant.resolve(asked.order.id, found=read_found(asked.form, asked.language))
    return asked.told("resolved")


_ACTIONS: Mapping[str, Callable[[_Asked], Note]] = {
    "push": _push,
    "withdraw": _withdraw,
    "reopen": _reopen,
    "release": _release,
    "recover": _recover,
    "read-back": _read_back,
    "resolve": _resolve,
}


@non_atomic_requests
@require_POST
def act(request: HttpRequest, workspace: str, order_id: str, action: str) -> HttpResponse:
    """Do with an order what a person asked for."""
    if action not in _ACTIONS:
        raise Http404
    return _done(request, workspace=workspace, order_id=order_id, action=action)


@or_note(_PAGE)
def _done(request: HttpRequest, *, workspace: str, order_id: str, action: str) -> HttpResponse:
    """Do it, tell of it, and free in Busy what the ledger has freed, whatever came of it."""
    tenant = tenant_of(workspace_or_404(workspace))
    order = _order_or_404(workspace, order_id)
    try:
        note(request, _ACTIONS[action](_Asked(tenant, order, request.POST, language_of(request))))
    finally:
        free_what_is_over(tenant)
    return redirect(_PAGE.format(workspace=workspace, order_id=order_id))


@non_atomic_requests
@require_GET
def index(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show all orders."""
    place = workspace_or_404(workspace)
    orders = [order_from_json(row.document) for row in Order.objects.filter(workspace=place).order_by("-pk")]
    projects = _by_id(Project, place)
    customers = _by_id(Customer, place)
    rows = [
        OrderRow(
            order=each, project=projects.get(each.project, ""), customer=customers.get(each.customer, "")
        )
        for each in orders
    ]
    return answer(request, orders_page(frame(request, place), orders=rows, entries=tenant_of(place).orders()))


@non_atomic_requests
@require_GET
def show(request: HttpRequest, workspace: str, order_id: str) -> HttpResponse:
    """Show an order and where it stands."""
    place = workspace_or_404(workspace)
    order = _order_or_404(workspace, order_id)
    row = OrderRow(
        order=order,
        project=_by_id(Project, place).get(order.project, ""),
        customer=_by_id(Customer, place).get(order.customer, ""),
    )
    entry = tenant_of(place).ledger_entry(order_id)
    return answer(request, order_page(frame(request, place), row=row, entry=entry))


@non_atomic_requests
@require_GET
@or_note(_PAGE)
def hours(request: HttpRequest, workspace: str, order_id: str) -> HttpResponse:
    """Show what stands behind each line, as a page of its own to send or print."""
    tenant = tenant_of(workspace_or_404(workspace))
    order = _order_or_404(workspace, order_id)
    page = to_html(tenant.hours_specification(order, language=language_of(request)))
    # It brings its style and its own policy along.
    return HttpResponse(page, headers={"Content-Security-Policy": "frame-ancestors 'none'"})


def _order_or_404(workspace: str, order_id: str) -> busy.Order:
    order = finalised_order(workspace, order_id)
    if order is None:
        raise Http404
    return order


def _refusal(error: Exception, language: Language) -> Note:
    if isinstance(error, VismaBusySyncError):
        return Note.of_error(error, language)
    return Note.of_text("taken", language, tone="bad")


def _by_id(model: Any, place: Any) -> dict[str, str]:
    return {str(row.pk): row.name for row in model.objects.filter(workspace=place)}


def _names(project: Any) -> dict[str, str]:
    """Return the names of what problems can be about; a cost goes by its comment."""
    models = {"work_type": WorkType, "product": Product, "customer": Customer, "member": Member}
    named = {
        f"{kind} {id}": name
        for kind, model in models.items()
        for id, name in _by_id(model, project.workspace).items()
    }
    costs = Expense.objects.filter(project=project)
    return named | {f"expense {cost.pk}": cost.comment or "" for cost in costs}
