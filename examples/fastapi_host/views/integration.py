"""Settings → Integrations → Visma eAccounting."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from busy_pages import Note, integration_page, plan_page, said_of, said_of_sync
from fastapi_host.web import Here, Sent, Visit, go
from visma_busy_sync import ConnectionState, LoginOutcome, VismaBusySyncError
from visma_busy_sync.errors import ArchivingNotAllowed

router = APIRouter()

_HOME = "integrations/visma"
_PLAN = f"{_HOME}/plan"
_TONES = {LoginOutcome.CONFIRM_COMPANY: "wait", LoginOutcome.IN_PROGRESS: "wait"}


@router.get("/{workspace}/integrations/visma")
async def shown(visit: Visit) -> HTMLResponse:
    """Show how the connection stands, and what to press."""
    status = await visit.tenant.status()
    readiness, trouble = None, None
    if status.state is ConnectionState.CONNECTED:
        try:
            readiness = await visit.tenant.readiness()
        except VismaBusySyncError as error:
            status = await visit.tenant.status()  # a login that died shows at the first call
            if status.state is ConnectionState.CONNECTED:
                trouble = said_of(error, visit.language)
    runs = await visit.tenant.runs()
    page = integration_page(visit.frame(), status=status, readiness=readiness, runs=runs, trouble=trouble)
    return visit.show(page)


@router.post("/{workspace}/integrations/visma/connect")
async def connect(visit: Visit, form: Sent) -> RedirectResponse:
    """Send the person to Visma's login."""
    project_sync = form.get("project_sync") == "on"
    try:
        url = await visit.tenant.connect(project_sync=project_sync, session=visit.session_id)
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
        return visit.go(_HOME)
    # One address is registered with Visma for all workspaces, so the browser remembers which one it was.
    visit.session["workspace"] = visit.workspace.id
    return go(url)


@router.get("/integrations/visma/callback")
async def callback(request: Request) -> RedirectResponse:
    """End the login: Visma has sent the person back here."""
    here = Here(request)
    workspace = here.session.get("workspace")
    if workspace is None:
        here.say("login_elsewhere", tone="bad")
        return go("/")
    tenant = here.host.visma.tenant(workspace)
    try:
        result = await tenant.complete_login(str(request.url), session=here.session_id)
    except VismaBusySyncError as error:
        here.tell(Note.of_error(error, here.language))
    else:
        tone = "good" if result.connected else _TONES.get(result.outcome, "bad")
        here.tell(Note(tone, result.text(here.language)))
    return go(f"/{workspace}/{_HOME}")


@router.get("/{workspace}/integrations/visma/plan", response_model=None)
async def plan(visit: Visit) -> HTMLResponse | RedirectResponse:
    """Show what the next import would do, or the first one from another company."""
    try:
        status = await visit.tenant.status()
        other = status.other_company is not None
        planned = await (visit.tenant.preview_company() if other else visit.tenant.plan())
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
        return visit.go(_HOME)
    return visit.show(plan_page(visit.frame(), plan=planned, status=status))


@router.post("/{workspace}/integrations/visma/sync")
async def sync(visit: Visit, form: Sent) -> RedirectResponse:
    """Import now. The first time only what a person has seen in the preview."""
    confirmed = "confirmed" in form
    status = await visit.tenant.status()
    if status.state is ConnectionState.CONNECTED and status.last_read is None and not confirmed:
        visit.say("plan_first_needed", tone="wait")
        return visit.go(_PLAN)
    allowed = None if "without" in form else form.get("archiving") or None
    try:
        visit.tell(said_of_sync(await visit.tenant.sync(allow_archiving=allowed), visit.language))
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
        if isinstance(error, ArchivingNotAllowed):  # others are missing by now: the list is looked at again
            return visit.go(_PLAN)
    return visit.go(_HOME)


@router.post("/{workspace}/integrations/visma/other-company")
async def other_company(visit: Visit, form: Sent) -> RedirectResponse:
    """Change to the other company that somebody logged in to, or keep the one that is connected."""
    login = form.get("login_id", "")
    try:
        if form.get("decision") == "confirm":
            status = await visit.tenant.confirm_company(login)
            visit.say("other_changed", company=status.company_name)
        else:
            await visit.tenant.discard_company(login)
            visit.say("other_kept")
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
    return visit.go(_HOME)


@router.post("/{workspace}/integrations/visma/disconnect")
async def disconnect(visit: Visit) -> RedirectResponse:
    """End the connection."""
    try:
        await visit.tenant.disconnect()
        visit.say("disconnected")
    except VismaBusySyncError as error:
        visit.tell(Note.of_error(error, visit.language))
    return visit.go(_HOME)
