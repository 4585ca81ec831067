"""Settings → Integrations → Visma eAccounting.

These views call the library, whose writes must outlive whatever becomes of the request: so none of them is in
a transaction.
"""

from __future__ import annotations

import secrets

from django.db.transaction import non_atomic_requests
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from busy_pages import Note, integration_page, plan_page, said_of, said_of_sync
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
from visma_busy_sync import ConnectionState, LoginOutcome, VismaBusySyncError
from visma_busy_sync.errors import ArchivingNotAllowed

_PAGE = "/{workspace}/integrations/visma"
_TONES = {LoginOutcome.CONFIRM_COMPANY: "wait", LoginOutcome.IN_PROGRESS: "wait"}


@non_atomic_requests
@require_GET
def show(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show how the connection stands, and what to press."""
    place = workspace_or_404(workspace)
    tenant = tenant_of(place)
    status, readiness, trouble = tenant.status(), None, None
    if status.state is ConnectionState.CONNECTED:
        try:
            readiness = tenant.readiness()
        except VismaBusySyncError as error:
            status = tenant.status()  # a login that died shows at the first call
            if status.state is ConnectionState.CONNECTED:
                trouble = said_of(error, language_of(request))
    page = integration_page(
        frame(request, place), status=status, readiness=readiness, runs=tenant.runs(), trouble=trouble
    )
    return answer(request, page)


@non_atomic_requests
@require_POST
@or_note(_PAGE)
def connect(request: HttpRequest, workspace: str) -> HttpResponse:
    """Send the person to Visma's login page."""
    tenant = tenant_of(workspace_or_404(workspace))
    # There is one address to come back to for all workspaces: the browser's session knows which one it was.
    request.session["connecting"] = workspace
    session = request.session.setdefault("visma", secrets.token_urlsafe())
    return redirect(tenant.connect(project_sync=request.POST.get("project_sync") == "on", session=session))


@non_atomic_requests
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Complete the login with the address that Visma sent the person back to; again is harmless."""
    workspace = request.session.get("connecting")
    if workspace is None:
        note_text(request, "login_elsewhere", tone="bad")
        return redirect("/")
    return _completed(request, workspace=workspace)


@or_note(_PAGE)
def _completed(request: HttpRequest, workspace: str) -> HttpResponse:
    tenant = tenant_of(workspace_or_404(workspace))
    result = tenant.complete_login(request.build_absolute_uri(), session=request.session["visma"])
    tone = "good" if result.connected else _TONES.get(result.outcome, "bad")
    note(request, Note(tone, result.text(language_of(request))))
    return redirect(_PAGE.format(workspace=workspace))


@non_atomic_requests
@require_GET
@or_note(_PAGE)
def plan(request: HttpRequest, workspace: str) -> HttpResponse:
    """Show what the next import would do, or what changing to the other company that waits would."""
    place = workspace_or_404(workspace)
    tenant = tenant_of(place)
    status = tenant.status()
    made = tenant.plan() if status.other_company is None else tenant.preview_company()
    return answer(request, plan_page(frame(request, place), plan=made, status=status))


@non_atomic_requests
@require_POST
@or_note(_PAGE)
def sync(request: HttpRequest, workspace: str) -> HttpResponse:
    """Fetch now; for the first time only when somebody has seen the preview and confirmed it."""
    tenant = tenant_of(workspace_or_404(workspace))
    status = tenant.status()
    is_first = status.state is ConnectionState.CONNECTED and status.last_read is None
    if is_first and "confirmed" not in request.POST:
        note_text(request, "plan_first_needed", tone="wait")
        return redirect(f"{_PAGE}/plan".format(workspace=workspace))
    allowed = "" if "without" in request.POST else request.POST.get("archiving", "")
    try:
        report = tenant.sync(allow_archiving=allowed or None)
    except ArchivingNotAllowed as error:
        note(request, Note.of_error(error, language_of(request)))
        return redirect(f"{_PAGE}/plan".format(workspace=workspace))
    note(request, said_of_sync(report, language_of(request)))
    return redirect(_PAGE.format(workspace=workspace))


@non_atomic_requests
@require_POST
@or_note(_PAGE)
def other_company(request: HttpRequest, workspace: str) -> HttpResponse:
    """Change to the company that waits, or keep the one before."""
    tenant = tenant_of(workspace_or_404(workspace))
    login_id = request.POST.get("login_id", "")
    if request.POST.get("decision") == "confirm":
        status = tenant.confirm_company(login_id)
        note_text(request, "other_changed", company=status.company_name)
    else:
        tenant.discard_company(login_id)
        note_text(request, "other_kept")
    return redirect(_PAGE.format(workspace=workspace))


@non_atomic_requests
@require_POST
@or_note(_PAGE)
def disconnect(request: HttpRequest, workspace: str) -> HttpResponse:
    """End the connection."""
    tenant_of(workspace_or_404(workspace)).disconnect()
    note_text(request, "disconnected")
    return redirect(_PAGE.format(workspace=workspace))
